"""The story that a rehearsal plays on a stack: from AS-IS through an upgrade and back, to the next upgrade.

Pure: each chapter is the stack's settings as someone would have written them, one reviewed change after the
other. What the program makes of them is not known here.
"""

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, cast

from components.eks_versions import known_versions
from components.errors import BlueGreenError
from components.gates.model import Gates
from components.traffic import Colour
from infra.config import NAMESPACE, StackConfig, Topology
from rehearsal.stack_file import Settings

__all__ = [
    "DRAIN",
    "SETTLE",
    "WATCH",
    "Chapter",
    "Edit",
    "changed_settings",
    "edited",
    "next_version",
    "one_change",
    "tell",
]

SETTLE = 300
"""Seconds that pass after every chapter: pods start, targets become healthy, DNS answers run out."""
WATCH = 1050
"""Seconds that a canary is watched before the next step: enough requests that chance moves no share by 5 points."""
DRAIN = 3600
"""Seconds before a colour is retired: a flow through an NLB lives up to an hour, and some clients cache as long."""

Edit = Mapping[str, object]
"""Values by dotted key of `dkms:`; None removes one."""


@dataclass(frozen=True, slots=True)
class Chapter:
    """One change of the stack's settings, and the time that passes before it."""

    title: str
    settings: Settings
    wait: int = SETTLE


def tell(settings: Settings, config: StackConfig, versions: Sequence[str], gates: Gates) -> tuple[Chapter, ...]:
    """The whole story: AS-IS, add the other colour, canary, back, again, retire, and the next upgrade.

    `versions` are the Kubernetes versions of the two upgrades. `shared-nlb` without weighted target groups
    switches 100/0, so it has no canary. Where `gates` limit the first step of a colour, all that goes at once, such as
    the way back, says so in its edit. What has baked in its update waits that much less after it.
    """
    return tuple(_chapters(settings, config, versions, gates))


def _chapters(settings: Settings, config: StackConfig, versions: Sequence[str], gates: Gates) -> Iterator[Chapter]:
    old, new = config.active, config.active.other
    first, second = versions
    limited, first_step = gates.first_step < 100, gates.first_step
    watched, settled = max(0, WATCH - gates.bake), max(0, SETTLE - gates.bake)
    draft = _Draft(settings)
    draft.keep_only(old)
    if config.topology is Topology.ROUTE53:
        draft.edit("entry", record="simple")
    yield Chapter("adopt AS-IS" if config.found else "AS-IS", draft.page(), wait=0)

    draft.edit("entry", record=None)
    draft.add(new, like=old, version=first)
    yield Chapter(f"add {new}", draft.page())
    wait = SETTLE
    for share in (min(10, first_step), 50) if config.splits else ():
        draft.shift(old, {new: share, old: 100 - share})
        yield Chapter(f"canary {share}", draft.page(), wait)
        wait = watched
    draft.shift(new, None, at_once=limited and not config.splits)
    yield Chapter(f"all to {new}", draft.page(), wait)

    draft.shift(old, None, at_once=limited)
    yield Chapter(f"back to {old}", draft.page(), settled)
    if limited and config.splits:
        draft.shift(old, {new: first_step, old: 100 - first_step})
        yield Chapter(f"{new} again {first_step}", draft.page(), settled)
    draft.shift(new, None, at_once=limited and not config.splits)
    yield Chapter(f"{new} again", draft.page(), settled)

    yield from _retire(draft, old, protect=config.protect or bool(config.found))
    draft.add(old, like=new, version=second)
    yield Chapter(f"add {old}", draft.page())
    wait = SETTLE
    if limited and config.splits:
        draft.shift(new, {old: first_step, new: 100 - first_step})
        yield Chapter(f"canary {first_step} of {old}", draft.page(), wait)
        wait = settled
    draft.shift(old, None, at_once=limited and not config.splits)
    yield Chapter(f"all to {old}", draft.page(), wait)


def _retire(draft: "_Draft", colour: Colour, *, protect: bool) -> Iterator[Chapter]:
    wait = DRAIN
    if protect:
        draft.clusters()[colour.value]["retiring"] = True
        yield Chapter(f"unprotect {colour}", draft.page(), wait)
        wait = SETTLE
    del draft.clusters()[colour.value]
    yield Chapter(f"retire {colour}", draft.page(), wait)


class _Draft:
    """The settings under the writer's hand."""

    def __init__(self, settings: Settings) -> None:
        self._settings = deepcopy(dict(settings))
        self._gates = cast("Mapping[str, object]", settings.get("dkms:gates") or {})

    def page(self) -> Settings:
        return deepcopy(self._settings)

    def clusters(self) -> dict[str, dict[str, object]]:
        return cast("dict[str, dict[str, object]]", self._settings["dkms:clusters"])

    def edit(self, key: str, **fields: object) -> None:
        """Set fields of a mapping; None removes one."""
        mapping = cast("dict[str, object]", self._settings[f"dkms:{key}"])
        mapping.update(fields)
        for field in [field for field, value in fields.items() if value is None]:
            del mapping[field]

    def keep_only(self, colour: Colour) -> None:
        own = self.clusters()[colour.value]
        own = self.clusters()[str(own["clusterOf"])] if "clusterOf" in own else own
        kept = {key: value for key, value in own.items() if key != "retiring"}
        self._settings["dkms:clusters"] = {colour.value: kept}
        for service in cast("Mapping[str, dict[str, object]]", self._settings.get("dkms:services") or {}).values():
            service.pop("weights", None)
        self.shift(colour, None)

    def add(self, colour: Colour, *, like: Colour, version: str) -> None:
        not_new = ("existing", "chain", "addons")
        own = {key: value for key, value in self.clusters()[like.value].items() if key not in not_new}
        self.clusters()[colour.value] = {**own, "version": version}

    def shift(self, active: Colour, weights: Mapping[Colour, int] | None, *, at_once: bool = False) -> None:
        """Move traffic; `at_once` lets a colour go from 0 to 100 in this edit, as long as the next one leaves it."""
        gates = {**self._gates, "firstStep": 100} if at_once else self._gates
        self._settings.pop("dkms:gates", None)
        if gates:
            self._settings["dkms:gates"] = gates
        self._settings["dkms:active"] = active.value
        self._settings.pop("dkms:weights", None)
        if weights:
            self._settings["dkms:weights"] = {colour.value: weight for colour, weight in weights.items()}


def one_change(before: Settings | None, after: Settings) -> tuple[Chapter, ...]:
    """The chapters of a pull request: the stack as it was, if it was, then as it would be."""
    return (*([Chapter("before", before, wait=0)] if before else ()), Chapter("after", after))


def next_version(current: str, fleet: Sequence[str] = ()) -> str:
    """Where an upgrade goes: to the newest version that the fleet already runs, else one minor up.

    Raises BlueGreenError at the newest version that is known.
    """
    known = known_versions()
    place = known.index(current)
    proven = max((known.index(version) for version in fleet if version in known), default=place)
    if proven > place:
        return known[proven]
    if place + 1 == len(known):
        raise BlueGreenError(f"{current} is the newest EKS version known here; name another one with --to")
    return known[place + 1]


def edited(settings: Settings, edit: Edit) -> Settings:
    """The settings after an edit; what it does not name stays."""
    after: dict[str, Any] = deepcopy(dict(settings))
    for key, value in edit.items():
        *outer, last = f"{NAMESPACE}:{key}".split(".")
        place = after
        for name in outer:
            place = place.setdefault(name, {})
        if value is None:
            del place[last]
        else:
            place[last] = value
    return after


def changed_settings(before: Settings, after: Settings) -> list[str]:
    """What differs, a line for each key: `weights: blue 100 → blue 90, green 10`."""
    old, new = dict(_leaves(before)), dict(_leaves(after))
    lines: list[str] = []
    for key in dict.fromkeys([*old, *new]):
        if old.get(key) == new.get(key):
            continue
        if key not in new:
            lines.append(f"- {key}: {_shown(key, old)}")
        elif key not in old:
            lines.append(f"+ {key}: {_shown(key, new)}")
        else:
            lines.append(f"~ {key}: {_shown(key, old)} → {_shown(key, new)}")
    return lines


def _shown(key: str, leaves: Mapping[str, str]) -> str:
    """Show a value, unless it is of a provider, such as `aws:secretKey`, and so may be a secret."""
    namespaced = ":" in key.partition(".")[0] and key != "aws:region"
    return "(not shown)" if namespaced else leaves[key]


def _leaves(value: object, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, inner in cast("Mapping[object, object]", value).items():
            yield from _leaves(inner, f"{path}.{key}" if path else str(key).removeprefix("dkms:"))
    elif isinstance(value, list):
        yield path, ", ".join(str(item) for item in cast("list[object]", value))
    else:
        yield path, str(value)
