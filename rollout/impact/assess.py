"""From a change under review to its impact. Pure."""

from collections.abc import Sequence

from components.traffic import Colour
from rollout.impact.case import Case
from rollout.impact.diff import diffs
from rollout.impact.model import ColourImpact, Health, Impact, Level, Played, Risk, share
from rollout.impact.risks import find_risks
from rollout.impact.timing import STAYS_BEHIND, TRUE_AFTER, calls, worst_moment
from rollout.impact.way_back import way_back

__all__ = ["assess", "receivers"]


def receivers(case: Case) -> tuple[Colour, ...]:
    """The colours that get more traffic than they had."""
    before, after = case.switching.before, case.switching.after
    return tuple(colour for colour in Colour if before and after.get(colour, 0) > before.get(colour, 0))


def assess(case: Case, *, health: Sequence[Health] = (), not_checked: str = "", played: Played | None = None) -> Impact:
    """Say what a change does to traffic.

    `health` is what AWS says of the receivers' targets, `not_checked` why it does not; `played` is how a rehearsal
    of the change went.
    """
    switching = case.switching
    found = [*_of_health(health), *find_risks(case), *_of_rehearsal(played)]
    order = list(Level)
    changes: dict[str, int] = {}
    for step in case.changed:
        changes[step.op] = changes.get(step.op, 0) + 1
    return Impact(
        stack=case.stack,
        topology=case.topology,
        colours=_colours(case),
        moves=switching.moves,
        service=case.service,
        true_after=TRUE_AFTER[case.topology] if switching.moves else "",
        stays_behind=STAYS_BEHIND[case.topology] if switching.moves else "",
        calls=tuple(calls(case)) if switching.moves else (),
        worst_moment=worst_moment(case),
        risks=tuple(sorted(found, key=lambda risk: order.index(risk.level))),
        way_back=way_back(case),
        health=tuple(health),
        not_checked=not_checked if receivers(case) else "",
        played=played,
        changes=changes,
        diffs=tuple(diffs(case.preview)),
    )


def _colours(case: Case) -> tuple[ColourImpact, ...]:
    before = case.versions_before()
    # An import says of nothing what it was before: it is as it will be.
    now = case.switching.before or ({} if case.changed else case.configured)
    written = case.config.clusters if case.config else {}
    clusters = {colour: written[cluster.cluster_of or colour] for colour, cluster in written.items()}
    after = {colour: cluster.version or before.get(colour) or cluster.existing for colour, cluster in clusters.items()}
    there = [colour for colour in Colour if colour in before or colour in after or case.switching.before.get(colour)]
    return tuple(
        ColourImpact(
            colour=colour,
            version_before=before.get(colour),
            version_after=after.get(colour),
            before=now.get(colour, 0),
            after=case.switching.after.get(colour, 0),
        )
        for colour in there
    )


def _of_rehearsal(played: Played | None) -> list[Risk]:
    if not played:
        return []
    if played.lost:
        went = f"{share(round(played.lost, 1))} % of the traffic was lost"
        because = "; ".join([played.first_loss, *played.reasons][:4])
    elif played.failed:
        went = f"{played.failed} of {played.requests} requests failed"
        because = "The oracle saw no loss after any call; the clients did."
    elif played.error:
        went, because = "the update failed", next(iter(played.error.splitlines()), "")
    else:
        return []
    return [
        Risk(
            level=Level.BLOCKED,
            title=f"in the rehearsal {went}",
            consequence=because,
            instead=f"See every call: {played.replay}",
        )
    ]


def _of_health(health: Sequence[Health]) -> list[Risk]:
    return [
        Risk(
            level=Level.BLOCKED,
            title=f"{each.colour} is to get traffic, and {each.registered - each.healthy} of its {each.registered} "
            "targets are not healthy"
            if each.registered
            else f"{each.colour} is to get traffic, and has no target",
            consequence="; ".join(each.states[:3]) or "Nothing would answer there.",
            instead=f"Mend {each.colour} first, and test it at its own address.",
        )
        for each in health
        if each.healthy < each.registered or not each.registered
    ]
