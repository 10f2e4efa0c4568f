from dataclasses import replace

import pytest

from rehearsal.oracle.state import Condition, Record, Rule, Snapshot
from rehearsal.report.chain import Node, entries
from tests.rehearsal.chains import Chains, shared_alb, shared_nlb, to
from tests.rehearsal.chains import route53 as two_chains


def told(nodes: tuple[Node, ...]) -> list[tuple]:
    """Kind, share, colour, and what lies behind."""
    return [(node.kind, node.share, node.colour, *told(node.behind)) for node in nodes]


def test_a_shared_nlb_with_both_colours_live() -> None:
    assert told(entries(shared_nlb(blue=90, green=10).snapshot)) == [
        (
            "Route 53",
            None,
            "",
            (
                "NLB",
                100,
                "",
                ("ALB", 90, "blue", ("pods", 100, "blue")),
                ("ALB", 10, "green", ("pods", 100, "green")),
            ),
        )
    ]


def test_a_colour_that_only_its_own_port_reaches_is_idle() -> None:
    (record,) = entries(shared_nlb(blue=100).nlb("nlb", to(alb_green=100), port=9443).snapshot)
    blue, green = record.behind[0].behind
    assert (blue.share, blue.way, blue.idle) == (100, "", False)
    assert (green.share, green.way, green.idle) == (0, "own address, port 9443", True)
    assert record.behind[0].note == "443", "the operators' port is not the entry's"


def test_a_port_of_ones_own_adds_nothing_to_a_colour_that_clients_reach() -> None:
    (record,) = entries(shared_nlb(blue=100).nlb("nlb", to(alb_blue=100), port=8443).snapshot)
    assert len(record.behind[0].behind) == 1


def test_a_rule_for_operators_reaches_an_idle_colour() -> None:
    own = Rule(9100, (Condition("http-header", ("green",), "X-Colour"), Condition("source-ip", ("10.0.0.0/8",))), to())
    chains = Chains().pods("pods-blue", "blue").pods("pods-green", "green")
    chains.alb("alb", to(pods_blue=100), rules=(replace(own, action=to(pods_green=100)),))
    (record,) = entries(chains.to_alb("alb-any", "alb").nlb("nlb", to(alb_any=1)).record("nlb").snapshot)
    blue, green = record.behind[0].behind[0].behind
    assert not blue.idle
    assert (green.idle, green.way) == (True, "own address, by a rule")


def test_a_rule_for_clients_says_what_it_asks_for() -> None:
    keys = Rule(1, (Condition("path-pattern", ("/keys/*",)),), to(pods_keys=1))
    chains = Chains().pods("pods-blue", "blue").pods("pods-keys", "blue").alb("alb", to(pods_blue=1), rules=(keys,))
    (record,) = entries(chains.to_alb("alb-any", "alb").nlb("nlb", to(alb_any=1)).record("nlb").snapshot)
    assert [node.way for node in record.behind[0].behind[0].behind] == ["", "/keys/*"]


@pytest.mark.parametrize(("blue", "green", "expected"), [(90, 10, [90, 10]), (100, 0, [100, 0]), (0, 0, [50, 50])])
def test_weighted_records(blue: int, green: int, expected: list[float]) -> None:
    (record,) = entries(two_chains(blue=blue, green=green).snapshot)
    assert record.note == "weighted, TTL 60 s"
    assert [(node.share, node.colour) for node in record.behind] == [*zip(expected, ("blue", "green"), strict=True)]


def test_the_name_of_a_colour_is_no_entry() -> None:
    snapshot = two_chains(blue=100, green=0).snapshot
    own = Record("green.dkms.example.com", ("nlb-green.elb",))
    assert [node.name for node in entries(replace(snapshot, records=(*snapshot.records, own)))] == ["dkms.example.com"]


def test_health_is_told() -> None:
    (record,) = entries(shared_alb(blue=100, green=0).snapshot)
    (alb,) = record.behind[0].behind
    assert [node.via for node in alb.behind] == ["pods-blue, 2 of 2 healthy", "pods-green, 2 of 2 healthy"]
    assert [node.name for node in alb.behind] == ["2 pods", "2 pods"]


def test_nothing_is_drawn_of_nothing() -> None:
    assert entries(Snapshot()) == ()
