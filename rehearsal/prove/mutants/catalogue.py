"""Which mistakes there are, in which transition each of them shows, and what it must be caught for. Pure data."""

from collections.abc import Iterator
from dataclasses import dataclass

from infra.config import StackConfig, Topology
from rehearsal.prove.model import Ending

__all__ = ["MUTANTS", "VARIABLE", "Mutant"]

VARIABLE = "BLUEGREEN_MUTANT"
"""Of the environment: the name of the mutant that the program is to be."""


@dataclass(frozen=True)
class Mutant:
    """The program with one mistake. `patches` has a function of its name."""

    name: str
    told: str
    """What it does that the program must not."""
    transition: str
    """Where it shows, with {old} for the colour that is active in the stack's file and {new} for the other."""
    topologies: frozenset[Topology]
    caught: tuple[tuple[Ending, str], ...]
    """How it may end, each with words from the reason: whatever else stops it has not caught this mistake."""
    unprotected: bool = False
    """Lift the protection first, where policies allow that: it would hide what is wrong."""
    sick: bool = False
    """The pods of the colour that gets more are unhealthy."""

    def shows_in(self, config: StackConfig) -> Iterator[str]:
        """The transition of a stack in which it shows, if it can show there."""
        if config.topology in self.topologies:
            yield self.transition.format(old=config.active, new=config.active.other)


_ANY = frozenset(Topology)
_REFUSED = (Ending.STUCK, "protect")

MUTANTS = (
    Mutant(
        name="lighter-record-first",
        told="the record of the lighter colour changes before that of the heavier one",
        transition="add-{new}",
        topologies=frozenset({Topology.ROUTE53}),
        caught=((Ending.STUCK, "other RRSets exist"),),
    ),
    Mutant(
        name="weight-0-kept",
        told="a target group stays in the NLB's action at weight 0",
        transition="all-to-{new}",
        topologies=frozenset({Topology.SHARED_NLB}),
        caught=((Ending.LOST, "with weight 0, which closes it"),),
    ),
    Mutant(
        name="deleted-before-created",
        told="a shift replaces what it should change, and deletes it first",
        transition="canary-10",
        topologies=_ANY,
        caught=((Ending.LOST, "has no listener"), (Ending.STRAYED, "replace"), _REFUSED),
        unprotected=True,
    ),
    Mutant(
        name="attached-before-it-listens",
        told="an ALB is registered before it listens",
        transition="add-{new}",
        topologies=frozenset({Topology.SHARED_NLB, Topology.ROUTE53}),
        caught=((Ending.STUCK, "listener"),),
    ),
    Mutant(
        name="no-gate",
        told="a shift asks nobody whether the colour that gets more is healthy",
        transition="canary-10",
        topologies=_ANY,
        caught=((Ending.LOST, "no healthy target"), (Ending.LOST, "unhealthy")),
        sick=True,
    ),
    Mutant(
        name="retired-with-the-shift",
        told="the colour that loses its traffic is deleted by the same update",
        transition="all-to-{new}",
        topologies=_ANY,
        caught=((Ending.LOST, "draining"), (Ending.STRAYED, "delete "), _REFUSED),
        unprotected=True,
    ),
    Mutant(
        name="fixed-name",
        told="target groups have names of their own, so that one is deleted before it is replaced",
        transition="canary-10",
        topologies=_ANY,
        caught=(
            (Ending.STUCK, "ResourceInUse"),
            (Ending.LOST, "draining"),
            (Ending.STRAYED, "delete-replaced"),  # where the first to go is one that has no weight yet
            _REFUSED,
        ),
        unprotected=True,
    ),
    Mutant(
        name="sticky",
        told="clients stay with the colour that they first came to, whatever its weight",
        transition="canary-10",
        topologies=frozenset({Topology.SHARED_ALB}),
        caught=((Ending.STUCK, "missing: listener"),),
    ),
    Mutant(
        name="colours-exchanged",
        told="each colour gets the weight of the other",
        transition="canary-10",
        topologies=_ANY,
        caught=((Ending.STUCK, "asked for"), (Ending.STUCK, "in one step")),
    ),
    Mutant(
        name="corrects-what-it-adopts",
        told="what is imported is made as the program would have made it",
        transition="adopt-as-is",
        topologies=frozenset({Topology.SHARED_NLB, Topology.SHARED_ALB}),
        caught=(_REFUSED,),
    ),
)
