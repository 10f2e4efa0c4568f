from rehearsal.engine.urn import Alias, ProviderRef, Urn, aliases_of, is_provider, package_of

ROOT = Urn.make("s", "p", "", "pulumi:pulumi:Stack", "p-s")
HOUSE = Urn.make("s", "p", ROOT.qualified_type, "t:i:House", "h")
ROOM = Urn.make("s", "p", HOUSE.qualified_type, "t:i:Room", "h-room")


def former(urn, parent, *aliases, taken=()):
    return aliases_of(urn, parent, aliases, stack="s", project="p", taken=dict(taken))


def test_parts():
    assert HOUSE == "urn:pulumi:s::p::t:i:House::h"
    assert ROOM == "urn:pulumi:s::p::t:i:House$t:i:Room::h-room"
    assert (ROOM.name, ROOM.type, ROOM.qualified_type) == ("h-room", "t:i:Room", "t:i:House$t:i:Room")
    assert Urn("urn:pulumi:s::p::t:i:T::a::b").name == "a::b"
    assert ROOT.is_stack
    assert not ROOM.is_stack


def test_packages_and_providers():
    ref = ProviderRef.parse("urn:pulumi:s::p::pulumi:providers:aws::default::1-2")
    assert (ref.urn.name, ref.id) == ("default", "1-2")
    assert is_provider(ref.urn.type)
    assert package_of(ref.urn.type) == package_of("aws:ec2/vpc:Vpc") == "aws"


def test_an_alias_may_change_any_part():
    assert former(ROOM, HOUSE, Alias(urn="urn:x")) == ["urn:x"]
    assert former(ROOM, HOUSE, Alias(name="n")) == ["urn:pulumi:s::p::t:i:House$t:i:Room::n"]
    assert former(ROOM, HOUSE, Alias(type="t:i:R")) == ["urn:pulumi:s::p::t:i:House$t:i:R::h-room"]
    assert former(ROOM, HOUSE, Alias(no_parent=True)) == ["urn:pulumi:s::p::t:i:Room::h-room"]
    assert former(ROOM, HOUSE, Alias(parent=ROOT)) == ["urn:pulumi:s::p::t:i:Room::h-room"]
    assert former(ROOM, HOUSE, Alias(stack="z", project="y")) == ["urn:pulumi:z::y::t:i:House$t:i:Room::h-room"]


def test_children_were_below_their_parents_former_urn():
    old = Urn.make("s", "p", "", "t:i:Home", "old")
    taken = {HOUSE: old}
    assert former(ROOM, HOUSE, taken=taken) == ["urn:pulumi:s::p::t:i:Home$t:i:Room::old-room"]
    assert former(ROOM, HOUSE, Alias(name="attic"), taken=taken) == [
        "urn:pulumi:s::p::t:i:House$t:i:Room::attic",
        "urn:pulumi:s::p::t:i:Home$t:i:Room::old-room",
        "urn:pulumi:s::p::t:i:Home$t:i:Room::attic",
    ]
