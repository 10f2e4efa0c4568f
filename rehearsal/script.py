"""What to play: a stack's story, or one change of it. Everything wrong is found here, before anything starts."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from components.eks_versions import known_versions
from components.environment import is_prod
from components.errors import BlueGreenError, ConfigError
from infra.changes import not_in_one_update
from infra.config import NAMESPACE, StackConfig, Topology, parse
from rehearsal.by_hand import made_by_hand
from rehearsal.stack_file import StackFile, flatten, stacks
from rehearsal.story import Chapter, next_version, one_change, tell

__all__ = ["EngineName", "Script", "change_of", "default_stacks", "load", "load_by_hand", "story_of"]


class EngineName(StrEnum):
    """Which engine runs the program."""

    EMBEDDED = "embedded"
    PULUMI = "pulumi"


@dataclass(frozen=True)
class Script:
    """The chapters of one stack."""

    stack: str
    config: StackConfig
    """As the stack's file says now."""
    chapters: tuple[Chapter, ...]
    subtitle: str
    replay: str
    """The command that plays it again."""

    @cached_property
    def configs(self) -> tuple[StackConfig, ...]:
        """What each chapter's settings mean. Raises ConfigError naming the chapter."""
        sources = [f"Pulumi.{self.stack}.yaml, “{chapter.title}”" for chapter in self.chapters]
        return tuple(
            parse(flatten(chapter.settings, source), source)
            for chapter, source in zip(self.chapters, sources, strict=True)
        )


def default_stacks() -> list[str]:
    """One stack of each topology, the ones nearest to customers: prod before qa before dev."""
    ranks = {"prod": 0, "qa": 1, "dev": 2}
    chosen: dict[Topology, str] = {}
    for name in sorted(stacks(), key=lambda name: (ranks.get(name.split("-")[0], 3), name)):
        chosen.setdefault(load(name)[1].topology, name)
    if not chosen:
        raise ConfigError("there is no Pulumi.<stack>.yaml here; run bluegreen in the repository's root")
    return [chosen[topology] for topology in Topology if topology in chosen]


def story_of(stack: str, versions: Sequence[str], *, by_hand: bool = False) -> Script:
    """The whole story of a stack; `versions` are those of its two upgrades, or fewer to have them chosen.

    `by_hand` begins it with the adoption of what the stack has today, as if that had been made by hand.
    """
    file, config = load_by_hand(stack) if by_hand else load(stack)
    unknown = [version for version in versions if version not in known_versions()]
    if unknown or len(versions) > 2:
        known = ", ".join(known_versions())
        raise BlueGreenError(f"--to {' --to '.join(versions)}: give one or two of the EKS versions {known}")
    now = config.clusters[config.active].version
    first = versions[0] if versions else next_version(now or known_versions()[0], _fleet())
    second = versions[1] if len(versions) == 2 else next_version(first)
    gates = config.gates.resolve(config.region, prod=is_prod(file.stack))
    chapters = tell(file.settings, config, (first, second), gates)
    subtitle = f"{config.active} {now or 'as it is'} → {config.active.other} {first} → {config.active} {second}"
    given = "".join(f" --to {version}" for version in versions)
    return _checked(Script(file.stack, config, chapters, subtitle, f"bluegreen rehearse {file.stack}{given} -v"))


def change_of(stack: str, revision: str) -> Script:
    """One change: the stack's file at a git revision, then as it is in the working tree; only that of a new stack.

    Raises ConfigError where no update can make the change without losing requests.
    """
    file, config = load(stack)
    before = StackFile.at(revision, stack).settings if StackFile.existed(revision, stack) else None
    chapters = one_change(before, file.settings)
    replay = f"bluegreen rehearse {file.stack} --from {revision} -v"
    script = _checked(Script(file.stack, config, chapters, f"{revision} → working tree", replay))
    found = not_in_one_update(*script.configs) if before else ()
    impossible = [f"{file.name}: {NAMESPACE}:{key}: {text}" for key, text in found]
    if impossible:
        raise ConfigError("\n".join(impossible))
    return script


def load(stack: str) -> tuple[StackFile, StackConfig]:
    """A stack file and what it means; raises ConfigError."""
    file = StackFile.load(stack)
    return file, parse(file.flat(), file.name)


def load_by_hand(stack: str) -> tuple[StackFile, StackConfig]:
    """A stack file that adopts what the stack has today, and what it means; raises ConfigError."""
    file, config = load(stack)
    if config.found:
        return file, config
    file = StackFile(stack, made_by_hand(file.settings, config))
    return file, parse(file.flat(), f"{file.name}, adopted")


def _fleet() -> list[str]:
    clusters = (cluster for name in stacks() for cluster in load(name)[1].clusters.values())
    return [cluster.version for cluster in clusters if cluster.version]


def _checked(script: Script) -> Script:
    """Find a wrong chapter now, not when its turn comes."""
    _ = script.configs
    return script
