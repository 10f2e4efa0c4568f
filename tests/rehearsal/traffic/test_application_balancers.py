"""An ALB on Envoy: each request goes by rules and weights to a healthy target, or fails as it does on AWS."""

import shutil
import subprocess
from collections import Counter
from dataclasses import replace

import pytest

from rehearsal.oracle.state import Condition, Reply, Rule
from rehearsal.traffic.envoy import listeners
from tests.rehearsal.chains import NAME, Chains, shared_alb, to
from tests.rehearsal.traffic.test_flows import with_state


def rule(priority, field, *values, header="", action=None):
    return Rule(priority, (Condition(field, values, header),), action or to(pods_green=1))


def alb(*rules, blue="healthy", action=None, protocol="HTTP"):
    """Return an ALB with pods of both colours and some rules; by default requests go to blue."""
    chains = Chains().pods("pods-blue", "blue", state=blue).pods("pods-green", "green")
    state = chains.alb("alb", action or to(pods_blue=1), rules=rules).snapshot
    listeners = {key: replace(each, protocol=protocol) for key, each in state.listeners.items()}
    return replace(state, listeners=listeners)


def test_requests_of_one_connection_are_split_by_weight(plane):
    plane.begin(shared_alb(blue=90, green=10))
    connection = plane.connect()
    seen = Counter(connection.colour() for _ in range(500))
    assert seen["blue"] + seen["green"] == 500
    assert abs(seen["green"] / 5 - 10) <= 5


def test_new_weights_count_on_an_open_connection_too(plane):
    plane.begin(shared_alb(blue=100, green=0))
    connection = plane.connect()
    assert {connection.colour() for _ in range(50)} == {"blue"}
    plane.show(shared_alb(blue=0, green=100))
    assert {connection.colour() for _ in range(50)} == {"green"}


@pytest.mark.fact(23)
def test_a_group_without_healthy_targets_fails_its_share_and_nothing_fails_over(plane):
    plane.begin(alb(blue="unhealthy", action=to(pods_blue=50, pods_green=50)))
    connection = plane.connect("app", "alb")
    seen = Counter(connection.colour() for _ in range(200))
    assert set(seen) == {"green", "503"}
    assert 60 < seen["503"] < 140


@pytest.mark.fact(24)
def test_weights_of_nothing_but_0_answer_503(plane):
    plane.begin(alb(action=to(pods_blue=0, pods_green=0)))
    assert plane.fresh("app", "alb") == "503"


@pytest.mark.parametrize(
    ("condition", "request_", "answers"),
    [
        (rule(1, "host-header", "green.*.cn"), {"host": "Green.example.cn:20443"}, "green"),
        (rule(1, "host-header", "green.*.cn"), {"host": "green.example.com"}, "blue"),
        (rule(1, "path-pattern", "/keys/*", "/k?"), {"path": "/keys/1?a=b"}, "green"),
        (rule(1, "path-pattern", "/keys/*", "/k?"), {"path": "/kk"}, "green"),
        (rule(1, "path-pattern", "/keys/*", "/k?"), {"path": "/KEYS/1"}, "blue"),
        (rule(1, "path-pattern", "/keys/*", "/k?"), {"path": "/v1?to=/keys/1"}, "blue"),
        (rule(1, "path-pattern", "/a.b"), {"path": "/aXb"}, "blue"),
        (rule(1, "http-header", "gr*", header="X-Colour"), {"x_colour": "GREEN"}, "green"),
        (rule(1, "http-header", "gr*", header="X-Colour"), {"x_colour": "agreen"}, "blue"),
        (rule(1, "http-header", "gr*", header="X-Colour"), {}, "blue"),
        (rule(1, "http-request-method", "GET"), {}, "green"),
        (rule(1, "http-request-method", "POST"), {}, "blue"),
        (rule(1, "source-ip", "10.10.0.0/20"), {"x_forwarded_for": "10.10.15.1"}, "green"),
        (rule(1, "source-ip", "10.10.0.0/20"), {"x_forwarded_for": "10.10.16.1"}, "blue"),
        (rule(1, "source-ip", "10.10.0.0/20"), {}, "blue"),
        (rule(1, "source-ip", "fd00::/8", "0.0.0.0/0"), {"x_forwarded_for": "9.9.9.9"}, "green"),
        (rule(1, "query-string", "{'Key': 'a'}"), {"path": "/?a=1"}, "blue"),
        (rule(1, "path-pattern", "*", action=Reply(302)), {}, "302"),
    ],
)
@pytest.mark.fact(26)
def test_conditions(plane, condition, request_, answers):
    plane.begin(alb(condition))
    assert plane.fresh("app", "alb", **request_) == answers


@pytest.mark.fact(26)
def test_the_first_rule_by_priority_whose_conditions_all_hold(plane):
    both = Rule(2, (Condition("path-pattern", ("/a*",)), Condition("path-pattern", ("*b",))), to(pods_green=1))
    plane.begin(
        alb(rule(3, "path-pattern", "*", action=Reply(404)), both, rule(1, "path-pattern", "/x", action=Reply(403)))
    )
    assert [plane.fresh("app", "alb", path=path) for path in ("/x", "/ab", "/a")] == ["403", "green", "404"]


def test_a_target_that_does_not_answer_is_a_bad_gateway(plane):
    plane.begin(replace(alb(), pods={}))
    assert plane.fresh("app", "alb") == "502"


def test_a_draining_target_finishes_what_it_has_begun(plane):
    plane.begin(shared_alb(blue=100, green=0))
    streaming, plain = plane.connect(), plane.connect()
    status, _ = streaming.get("/stream?seconds=300")
    assert status == 200
    plane.show(with_state(shared_alb(blue=100, green=0), "pods-blue", "draining"))
    assert plain.colour() == "503"
    assert streaming.rest().endswith(b"end\n")


def test_the_end_of_the_deregistration_delay_cuts_what_is_left(plane):
    plane.begin(shared_alb(blue=100, green=0))
    streaming = plane.connect()
    streaming.get("/stream?seconds=3000")
    plane.show(with_state(shared_alb(blue=100, green=0), "pods-blue", "draining"))
    plane.show(with_state(shared_alb(blue=100, green=0), "pods-blue", None))
    assert not streaming.rest().endswith(b"end\n")


def test_tls_with_the_names_of_the_clients(plane):
    plane.begin(alb(protocol="HTTPS"))
    connection = plane.connect("app", "alb", tls=True)
    assert connection.colour() == "blue"
    assert connection.socket.getpeercert()["subjectAltName"] == (("DNS", NAME),)


@pytest.mark.skipif(not shutil.which("curl"), reason="no curl, which speaks HTTP/2, on PATH")
def test_http_2(plane, tmp_path):
    plane.begin(alb(protocol="HTTPS"))
    (tmp_path / "ca.pem").write_text(plane.plane.access.ca)
    ip, port = plane.where("app", "alb")
    command = [
        "curl",
        "-sS",
        "--http2",
        "--cacert",
        "ca.pem",
        "--connect-to",
        f"::{ip}:{port}",
        "-w",
        "%{http_version}",
    ]
    done = subprocess.run([*command, f"https://{NAME}/v1/keys"], cwd=tmp_path, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("ok\n2", "")


def test_a_connection_that_is_as_old_as_it_may_be_ends_between_two_requests(plane, monkeypatch):
    monkeypatch.setattr(listeners, "KEEP_ALIVE", 300)
    plane.begin(alb())
    connection = plane.connect("app", "alb")
    answers = []
    while not answers or (answers[-1] and answers[-1][1].get("connection") != "close"):
        answers.append(connection.get())
    assert None not in answers
    assert {status for status, _ in answers} == {200}


def test_a_deleted_alb_refuses(plane):
    plane.begin(alb())
    plane.show(replace(alb(), load_balancers={}, listeners={}))
    assert plane.fresh("app", "alb") == "refused"
