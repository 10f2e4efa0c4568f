import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import boto3
import pytest

from components.errors import BlueGreenError
from components.gates import clock as gates
from components.gates.clock import CLOCK
from rehearsal.aws import EmbeddedAws


def test_the_environment_is_all_that_boto3_needs(aws, monkeypatch):
    for key, value in aws.environment().items():
        monkeypatch.setenv(key, value)
    client = boto3.Session().client("sts")
    identity = client.get_caller_identity()
    client.close()
    assert identity["Account"] == "123456789012"
    assert identity["Arn"].startswith("arn:aws-cn:")


def test_iam_has_aws_managed_policies(stage):
    iam, role = stage.aws.client("iam"), stage.name("role")
    iam.create_role(RoleName=role, AssumeRolePolicyDocument="{}")
    policy = "arn:aws-cn:iam::aws:policy/AmazonEKSClusterPolicy"
    iam.attach_role_policy(RoleName=role, PolicyArn=policy)
    attached = iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]
    assert [each["PolicyArn"] for each in attached] == [policy]


def test_claimed_ids_go_to_the_next_of_their_kind(stage):
    vpc, subnet, zone = f"vpc-{stage.number}", f"subnet-{stage.number}", f"Z{stage.number}"
    for ident in (zone, subnet, vpc):
        stage.aws.claim(ident)
    assert stage.ec2.create_vpc(CidrBlock="10.7.0.0/16")["Vpc"]["VpcId"] == vpc
    assert stage.ec2.create_subnet(VpcId=vpc, CidrBlock="10.7.0.0/24")["Subnet"]["SubnetId"] == subnet
    created = [stage.dns.create_hosted_zone(Name=f"{zone}.cn", CallerReference=f"{zone}{i}") for i in range(2)]
    assert [each["HostedZone"]["Id"] == f"/hostedzone/{zone}" for each in created] == [True, False]
    assert stage.ec2.create_vpc(CidrBlock="10.7.0.0/16")["Vpc"]["VpcId"] != vpc


def test_clients_are_kept(aws):
    assert aws.client("ec2") is aws.client("ec2")


@pytest.mark.parametrize(
    ("scope", "told"),
    [
        (None, "not signed"),
        ("s3", "no service s3"),
        ("no-such-service", "Unknown service"),
        ("ec2", "not embedded"),
    ],
)
def test_what_is_not_embedded_is_refused_and_not_retried(aws, scope, told):
    signed = {"Authorization": f"AWS4-HMAC-SHA256 Credential=k/20250101/cn-north-1/{scope}/aws4_request"}
    request = urllib.request.Request(aws.endpoint, headers=signed if scope else {})
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request)
    with refused.value as answer:
        assert answer.code == 501
        assert told in answer.read().decode()


def test_a_request_that_the_rehearsal_gets_wrong_says_so(aws):
    with pytest.raises(BlueGreenError, match="time moves forward only"):
        aws.advance(-1)
    with pytest.raises(BlueGreenError, match=r"10\.9\.9\.9:1"):
        aws.set_healthy(["10.9.9.9:1"], healthy=True)


def test_the_process_ends_with_its_parent():
    program = (
        "import os; from rehearsal.aws import EmbeddedAws; aws = EmbeddedAws.start('cn-northwest-1');"
        "print(aws.endpoint, flush=True); os._exit(1)"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    endpoint = ran.stdout.strip()
    assert endpoint.startswith("http://127.0.0.1:")
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            urllib.request.urlopen(endpoint).close()
        except urllib.error.HTTPError as error:
            error.close()
            time.sleep(0.05)
        except urllib.error.URLError:
            return
    pytest.fail(f"{endpoint} still answers")


def wait(aws: EmbeddedAws, seconds: float) -> float:
    """Wait as a gate does; return the model time after it."""
    with urllib.request.urlopen(f"{aws.environment()['BLUEGREEN_CLOCK']}?seconds={seconds}") as answer:
        return json.load(answer)["at"]


def test_waiting_moves_a_clock_that_stands_still(aws):
    before = aws.verdict().at
    assert wait(aws, 90) == before + 90
    assert aws.verdict().at == before + 90


def test_where_time_stands_still_a_gate_waits_until_alarms_are_next_judged(aws, monkeypatch):
    monkeypatch.setenv(CLOCK, aws.environment()[CLOCK])
    now = aws.advance(-aws.verdict().at % 60 + 20).at  # twenty seconds past the minute
    assert gates.wait(15, 600) == 40
    assert gates.wait(15, 30) == 30
    assert gates.wait(15, 600) == 30
    assert gates.wait(45, 15) == 45
    assert gates.wait(15) == 15
    assert aws.verdict().at == now + 160


def test_waiting_on_a_clock_that_runs_holds_up_nobody():
    with EmbeddedAws.start("cn-northwest-1", speed=100) as fast, ThreadPoolExecutor(1) as pool:
        began = fast.verdict().at
        waiting = pool.submit(wait, fast, 300)
        calls = 0
        while not waiting.done():
            fast.client("ec2").create_vpc(CidrBlock="10.7.0.0/16")
            calls += 1
        assert began + 300 <= waiting.result() < began + 3000
        assert calls > 1


@pytest.mark.parametrize("seconds", ["-1", "soon", ""])
def test_waiting_for_no_time_at_all_is_refused(aws, seconds):
    with pytest.raises(urllib.error.HTTPError) as refused:
        wait(aws, seconds)
    refused.value.close()


def test_answers_are_dated_by_the_model(aws):
    headers = aws.client("sts").get_caller_identity()["ResponseMetadata"]["HTTPHeaders"]
    date = parsedate_to_datetime(headers["date"])
    assert date == datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=int(aws.verdict().at))


def test_time_passes_by_itself_only_with_a_speed():
    with EmbeddedAws.start("cn-northwest-1", speed=1000) as fast:
        before = fast.verdict().at
        time.sleep(0.02)
        assert fast.verdict().at >= before + 20
