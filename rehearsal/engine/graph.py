"""Who needs whom in a state, which lists every resource after what it needs."""

from collections.abc import Collection, Sequence

from rehearsal.engine.state import ResourceState

__all__ = ["delete_waves", "dependents", "needed_by"]


def dependents(
    resources: Sequence[ResourceState], root: ResourceState, but: Collection[str] = ()
) -> list[ResourceState]:
    """List what needs `root`, directly or not, in dependency order; URNs in `but` are passed over."""
    affected = {str(root.urn)}
    found = list[ResourceState]()
    for state in resources[resources.index(root) + 1 :]:
        if state.urn not in but and not affected.isdisjoint(state.needs):
            affected.add(state.urn)
            found.append(state)
    return found


def _holds(resources: Sequence[ResourceState], position: int) -> list[ResourceState]:
    """List what the resource at a position keeps from being deleted.

    A dependency on a component is one on everything below it: remote components stand for their children.
    """
    state, before = resources[position], resources[:position]
    needed = state.needs
    held = list[ResourceState]()
    components = set[str]()
    for other in before:
        below = other.parent in components
        if other.urn in needed or below:
            held.append(other)
            if below or not other.custom:
                components.add(other.urn)
        elif other.urn == state.parent:
            held.append(other)
    return held


def delete_waves(resources: Sequence[ResourceState], condemned: Sequence[ResourceState]) -> list[list[ResourceState]]:
    """Order deletions: each wave may go at once, when nothing of the waves before is left."""
    left = {id(state) for state in condemned}
    holds = {
        id(state): {id(held) for held in _holds(resources, position)}
        for position, state in enumerate(resources)
        if id(state) in left
    }
    waves = list[list[ResourceState]]()
    while left:
        wave = [state for state in condemned if id(state) in left and not holds[id(state)] & left]
        left -= {id(state) for state in wave}
        waves.append(wave)
    return waves[::-1]


def needed_by(resources: Sequence[ResourceState], roots: Sequence[ResourceState]) -> set[int]:
    """Collect the identities of all that `roots` need, directly or not, parents included."""
    urns = {urn for root in roots for urn in (*root.needs, root.parent)}
    found = set[int]()
    for state in reversed(resources):
        if state.urn in urns:
            found.add(id(state))
            urns |= {*state.needs, state.parent}
    return found
