"""Random walks: changes of configuration one after the other, each with something that goes wrong in it."""

import os
import subprocess
import sys
from copy import deepcopy
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from components.eks_versions import known_versions
from components.traffic import Colour
from rehearsal.prove.explorer import straight_run
from rehearsal.prove.model import Case, Ending, Finding, Mode
from rehearsal.prove.stage import Moment, Stage, on_stage
from rehearsal.prove.transitions import Transition, Tree, tree_of
from rehearsal.story import DRAIN, SETTLE

from .walking import AFTER, TROUBLE, Trouble, script, step

troubles = st.builds(Trouble, mode=st.sampled_from(TROUBLE), place=st.integers(0, 60))


class Walk(RuleBasedStateMachine):
    """A team that changes its stack in an order that nobody has thought of, on a bad day."""

    stage: ClassVar[Stage]
    tree: ClassVar[Tree]
    begin: ClassVar[tuple[Transition, Moment]]
    """Both colours are up, and the first one has all traffic."""

    def __init__(self) -> None:
        super().__init__()
        self.now, moment = self.begin
        self.stage.put_back(moment)

    @property
    def idle(self) -> Colour | None:
        """The colour that is there, and has no traffic."""
        config = self.now.config
        return next((each for each in config.colours if not config.weights[each]), None)

    def change(self, trouble: Trouble, *, wait: int = SETTLE, **keys: Any) -> None:
        """Write these keys into the stack's file, and update."""
        written = {**self.now.chapter.settings, **{f"dkms:{key}": value for key, value in keys.items()}}
        if written != self.now.chapter.settings:
            self.now = step(self.stage, self.now, written, trouble, wait)

    def clusters(self, colour: Colour, **fields: object) -> dict[str, Any]:
        """All clusters as they are written, one with other fields."""
        written = deepcopy(dict(self.now.chapter.settings["dkms:clusters"]))  # type: ignore[call-overload]
        written[colour.value] = {**written.get(colour.value, {}), **fields}
        return written

    @precondition(lambda self: len(self.now.config.colours) == 2 and not self.now.config.retiring)
    @rule(green=st.sampled_from([0, 1, 10, 50, 90, 99, 100]), trouble=troubles)
    def shift(self, green: int, trouble: Trouble) -> None:
        active = "green" if green > 50 else "blue"
        weights = {"blue": 100 - green, "green": green}
        self.change(trouble, active=active, weights=weights, gates={"firstStep": 100})

    @precondition(lambda self: self.idle and not self.now.config.retiring)
    @rule(trouble=troubles)
    def upgrade_in_place(self, trouble: Trouble) -> None:
        assert self.idle
        known = known_versions()
        version = str(self.now.config.clusters[self.idle].version)
        if version != known[-1]:
            self.change(trouble, clusters=self.clusters(self.idle, version=known[known.index(version) + 1]))

    @precondition(lambda self: self.idle and not self.now.config.retiring)
    @rule(trouble=troubles)
    def lift_protection(self, trouble: Trouble) -> None:
        assert self.idle
        self.change(trouble, clusters=self.clusters(self.idle, retiring=True), wait=DRAIN)

    @precondition(lambda self: self.now.config.retiring)
    @rule(trouble=troubles)
    def retire(self, trouble: Trouble) -> None:
        active = self.now.config.active
        written = self.clusters(active)
        self.change(trouble, clusters={active.value: written[active.value]})

    @precondition(lambda self: len(self.now.config.colours) == 1)
    @rule(trouble=troubles)
    def add_the_other_colour(self, trouble: Trouble) -> None:
        active = self.now.config.active
        self.change(trouble, clusters=self.clusters(active.other, version=self.now.config.clusters[active].version))

    @precondition(lambda self: self.now.config.entry.certificate_arn)
    @rule(last=st.sampled_from("ab"), trouble=troubles)
    def renew_the_certificate(self, last: str, trouble: Trouble) -> None:
        entry = dict(self.now.chapter.settings["dkms:entry"])  # type: ignore[call-overload]
        entry["certificateArn"] = entry["certificateArn"][:-1] + last
        self.change(trouble, entry=entry)

    @rule(trouble=troubles)
    def a_service_comes_or_takes_a_path_or_gives_it_back(self, trouble: Trouble) -> None:
        config = self.now.config
        own, keys = f"keys.{config.entry.zone.name}", config.services.get("keys")
        hosts = [own, config.entry.host] if keys and len(keys.hosts) == 1 else [own]
        services = dict(self.now.chapter.settings["dkms:services"])  # type: ignore[call-overload]
        keys = {"port": 8081, "order": 9, "paths": ["/keys/*"], "hosts": hosts}
        self.change(trouble, services={**services, "keys": keys})


@pytest.mark.parametrize("stack", ["prod-bj", "qa-nx", "qa-bj"])
def test_nothing_is_lost_on_any_walk(stack: str) -> None:
    tree = tree_of(stack)
    few = settings(max_examples=max(2, settings.default.max_examples // 50), stateful_step_count=4)
    with on_stage(tree) as stage:
        as_is = straight_run(stage, tree.first, starting=[each.config for each in tree.transitions])
        both = straight_run(stage, tree.after(tree.first.name)[0])
        assert not as_is.update.result.error
        assert not both.update.result.error
        Walk.stage, Walk.tree, Walk.begin = stage, tree, (both.transition, both.end)
        run_state_machine_as_test(Walk, settings=few)

        stage.put_back(both.end)
        entry = {**both.transition.chapter.settings["dkms:entry"], "clientCidrs": ["10.128.0.0/9"]}  # type: ignore[dict-item]
        narrower = {**both.transition.chapter.settings, "dkms:entry": entry}
        with pytest.raises(AssertionError, match=r"lost: .*keep 10\.0\.0\.1/32 out") as failed:
            step(stage, both.transition, narrower, Trouble(Mode.KILLED, 0))
        assert str(failed.value).endswith(f"bluegreen prove --from HEAD --case {stack}/after/nothing/start")


def test_what_is_told_of_a_failure_can_be_typed(tmp_path: Path) -> None:
    tree = tree_of("qa-nx")
    before, after = (
        next(each for each in tree.transitions if each.name == name) for name in ("add-green", "canary-10")
    )
    case = Case(stack="qa-nx", transition=AFTER, mode=Mode.KILLED, at="ChangeResourceRecordSets.1")
    told = script(before, after, Finding(case=case, ending=Ending.LOST))
    found = subprocess.run(
        ["bash", "-ec", told],
        cwd=tmp_path,
        env={**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (found.returncode, found.stderr) == (0, "")
    assert "qa-nx   after" in found.stdout
    assert "1 cases at 2 AWS calls" in found.stdout
