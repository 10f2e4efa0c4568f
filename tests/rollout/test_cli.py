"""`bluegreen impact` and `bluegreen status` as a user meets them: what they print, and their exit codes."""

import json
from pathlib import Path
from typing import Any

import pytest

from rollout import status
from tests.rollout.recorded import PREVIEWS, preview
from tests.shell import Shell

CANARY = str(PREVIEWS / "shared-nlb-canary.json")
CONFLICT = "<<<<<<< HEAD\nconfig:\n=======\nconfig:\n>>>>>>> theirs\n"


class Configuring(Shell):
    def configure(self, stack: str, settings: dict[str, Any]) -> None:
        self.write(stack, json.dumps({"config": settings}, indent=2))  # which is YAML, too


def recorded(name: str, **changes: object) -> dict[str, Any]:
    """The settings of a recorded preview, so that no edit of the repository's own stack files changes a test."""
    flat = preview(name).config
    nested = {key: json.loads(value) if value.startswith(("{", "[")) else value for key, value in flat.items()}
    given = nested | {f"dkms:{key}": value for key, value in changes.items()}
    return {key: value for key, value in given.items() if value is not None}


PROD = recorded("shared-nlb-canary")
DEV = recorded("shared-nlb-cluster-version", clusters={"blue": {"version": "1.33"}, "green": {"version": "1.34"}})
STACKS = {
    "prod-bj": PROD,
    "dev-nx": DEV,
    "qa-nx": recorded("route53-canary", active="blue"),
    "qa-bj": recorded("shared-alb-canary", weights=None, clusters={"blue": {"version": "1.31"}}),
}


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Configuring:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    found = Configuring(tmp_path, monkeypatch, capsys)
    for stack, settings in STACKS.items():
        found.configure(stack, settings)
    return found


def test_one_list_of_commands(shell: Configuring) -> None:
    code, out, _ = shell.run("--help")
    assert code == 0
    listed = [line.split()[0] for line in out.partition("Commands:")[2].splitlines() if line.strip()]
    assert set(listed) >= {"impact", "status", "rehearse", "sandbox"}


def test_impact_of_a_file_and_of_standard_input(shell: Configuring) -> None:
    code, out, err = shell.run("impact", "prod-bj", "--preview", CANARY)
    assert (code, err) == (0, "")
    assert out.startswith("prod-bj: blue 100 → blue 90 · green 10 — safe to apply")
    assert "not checked" in out
    piped = shell.run("impact", "prod-bj", given=Path(CANARY).read_bytes())
    assert piped == (code, out, err)
    assert shell.run("impact", "prod-bj", "--preview", "-", given=Path(CANARY).read_bytes()) == piped


def test_impact_as_markdown_and_as_json(shell: Configuring) -> None:
    _, text, _ = shell.run("impact", "prod-bj", "--preview", CANARY, "--format", "markdown")
    assert text.startswith("### prod-bj: blue 100 → blue 90 · green 10 — safe to apply\n")
    _, document, _ = shell.run("impact", "prod-bj", "--preview", CANARY, "--format", "json")
    found = json.loads(document)
    assert (found["verdict"], found["stack"], found["topology"]) == ("safe", "prod-bj", "shared-nlb")
    assert found["calls"][0]["then"] == {"blue": 90, "green": 10}


def test_a_preview_of_an_older_stack_file_warns_and_strict_ends_with_1(shell: Configuring) -> None:
    assert shell.run("impact", "prod-bj", "--preview", CANARY, "--strict")[0] == 0
    shell.configure("prod-bj", PROD | {"dkms:weights": {"blue": 95, "green": 5}})
    code, out, _ = shell.run("impact", "prod-bj", "--preview", CANARY)
    assert code == 0
    assert "the preview is not of Pulumi.prod-bj.yaml as it is now" in out
    assert shell.run("impact", "prod-bj", "--preview", CANARY, "--strict")[0] == 1


def test_a_configuration_that_the_program_refuses_is_blocked(shell: Configuring) -> None:
    message = "error: Pulumi.prod-bj.yaml: dkms:weights: blue 90 + green 20 is 110"
    failed = {
        "config": {"dkms:weights": '{"blue": 90, "green": 20}'},
        "diagnostics": [{"severity": "error", "message": message}],
    }
    code, out, _ = shell.run("impact", "prod-bj", given=json.dumps(failed).encode())
    assert code == 3
    assert "prod-bj: BLOCKED — Pulumi refuses it" in out
    assert "blue 90 + green 20 is 110" in out


def test_a_blocked_change_ends_with_3(shell: Configuring) -> None:
    code, out, _ = shell.run("impact", "dev-nx", "--preview", str(PREVIEWS / "shared-nlb-retire-with-switch.json"))
    assert code == 3
    assert out.startswith("dev-nx: BLOCKED")


@pytest.mark.parametrize(
    ("arguments", "given", "words"),
    [
        (["impact", "nowhere"], b"", "nowhere: there is no Pulumi.nowhere.yaml here; stacks: dev-nx"),
        (["impact", "prod-bj"], b"", "standard input: is empty"),
        (["impact", "prod-bj"], b"{", "standard input: is not whole JSON"),
        (["impact", "prod-bj", "--preview", "none.json"], b"", "none.json: cannot be read: No such file or directory"),
        (["impact", "qa-bj", "--preview", CANARY], b"", "is of the stack prod-bj, not of qa-bj"),
        (["impact", "prod-bj", "--from", "HEAD"], b"", "Pulumi.prod-bj.yaml at HEAD: fatal: not a git repository"),
        (["impact", "prod-bj", "--from", "HEAD", "--rehearsal", "r.json"], b"", "give one of them"),
        (["impact", "prod-bj", "--preview", CANARY, "--rehearsal", "r.json"], b"", "r.json: cannot be read"),
        (["status", "--all", "prod-bj"], b"", "--all is every stack"),
    ],
)
def test_wrong_input_ends_with_2_and_a_way_out(
    shell: Configuring, arguments: list[str], given: bytes, words: str
) -> None:
    code, out, err = shell.run(*arguments, given=given)
    assert (code, out) == (2, "")
    assert words in " ".join(err.split())


def test_a_stack_file_with_the_marks_of_a_merge_conflict(shell: Configuring) -> None:
    (shell.directory / "Pulumi.prod-bj.yaml").write_text(CONFLICT, encoding="utf-8")
    code, out, err = shell.run("impact", "prod-bj", "--preview", CANARY)
    assert (code, out) == (2, "")
    assert "merge conflict" in err


def test_a_change_is_explained_with_no_account(shell: Configuring) -> None:
    shell.commit()
    shell.configure("dev-nx", DEV | {"dkms:weights": {"blue": 90, "green": 10}})
    code, document, _ = shell.run("impact", "dev-nx", "--from", "HEAD", "--format", "json")
    found: dict[str, Any] = json.loads(document)
    assert (code, found["verdict"]) == (0, "safe")
    assert found["calls"] == [
        {
            "operation": "ModifyListener",
            "resource": "dkms-entry",
            "then": {"blue": 90, "green": 10},
            "service": "",
        }
    ]
    assert (found["played"]["calls"], found["played"]["lost"]) == (1, 0)
    assert [(each["name"], each["op"]) for each in found["diffs"]] == [("dkms-entry", "~")]
    assert "+ defaultActions[0].forward.targetGroups[0].weight: 90" in found["diffs"][0]["lines"]


def test_a_new_stack_is_all_created_and_moves_no_traffic(shell: Configuring) -> None:
    (shell.directory / "Pulumi.qa-nx.yaml").rename(shell.directory / "aside")
    shell.commit()
    (shell.directory / "aside").rename(shell.directory / "Pulumi.qa-nx.yaml")
    code, document, _ = shell.run("impact", "qa-nx", "--from", "HEAD", "--format", "json")
    found: dict[str, Any] = json.loads(document)
    assert (code, found["verdict"], found["moves"]) == (0, "safe", False)
    assert set(found["changes"]) == {"create"}
    assert (found["played"]["lost"], found["played"]["error"]) == (0, "")
    code, _, err = shell.run("impact", "qa-nx", "--from", "nowhere")
    assert (code, "Pulumi.qa-nx.yaml at nowhere: fatal: " in err) == (2, True)


def test_a_change_that_loses_traffic_is_blocked_by_preview_and_rehearsal(shell: Configuring) -> None:
    shell.commit()
    shell.configure("dev-nx", DEV | {"dkms:active": "green", "dkms:clusters": {"green": {"version": "1.34"}}})
    code, document, _ = shell.run("impact", "dev-nx", "--from", "HEAD", "--format", "json")
    titles = [risk["title"] for risk in json.loads(document)["risks"] if risk["level"] == "blocked"]
    assert code == 3
    assert titles == [
        "blue is deleted in the update that takes its traffic",
        "in the rehearsal 100 % of the traffic was lost",
    ]


def test_a_protected_colour_stays_and_the_refusal_is_told(shell: Configuring) -> None:
    shell.configure("prod-bj", recorded("shared-nlb-canary", weights=None))
    shell.commit()
    shell.configure("prod-bj", recorded("shared-nlb-canary", weights=None, clusters={"blue": {"version": "1.30"}}))
    code, out, _ = shell.run("impact", "prod-bj", "--from", "HEAD")
    assert code == 3
    assert "Pulumi refuses it" in out.splitlines()[0]


def test_a_stack_that_never_came_up_cannot_be_compared(shell: Configuring) -> None:
    shell.configure("prod-bj", PROD | {"dkms:entry": PROD["dkms:entry"] | {"clientCidrs": ["0.0.0.0/0"]}})
    shell.commit()
    shell.configure("prod-bj", PROD)
    code, out, err = shell.run("impact", "prod-bj", "--from", "HEAD")
    assert (code, out) == (2, "")
    assert "Pulumi.prod-bj.yaml at HEAD does not come up" in err


def test_status_is_the_fleets_table(shell: Configuring) -> None:
    code, out, _ = shell.run("status", "--all")
    assert code == 0
    rows = [line for line in out.splitlines() if line[:1].strip()]
    assert [row.split()[0] for row in rows] == ["stack", "dev-nx", "qa-bj", "qa-nx", "prod-bj"]
    assert rows[-1].split()[:9] == ["prod-bj", "Beijing", "shared-nlb", "blue", "90", "blue", "1.30", "1.33", "1.32"]


def test_a_broken_file_is_a_row_and_ends_with_2(shell: Configuring) -> None:
    (shell.directory / "Pulumi.qa-bj.yaml").write_text(CONFLICT, encoding="utf-8")
    code, out, _ = shell.run("status", "qa-bj", "prod-bj", "nowhere")
    assert code == 2
    told = " ".join(out.split())
    assert "merge conflict" in told
    assert "there is no Pulumi.nowhere.yaml" in told
    assert "prod-bj Beijing shared-nlb" in told


def test_status_as_json(shell: Configuring) -> None:
    code, out, _ = shell.run("status", "qa-bj", "--json")
    (found,) = json.loads(out)
    assert code == 0
    assert (found["stack"], found["weights"], found["service"]) == ("qa-bj", {"blue": 100}, {"blue": "1.31"})
    assert found["support"][0]["extended_ends"] == "2026-11-26"


def test_status_in_an_empty_directory(shell: Configuring) -> None:
    for path in shell.directory.glob("Pulumi.*.yaml"):
        path.unlink()
    code, _, err = shell.run("status")
    assert code == 2
    assert "run bluegreen in the repository's root" in " ".join(err.split())


def test_live_without_pulumi_says_so(shell: Configuring, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(status.shutil, "which", lambda _name: None)
    code, _, err = shell.run("status", "--live")
    assert code == 2
    assert "there is no pulumi on PATH" in err
