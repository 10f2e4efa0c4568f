from dataclasses import replace

import pytest

from infra.config import Topology
from rollout.adopt.fit import fits
from rollout.adopt.seen import Found, Route
from tests.rollout.adopt.test_writing import FOUND, group

OWN = replace(FOUND, alb=replace(FOUND.alb, tags={}, groups=("sg-0a",)), rules=0)
"""An ALB that a team made itself, whose listener sends all to one target group."""
TWO = [Route(group=group(name), hosts=(), paths=()) for name in ("one", "two")]


def shared_alb(found: Found, *, prod: bool = False) -> tuple[bool, str]:
    (fit,) = (each for each in fits(found, prod=prod) if each.topology is Topology.SHARED_ALB)
    return fit.fits, fit.why


def test_an_alb_of_the_team_can_be_shared_and_keeps_what_it_has() -> None:
    fitting, how = shared_alb(OWN)
    assert fitting
    assert "NLB and ALB are adopted with their listeners" in how


@pytest.mark.parametrize(
    ("found", "prod", "why"),
    [
        (OWN, True, "the policies of prod refuse an ALB that both colours share"),
        (FOUND, False, "its Ingress owns the ALB"),
        (replace(OWN, rules=2), False, "port 8443 has rules (2), whose requests would follow no shift"),
        (replace(OWN, routes=TWO), False, "port 8443 sends to 2 target groups; leave it one"),
        (replace(OWN, alb=replace(OWN.alb, groups=("sg-0a", "sg-0b"))), False, "the ALB has 2 security groups"),
    ],
)
def test_what_cannot_be_shared(found: Found, why: str, *, prod: bool) -> None:
    fitting, told = shared_alb(found, prod=prod)
    assert not fitting
    assert why in told
