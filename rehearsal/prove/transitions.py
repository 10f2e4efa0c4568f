"""The transitions between the states that a stack can be in, as a tree of reviewed changes. Pure.

The story of an upgrade is its trunk. Where one colour is idle, what else a team changes branches off it. The story of
an adoption is a tree of its own, as far as it differs.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import cast

from components.environment import is_prod
from components.errors import ConfigError
from components.traffic import Colour
from infra.config import StackConfig, parse
from rehearsal.by_hand import found_network
from rehearsal.script import Script, change_of, story_of
from rehearsal.stack_file import Settings, flatten
from rehearsal.story import SETTLE, Chapter, Edit, edited, next_version

__all__ = ["Transition", "Tree", "adoption_of", "tree_of"]

_APART = ("dkms:tools", "dkms:argocd")
"""Keys of what carries no traffic: with it every case would take longer."""

_ADOPTED = "adopted"
"""What the names of a tree begin with that goes on from an adoption."""


@dataclass(frozen=True)
class Transition:
    """One change of a stack's settings."""

    name: str
    """As in the id of a case: `canary-10`."""
    start: str
    """The transition that leads to where this one starts; empty for the first, which makes the stack."""
    chapter: Chapter
    stack: str

    @cached_property
    def flat(self) -> dict[str, str]:
        """What the program is given."""
        return flatten(self.chapter.settings, f"Pulumi.{self.stack}.yaml, “{self.chapter.title}”")

    @cached_property
    def config(self) -> StackConfig:
        """What that means. Raises ConfigError."""
        return parse(self.flat, f"Pulumi.{self.stack}.yaml, “{self.chapter.title}”")


@dataclass(frozen=True)
class Tree:
    """All transitions of one stack."""

    script: Script
    transitions: tuple[Transition, ...]
    """Each after the one that it starts from; the first makes the stack, so it moves no traffic, or adopts it."""
    revision: str = ""
    """Of git, where the only change is that of the stack's file since then."""

    @property
    def first(self) -> Transition:
        """The one that makes the stack as it is today."""
        return self.transitions[0]

    @property
    def adopts(self) -> bool:
        """Whether the first one takes over what runs, under its traffic."""
        return self.first.config.as_found

    def before(self, transition: Transition) -> Transition:
        """The one whose end another one starts from; the first starts from nothing else."""
        return next((each for each in self.transitions if each.name == transition.start), transition)

    @property
    def repeated(self) -> frozenset[str]:
        """The names of those that do what another one does: for the other colour, or behind what is the stack's own."""
        names = [each.name for each in self.transitions]
        return frozenset(
            each
            for place, each in enumerate(names)
            if _exchanged(each) in names[:place] or each.startswith(_slug(f"{_ADOPTED} add "))
        )

    def after(self, name: str) -> tuple[Transition, ...]:
        """Those that start where this one ends."""
        return tuple(each for each in self.transitions if each.start == name)


def tree_of(stack: str, revision: str = "") -> Tree:
    """Read a stack's file and say what there is to explore: its upgrade, or its change since a revision of git.

    Raises ConfigError.
    """
    script = change_of(stack, revision) if revision else _lighter(story_of(stack, []))
    trunk: list[Transition] = []
    for chapter in script.chapters:
        start = trunk[-1].name if trunk else ""
        trunk.append(Transition(_slug(chapter.title), start, chapter, script.stack))
    if revision:
        if len(trunk) == 1:
            raise ConfigError(
                f"Pulumi.{script.stack}.yaml is new since {revision}: nothing runs yet that could be lost"
            )
        return Tree(script, tuple(trunk), revision)
    idle = next(each for each in trunk if each.chapter.title.startswith("back to "))
    return Tree(script, (*trunk, *_branches(script, idle)))


def adoption_of(stack: str) -> Tree:
    """Say what there is to explore of an adoption of what a stack has today: up to where what was found is let go.

    Raises ConfigError.
    """
    script = story_of(stack, [], by_hand=True)
    old, new = script.config.active, script.config.active.other
    canaries = [chapter.title for chapter in script.chapters if chapter.title.startswith("canary")]
    played = {f"add {new}", *canaries[:1], f"all to {new}", f"unprotect {old}", f"retire {old}"}
    first, *later = script.chapters
    trunk = [Transition(_slug(first.title), "", first, stack)]
    for chapter in (each for each in later if each.title in played):
        trunk.append(Transition(_slug(f"{_ADOPTED} {chapter.title}"), trunk[-1].name, chapter, stack))
    return Tree(script, tuple(trunk))


def _lighter(script: Script) -> Script:
    """The same story without what no transition changes and no request passes: it finds its network, and has no tools.

    They are a third of a stack's resources, which every run would look at again.
    """
    network = found_network(script.config)

    def lighter(chapter: Chapter) -> Chapter:
        settings = {key: value for key, value in chapter.settings.items() if key not in _APART}
        return replace(chapter, settings=cast("Settings", {**settings, "dkms:network": network}))

    chapters = tuple(map(lighter, script.chapters))
    return replace(script, chapters=chapters, config=replace(script, chapters=chapters[:1]).configs[0])


def _branches(script: Script, at: Transition) -> Iterator[Transition]:
    """What a team also changes, while one colour has all traffic and the other waits."""
    config = script.config
    idle = config.active.other
    version = cast("str", at.config.clusters[idle].version)
    own = f"keys.{config.entry.zone.name}"
    keys = {"port": 8081, "order": 9, "paths": ["/keys/*"], "hosts": [own]}
    yield from _chain(at, {f"upgrade {idle} in place": {f"clusters.{idle}.version": next_version(version)}})
    if certificate := config.entry.certificate_arn:
        renewed = f"{certificate[:-1]}{'f' if certificate[-1] != 'f' else '0'}"
        yield from _chain(at, {"new certificate": {"entry.certificateArn": renewed}})
    edits: dict[str, Edit] = {
        "add a service": {"services.keys": keys},
        "it takes a path": {"services.keys.hosts": [own, config.entry.host]},
        "it gives it back": {"services.keys.hosts": [own]},
    }
    if not is_prod(at.stack):  # there policies protect what carries traffic, and a service cannot go
        edits |= {"protection off": {"protect": False}, "remove the service": {"services.keys": None}}
    yield from _chain(at, edits)


def _chain(at: Transition, edits: Mapping[str, Edit]) -> Iterator[Transition]:
    """Edits one after the other."""
    settings, start = at.chapter.settings, at.name
    for title, edit in edits.items():
        settings = edited(settings, edit)
        yield Transition(_slug(title), start, Chapter(title, settings, SETTLE), at.stack)
        start = _slug(title)


def _slug(title: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")


def _exchanged(name: str) -> str:
    """The name with one colour for the other."""
    return re.sub("blue|green", lambda found: Colour(found[0]).other.value, name)
