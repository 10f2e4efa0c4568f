from hypothesis import given
from hypothesis import strategies as st

from rehearsal.engine.graph import delete_waves, dependents, needed_by
from rehearsal.engine.state import ResourceState
from rehearsal.engine.urn import ProviderRef, Urn


def state(name: str, *, needs=(), parent="", custom=True, provider="", **options) -> ResourceState:
    return ResourceState(
        urn=urn(name),
        custom=custom,
        dependencies=[urn(need) for need in needs],
        parent=urn(parent) if parent else Urn(),
        provider=str(ProviderRef(urn(provider), "1")) if provider else "",
        **options,
    )


def urn(name: str) -> Urn:
    return Urn.make("s", "p", "", "t:i:T", name)


def names(states) -> list[str]:
    return [state.urn.name for state in states]


@st.composite
def states(draw):
    found = []
    for number in range(draw(st.integers(1, 8))):
        before = [str(other) for other in range(number)]
        choice = st.lists(st.sampled_from(before), max_size=3, unique=True) if before else st.just([])
        parent = draw(st.sampled_from(["", *before]))
        provider = draw(st.sampled_from(["", *before]))
        found.append(
            state(str(number), needs=draw(choice), parent=parent, provider=provider, custom=draw(st.booleans()))
        )
    return found


@given(states(), st.data())
def test_nothing_is_deleted_before_what_needs_it(resources, data):
    condemned = data.draw(st.lists(st.sampled_from(resources), unique_by=id))
    waves = delete_waves(resources, condemned)
    gone: set[str] = set()
    for wave in waves:
        for resource in wave:
            others = [other for other in condemned if other.urn not in gone and other is not resource]
            assert all(resource.urn not in {*other.needs, other.parent} for other in others)
        gone.update(resource.urn for resource in wave)
    assert sorted(names(condemned)) == sorted(name for wave in waves for name in names(wave))


def test_a_component_stands_for_everything_below_it():
    resources = [
        state("component", custom=False),
        state("child", parent="component"),
        state("grandchild", parent="child"),
        state("user", needs=["component"]),
    ]
    assert names(delete_waves(resources, resources)[0]) == ["user"]


def test_dependents_follow_every_kind_of_need():
    resources = [
        state("root"),
        state("by-dependency", needs=["root"]),
        state("by-property", property_dependencies={"x": [urn("by-dependency")]}),
        state("by-provider", provider="root"),
        state("by-deletion", deleted_with=urn("root")),
        state("child", parent="root"),
        state("other"),
        state("new", needs=["root"]),
    ]
    found = dependents(resources, resources[0], but={urn("new")})
    assert names(found) == ["by-dependency", "by-property", "by-provider", "by-deletion"]


def test_needed_by_goes_all_the_way():
    resources = [state("a"), state("b", needs=["a"]), state("p"), state("c", needs=["b"], parent="p"), state("d")]
    needed = needed_by(resources, [resources[3]])
    assert names(resource for resource in resources if id(resource) in needed) == ["a", "b", "p"]
