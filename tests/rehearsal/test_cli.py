"""The command line as a user meets it: what it prints, and its exit code."""

import json
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import boto3
import pytest

from rehearsal.stack_file import stacks
from tests.shell import Shell

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    for name in stacks(ROOT):
        shutil.copy(ROOT / f"Pulumi.{name}.yaml", tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "160")
    return Shell(tmp_path, monkeypatch, capsys)


def test_help_teaches(shell: Shell) -> None:
    code, out, _ = shell.run("rehearse", "--help")
    assert code == 0
    shown = " ".join(out.split())
    for words in ("bluegreen rehearse prod-bj --from main", "3 traffic was lost", "--to", "one stack of each topology"):
        assert words in shown


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["rehearse", "prod-xx"], "prod-xx: there is no Pulumi.prod-xx.yaml here; stacks: dev-bj, dev-nx, prod-bj"),
        (["rehearse", "prod-bj", "--to", "1.99"], "--to 1.99: give one or two of the EKS versions 1.30"),
        (["rehearse", "prod-bj", "--from", "HEAD", "--to", "1.33"], "--from plays the change as it is written"),
        (["rehearse", "prod-bj", "--from", "HEAD"], "Pulumi.prod-bj.yaml at HEAD: fatal: not a git repository"),
        (["sandbox", "nowhere"], "nowhere: there is no Pulumi.nowhere.yaml here"),
        (["sandbox", "../prod-bj"], "'../prod-bj' is not the name of a stack"),
    ],
)
def test_wrong_arguments_end_with_2_and_a_way_out(shell: Shell, arguments: list[str], words: str) -> None:
    code, out, err = shell.run(*arguments)
    assert (code, out) == (2, "")
    assert words in " ".join(err.split())


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("dkms:active: blue", "dkms:active: blue\n  dkms:weights: {blue: 90, green: 20}", "is 110"),
        ("dkms:active: blue", "dkms:activ: blue", "dkms:activ: is unknown; did you mean active?"),
        ('"1.30"', "1.30", "1.3 is a number; put the version in quotes"),
        ("config:", "<<<<<<< HEAD\nconfig:", "is not YAML"),
        ("[10.0.0.0/8]", "10.0.0.0/8", "write [first, second]"),
        ("topology: shared-nlb", 'topology: "[/x]"', "dkms:topology: [/x]"),
    ],
)
def test_a_wrong_stack_file_ends_with_2_and_its_line(shell: Shell, old: str, new: str, words: str) -> None:
    shell.write("prod-bj", shell.read("prod-bj").replace(old, new, 1))
    code, out, err = shell.run("rehearse", "prod-bj")
    assert (code, out) == (2, "")
    assert "Pulumi.prod-bj.yaml" in err
    assert words in " ".join(err.split())
    assert "Traceback" not in err


def test_a_sandbox_answers_until_it_is_told_to_end(shell: Shell) -> None:
    command = [sys.executable, "-c", "from rollout.cli import main; main()", "sandbox", "dev-nx"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as sandbox:
        assert sandbox.stdout is not None
        assert sandbox.stderr is not None
        exported = dict(sandbox.stdout.readline().removeprefix("export ").strip().split("=", 1) for _ in range(11))
        assert sandbox.stderr.readline() == "\n"
        assert sandbox.stderr.readline() == (
            "An embedded cn-northwest-1 is up. In another terminal, here, paste these lines, and then:\n"
        )
        region = boto3.client(
            "sts",
            region_name=exported["AWS_REGION"],
            endpoint_url=exported["AWS_ENDPOINT_URL"],
            aws_access_key_id=exported["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=exported["AWS_SECRET_ACCESS_KEY"],
        )
        assert region.get_caller_identity()["Arn"].startswith("arn:aws-cn:")
        region.close()
        assert exported["PULUMI_DEBUG_PROVIDERS"].startswith("aws:")
        sandbox.send_signal(signal.SIGTERM)
        sandbox.communicate()
    assert sandbox.returncode == 0
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", int(exported["AWS_ENDPOINT_URL"].rpartition(":")[2])))


def test_a_change_that_loses_traffic_ends_with_3_and_its_trace(shell: Shell) -> None:
    unprotected = shell.read("dev-nx").replace(
        'blue: {version: "1.33"}', 'blue: {version: "1.33"}\n    green: {version: "1.34"}'
    )
    shell.write("dev-nx", unprotected)
    shell.commit()
    shell.write(
        "dev-nx",
        unprotected.replace('    blue: {version: "1.33"}\n', "").replace("active: blue", "active: green"),
    )
    code, out, _ = shell.run("rehearse", "dev-nx", "--from", "HEAD")
    assert code == 3
    assert "100 % of traffic lost after call" in out
    assert "- clusters.blue.version: 1.33" in out
    assert "play it again, call by call: bluegreen rehearse dev-nx --from HEAD -v" in out


def test_a_harmless_change_ends_with_0_and_is_told_as_json(shell: Shell) -> None:
    shell.commit()
    shell.write("dev-nx", shell.read("dev-nx").replace("healthPath: /healthz", "healthPath: /ready"))
    code, out, _ = shell.run("rehearse", "dev-nx", "--from", "HEAD", "--json")
    assert code == 0
    before, after = json.loads(out)["dev-nx"]["scenes"]
    assert (before["title"], after["title"]) == ("before", "after")
    assert after["changes"] == ["~ services.dkms.healthPath: /healthz → /ready"]
    assert {call["operation"] for call in after["calls"]} == {"ModifyTargetGroup"}
