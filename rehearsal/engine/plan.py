"""Decides what must happen to a resource; knows nothing of how it is done."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum, auto

from rehearsal.engine.goal import Goal
from rehearsal.engine.paths import PropertyPath
from rehearsal.engine.state import ResourceState
from rehearsal.engine.values import Properties, reveal_all

__all__ = ["Action", "Change", "Diff", "diff_of_inputs"]


class Action(Enum):
    """What becomes of a resource that exists and is wanted."""

    SAME = auto()
    UPDATE = auto()
    REPLACE = auto()
    """Create the new one now, delete the old one at the end of the run."""
    DELETE_BEFORE_REPLACE = auto()


@dataclass(frozen=True, kw_only=True)
class Diff:
    """A provider's answer to how the wanted differs from the existing."""

    changed: bool | None = None
    """None: the provider leaves it to the engine to compare the inputs."""
    keys: tuple[str, ...] = ()
    replace_keys: tuple[str, ...] = ()
    detailed: Mapping[str, bool] = field(default_factory=dict[str, bool])
    """Path of each changed property → whether that change forces a replacement."""
    delete_before_replace: bool = False

    @property
    def replaces(self) -> bool:
        """Whether the resource cannot stay the same one."""
        return bool(self.replace_keys) or any(self.detailed.values())

    @property
    def shown(self) -> tuple[str, ...]:
        """Top-level names of all that differs."""
        paths = [*self.keys, *self.replace_keys, *self.detailed]
        return tuple(sorted({str(PropertyPath.parse(path)[0]) for path in paths}))

    def with_replace_on_changes(self, paths: Iterable[str]) -> "Diff":
        """Make a change below one of `paths` force a replacement."""
        forcing = [PropertyPath.parse(path) for path in paths]

        def forced(text: str) -> bool:
            return any(path.contains(PropertyPath.parse(text)) for path in forcing)

        return replace(
            self,
            replace_keys=tuple(dict.fromkeys([*self.replace_keys, *filter(forced, self.keys)])),
            detailed={path: replaces or forced(path) for path, replaces in self.detailed.items()},
        )


def diff_of_inputs(old: Properties, new: Properties) -> Diff:
    """Compare inputs as the engine does where nobody knows better; what is secret does not count."""
    old, new = reveal_all(old), reveal_all(new)
    keys = sorted(key for key in {*old, *new} if old.get(key) != new.get(key) or (key in old) != (key in new))
    return Diff(changed=bool(keys), keys=tuple(keys))


@dataclass(frozen=True)
class Change:
    """The decision, and the properties that are its reason."""

    action: Action
    keys: tuple[str, ...] = ()

    @classmethod
    def decide(cls, old: ResourceState, goal: Goal, diff: Diff) -> "Change":
        """Choose what to do with a resource that exists as `old`.

        The program's `replace_on_changes` and `delete_before_replace` outrank the provider. A resource
        that an interrupted run deleted and did not create again is replaced without a difference.
        """
        if diff.changed:
            diff = diff.with_replace_on_changes(goal.replace_on_changes)
        if not diff.changed and not old.pending_replacement:
            return cls(Action.SAME)
        if not diff.replaces and not old.pending_replacement:
            return cls(Action.UPDATE, diff.shown)
        before = diff.delete_before_replace
        if goal.delete_before_replace is not None:
            before = goal.delete_before_replace
        before = before or old.pending_replacement
        return cls(Action.DELETE_BEFORE_REPLACE if before else Action.REPLACE, diff.shown)
