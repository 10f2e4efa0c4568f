"""The repairs of docs/runbooks/outage.md, as it shows them, by the Pulumi CLI in a sandbox."""

import json
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from rehearsal.aws import EmbeddedAws
from rehearsal.aws.wire import Trouble, TroubleKind
from rehearsal.engine.real import pulumi_on_path
from rollout.editing import drop, put
from tests.docs.test_commands import ROOT, blocks
from tests.rollout.shift.test_real_pulumi import in_sandbox, run

pytestmark = [
    pytest.mark.real_pulumi,
    pytest.mark.skipif(not pulumi_on_path(), reason="pulumi is not on PATH"),
]

CREATED, RECORD, _ = blocks(ROOT / "docs/runbooks/outage.md", "sh")
RULE = "CreateRule create rule 9101 of dkms-green-alb-*:8080 → green 100"
WEIGHTED = "ChangeResourceRecordSets record dkms.dev-bj.example.cn blue weight 100 → dkms-blue-nlb-*-*"


class Sandbox:
    """The stack in a directory of its own, whose second colour is to be added."""

    def __init__(self, root: Path, environment: dict[str, str], aws: EmbeddedAws) -> None:
        self.aws, self._root, self._environment = aws, root, environment

    def pulumi(self, *arguments: str) -> tuple[int, str]:
        done = run(["pulumi", *arguments, "--non-interactive"], self._root, self._environment)
        return done.returncode, done.stdout + done.stderr

    def up(self) -> tuple[int, str]:
        return self.pulumi("up", "--yes", "--skip-preview")

    def lose(self, call: str) -> list[str]:
        """Run with the answer of a call lost, and again; returns the ids it gave, and what the second run says."""
        since = len(self.aws.calls())
        self.aws.trouble(Trouble(kind=TroubleKind.UNHEARD, call=call))
        assert self.up()[0] != 0
        self.aws.trouble(None)
        made = [ident for each in self.aws.calls(since) if each.likeness == call for ident in each.made]
        code, said = self.up()
        assert code != 0
        return [*made, said]

    def asked(self, urn_ends: str) -> dict[str, str]:
        """What the program asks of a resource, and what its id is, if it has one."""
        shown = self.pulumi("preview", "--json")[1]
        steps = json.loads(shown[shown.index("{") :])["steps"]
        step = next(step for step in steps if step["urn"].endswith(urn_ends))
        return {**step.get("oldState", {}), **step["newState"]}

    def carry_out(self, shown: str, **given: str) -> None:
        """Do what the page shows, with one's own words for its capitals."""
        for line in shown.replace("\\\n", " ").splitlines():
            words = [_filled(word, given) for word in shlex.split(line)[1:]]
            code, said = self.pulumi(*words, *(["--yes"] if words[0] != "preview" else []))
            assert code == 0, said

    def ends_well(self) -> bool:
        """Whether the update goes on from here, and there is nothing to do after it."""
        code, said = self.up()
        return code == 0 and "delete" not in said and self.pulumi("preview", "--expect-no-changes")[0] == 0


def _filled(word: str, given: dict[str, str]) -> str:
    return next((word.replace(name, value) for name, value in given.items() if name in word), word)


def attached(environment: dict[str, str]) -> EmbeddedAws:
    return EmbeddedAws.attach(int(environment["AWS_ENDPOINT_URL"].rpartition(":")[2]), "cn-north-1")


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    text = drop((ROOT / "Pulumi.dev-bj.yaml").read_text(encoding="utf-8"), ("config", "dkms:tools"))
    with in_sandbox(tmp_path, "dev-bj", text) as (root, environment), attached(environment) as aws:
        sandbox = Sandbox(root, environment, aws)
        assert sandbox.pulumi("stack", "init", "dev-bj")[0] == 0
        assert sandbox.up()[0] == 0
        aws.advance(300)
        text = drop((root / "Pulumi.dev-bj.yaml").read_text(encoding="utf-8"), ("config", "dkms:entry", "record"))
        text = put(text, ("config", "dkms:clusters", "green"), {"version": "1.34"})
        (root / "Pulumi.dev-bj.yaml").write_text(text, encoding="utf-8")
        yield sandbox


def test_what_was_being_created_is_imported(sandbox: Sandbox) -> None:
    rule, *_, said = sandbox.lose(RULE)
    assert "Priority '9101' is currently in use" in said
    asked = sandbox.asked("ListenerRule::dkms-green-dkms-green")
    words = {"URN of its parent": asked["parent"], "TYPE": asked["type"], "NAME": "dkms-green-dkms-green", "ID": rule}
    sandbox.carry_out(CREATED, **words)
    assert sandbox.ends_well()


def test_the_record_that_was_becoming_weighted_is_taken_out_and_imported(sandbox: Sandbox) -> None:
    *_, said = sandbox.lose(WEIGHTED)
    assert "Tried to delete resource record set" in said
    record = sandbox.asked("Record::dkms-blue")
    words = {"URN of its parent": record["parent"], "URN of the record": record["urn"], "NAME": "dkms-blue"}
    sandbox.carry_out(RECORD, **words, ZONE_HOST=record["id"].removesuffix("_A"))
    assert sandbox.ends_well()
