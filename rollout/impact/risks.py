"""What could go wrong with a change, by one rule each: title, consequence, what to do instead. Pure."""

from collections.abc import Callable, Iterator, Sequence

from components.gates.rules import over_first_step
from components.traffic import DEFAULT_STEPS, Colour, Weights
from policies.forwarding import actions_property
from policies.weights import RECORD, of_one_resource
from rollout.impact.argocd import forgotten, relabelled
from rollout.impact.case import Case
from rollout.impact.gone import cut_off, removed_services, removed_with_its_traffic, replaced_or_removed, retired_idle
from rollout.impact.model import Level, Risk, share
from rollout.impact.resources import colour_of, named
from rollout.impact.switching import Shares, from_outputs
from rollout.impact.timing import told
from rollout.impact.versions import in_place_upgrades
from rollout.impact.words import count

__all__ = ["find_risks"]


def find_risks(case: Case) -> tuple[Risk, ...]:
    """All risks of a change, worst first."""
    order = list(Level)
    found = [risk for rule in _RULES for risk in rule(case)]
    return tuple(sorted(found, key=lambda risk: order.index(risk.level)))


def refused(case: Case) -> Iterator[Risk]:
    """Pulumi, or the program, says that the update would fail."""
    errors = [error for error in case.preview.errors if not error.removeprefix("error: ").startswith("preview failed")]
    protected = [error for error in errors if "protect" in error]
    if protected:
        yield Risk(
            level=Level.BLOCKED,
            title=f"Pulumi refuses it: {count(len(protected), 'resource')} to be removed or replaced, and protected",
            consequence="They carry traffic. The update stops there; what came before it is done.",
            instead="To retire a colour set clusters.<colour>.retiring first, and remove the colour in a later update.",
        )
    for error in dict.fromkeys(error for error in errors if error not in protected):
        yield Risk(
            level=Level.BLOCKED,
            title="Pulumi refuses it",
            consequence=next(iter(error.removeprefix("error: ").strip().splitlines()), "It does not say why."),
            instead="Mend it and preview again.",
        )


def nobody_answers(case: Case) -> Iterator[Risk]:
    """Traffic has nowhere to go, afterwards or between two calls."""
    if case.switching.before and not case.switching.after:
        yield Risk(
            level=Level.BLOCKED,
            title="no colour has traffic afterwards",
            consequence="Nothing answers at the entry: all requests are lost.",
            instead="Keep one colour with traffic: dkms:active.",
        )
    if case.switching.undecided:
        yield Risk(
            level=Level.BLOCKED,
            title="all records are at weight 0 for a moment",
            consequence="Route 53 answers 0/0 as an equal split, so half of the traffic goes where nobody meant it to.",
            instead="Change the record that becomes heavier first.",
        )


def contradicts(case: Case) -> Iterator[Risk]:
    """What is applied is not what the configuration says."""
    switching = case.switching
    if not switching.switches or not case.config:
        return
    by_service = [(switch.after, case.served_by(switch)) for switch in switching.switches if switch.after is not None]
    sides = {
        (told(after), told(wanted))
        for after, service in by_service or [(switching.after, "")]
        if _differ(after, wanted := case.configured_for(service))
    }
    for after, wanted in sorted(sides):
        yield Risk(
            level=Level.BLOCKED,
            title=f"what is applied ({after}) is not what the configuration says ({wanted})",
            consequence="Whoever reads the stack file is misled about where traffic goes.",
            instead="Find out which resource the program gives other weights, and do not apply this.",
        )


def no_weights(case: Case) -> Iterator[Risk]:
    """Weights that AWS refuses, or that say something else than they seem to."""
    for step in case.changed:
        for message in of_one_resource(step.after) if step.after else ():
            yield Risk(
                level=Level.BLOCKED,
                title=message,
                consequence="AWS refuses it, or gives a colour another share than was meant.",
                resources=(step.name,),
            )


def stale(case: Case) -> Iterator[Risk]:
    """The preview is of another configuration than the stack file holds now."""
    if case.config and case.config != case.written:
        yield Risk(
            level=Level.WARNING,
            title=f"the preview is not of Pulumi.{case.stack}.yaml as it is now",
            consequence="What is told here may not be what is applied.",
            instead="Preview again, from this revision.",
        )


def moved_by_hand(case: Case) -> Iterator[Risk]:
    """The weights in AWS are not those that the last update left."""
    left = from_outputs(case.preview, case.service)
    if left and case.switching.before and _differ(left, case.switching.before):
        yield Risk(
            level=Level.WARNING,
            title=f"traffic is at {told(case.switching.before)}, and the last update left it at {told(left)}",
            consequence="Somebody moved it by hand, and this update takes that back.",
            instead="Ask who did, before it is applied.",
        )


def step_too_large(case: Case) -> Iterator[Risk]:
    """A colour without traffic gets much of it at once."""
    before, after = _whole(case.switching.before), _whole(case.switching.after)
    config = case.config or case.written
    most = config.gates.resolve(config.region, prod=case.prod).first_step
    shares: dict[Colour | None, int] = {colour: before[colour] for colour in Colour} if before else {}
    if not after or not shares or not (colour := over_first_step(shares, after, most)):
        return
    steps = ", ".join(map(str, DEFAULT_STEPS))
    yield Risk(
        level=Level.BLOCKED,
        title=f"{colour} goes from 0 to {share(case.switching.after[colour])} % in one step",
        consequence="If it is ill, all that traffic meets it."
        + ("" if config.splits else " An NLB without weighted target groups can only switch."),
        instead=f"Go in steps ({steps}); from 0 the stack takes at most {most} points (gates.firstStep)."
        if config.splits
        else f"Test {colour} at its own address (pulumi stack output addresses), and switch with gates.firstStep: 100.",
    )


def more_than_weights(case: Case) -> Iterator[Risk]:
    """The edit that moves traffic changes other things too."""
    switching = case.switching
    if not switching.moves:
        return
    switches = {switch.step.urn for switch in switching.switches}
    others = [
        step for step in case.changed if step.urn not in switches and colour_of(step.resource) not in case.retired
    ]
    if others:
        yield Risk(
            level=Level.WARNING,
            title=f"it moves more than weights: {count(len(others), 'other resource')}",
            consequence="If something goes wrong nobody can tell what did it, and the way back is longer.",
            instead="Move traffic in an update of its own.",
            resources=named(others),
        )
    for switch in switching.switches:
        resource = switch.step.resource
        own = {"weightedRoutingPolicies", "setIdentifier"} if resource.kind == RECORD else {actions_property(resource)}
        more = sorted(set(switch.step.changed) - own)
        if switch.step.op == "update" and more:
            yield Risk(
                level=Level.WARNING,
                title=f"{switch.step.name} changes more than its weights: {', '.join(more)}",
                consequence="It is what all clients pass through.",
                instead="Move traffic in an update of its own.",
                resources=(switch.step.name,),
            )


def services_differ(case: Case) -> Iterator[Risk]:
    """Services of one entry end up with different splits, and nobody asked for it."""
    after = {switch.service: switch.after for switch in case.switching.switches if switch.after}
    asked = (case.config or case.written).own_weights
    if not asked and any(_differ(each, case.switching.after) for each in after.values()):
        shares = "; ".join(f"{service or 'the rest'}: {told(each)}" for service, each in after.items())
        yield Risk(
            level=Level.WARNING,
            title="services are split differently",
            consequence=f"{shares}.",
            instead="Is that meant? Then say so: services.<name>.weights.",
        )


def other_topology(case: Case) -> Iterator[Risk]:
    """The way that clients take is built anew under them."""
    if case.topology_before and case.topology_before != case.topology:
        yield Risk(
            level=Level.BLOCKED,
            title=f"the topology changes, from {case.topology_before} to {case.topology}",
            consequence="Load balancers and records that carry traffic are deleted, and new ones are built.",
            instead="Build the other topology in a stack of its own, and move the clients there.",
        )


def owned_by_others(case: Case) -> Iterator[Risk]:
    """A colour with traffic has an ALB that is not the stack's."""
    found = (case.config or case.written).found
    for colour in (each for each, chain in found.items() if chain.alb and case.configured.get(each)):
        yield Risk(
            level=Level.WARNING,
            title=f"others own the ALB of {colour}, such as an Ingress",
            consequence="An edit of its Ingress may re-create it at any time; the NLB then sends to one that is gone.",
            instead=f"Leave it alone until {colour.other}, whose ALB is the stack's own, has the traffic.",
        )


def told_by_others(case: Case) -> Iterator[Risk]:
    """What Pulumi, the providers and the policies warn of."""
    warnings = [line.message.strip() for line in case.preview.diagnostics if line.severity == "warning"]
    for warning in dict.fromkeys(warnings):
        first, *_ = warning.removeprefix("warning: ").splitlines() or [""]
        yield Risk(level=Level.NOTE, title=first, consequence="")


def _differ(one: Shares, other: Shares) -> bool:
    return any(abs(one.get(colour, 0) - other.get(colour, 0)) > 0.05 for colour in Colour)


def _whole(shares: Shares) -> Weights | None:
    """Shares as weights; None where there is no traffic yet or any more."""
    return Weights(blue=(blue := round(shares.get(Colour.BLUE, 0))), green=100 - blue) if shares else None


_RULES: Sequence[Callable[[Case], Iterator[Risk]]] = (
    removed_with_its_traffic,
    replaced_or_removed,
    nobody_answers,
    other_topology,
    in_place_upgrades,
    contradicts,
    no_weights,
    step_too_large,
    refused,
    removed_services,
    cut_off,
    forgotten,
    relabelled,
    retired_idle,
    moved_by_hand,
    more_than_weights,
    services_differ,
    stale,
    owned_by_others,
    told_by_others,
)
