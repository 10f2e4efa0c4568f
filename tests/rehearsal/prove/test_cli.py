"""`bluegreen prove` as a user meets it."""

import sys
from pathlib import Path

import pytest

from rehearsal.prove.model import Proof
from rollout.cli import main


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["bluegreen", "prove", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


CASE = "qa-nx/canary-10/killed/ChangeResourceRecordSets.1"


EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
"""As git names it; it is in every repository."""


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--case", "nonsense"], "--case nonsense is no case; write it as prod-bj/canary-10/killed/ModifyListener.1"),
        (["prod-bj", "--case", CASE], "--case is one case; leave the other selections away"),
        (["--quick", "--sample", "3"], "--quick is --sample 3; give one of them"),
        (["prod-bj", "--topology", "route53"], "--topology route53: no stack here has it"),
        (["nowhere"], "nowhere: there is no Pulumi.nowhere.yaml here"),
        (["prod-bj", "--from", "no-such-revision"], "Pulumi.prod-bj.yaml at no-such-revision: "),
        (["prod-bj", "--from", EMPTY_TREE], "Pulumi.prod-bj.yaml is new since"),
    ],
)
def test_wrong_input_explores_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    assert run(monkeypatch, *arguments) == 2
    assert words in " ".join(capsys.readouterr().err.split())


def test_one_case_killed_between_two_records_holds(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    written, page = tmp_path / "deep" / "prove.json", tmp_path / "prove.html"
    assert run(monkeypatch, "--case", CASE, "--json", str(written), "--report", str(page)) == 0
    assert "Nothing was lost" in page.read_text(encoding="utf-8")
    out = capsys.readouterr().out
    assert "1 cases at" in out
    assert "1 held" in out
    (finding,) = Proof.model_validate_json(written.read_bytes()).findings
    assert finding.case.id == CASE
    assert (finding.ending, finding.lost, finding.number) == ("held", 0, 1)
    assert finding.asked == ("+ weights.green: 10", "+ weights.blue: 90")


@pytest.mark.parametrize("case", ["killed-later/written.2", "mutant/corrects-what-it-adopts"])
def test_an_adoption_holds_and_is_seen_to_keep_what_it_finds(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, case: str
) -> None:
    page = tmp_path / "prove.html"
    assert run(monkeypatch, "--case", f"qa-bj/adopt-as-is/{case}", "--report", str(page)) == 0
    assert "1 cases at 0 AWS calls" in capsys.readouterr().out
