from typing import Any

import pytest

from components.errors import ConfigError
from components.traffic import Colour
from tests.components.test_adoption import ALB, NLB, settings
from tests.infra.settings import ABSENT, config


def test_what_is_found_is_of_a_colour() -> None:
    given = config(settings())
    assert list(given.found) == [Colour.BLUE]
    assert given.adopted is not None
    assert given.adopted.retain


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"dkms:adopted": ABSENT}, "dkms:adopted: is missing; clusters.blue.chain stands behind a record that exists"),
        (
            {"dkms:topology": "shared-alb"},
            "dkms:clusters.blue.chain.targetGroup: in shared-alb both colours share it; give it below adopted",
        ),
        ({"dkms:topology": "shared-alb"}, "dkms:adopted.alb: is missing; in shared-alb both colours share it"),
        (
            {"dkms:topology": "shared-alb", "dkms:services": {"keys": {"order": 2}, "dkms": {}}},
            "dkms:services: are 2; an ALB that was found has one until blue is retired",
        ),
        (
            {"dkms:topology": "shared-alb", "dkms:services": {"keys": {}}},
            "dkms:clusters.blue.chain.services: is not all of services",
        ),
        ({"dkms:topology": "route53"}, "dkms:clusters.blue.chain.nlb: is missing; in route53 each colour has its own"),
        ({"dkms:topology": "route53"}, "dkms:adopted.nlb: in route53 each colour has its own; give it below a colour"),
        ({"dkms:adopted": {"record": "Z1_dkms.example.cn_A"}}, "dkms:adopted.nlb: is missing; in shared-nlb both"),
        ({"dkms:adopted.nlb.cidrs": ABSENT}, "dkms:adopted.nlb.cidrs: is missing; an NLB without securityGroup"),
        (
            {"dkms:adopted.nlb.arn": ALB},
            "dkms:adopted.nlb.arn: arn:aws-cn:elasticloadbalancing:cn-north-1:123456789012:",
        ),
        (
            {"dkms:adopted.record": "dkms.example.cn"},
            "dkms.example.cn is not zone id, name and type of a simple record",
        ),
        (
            {"dkms:entry.zone": {"name": "example.cn"}},
            "dkms:entry.zone.id: is missing; the record Z1_dkms.example.cn_A",
        ),
        (
            {"dkms:clusters.blue.chain.nlb": NLB},
            "dkms:clusters.blue.chain.nlb: in shared-nlb both colours share it; give it below adopted",
        ),
        ({"dkms:clusters.blue.existing": ABSENT}, "dkms:clusters.blue.chain: belongs to a cluster that exists"),
        ({"dkms:clusters.blue.chain.services": {"keys": ALB}}, "dkms:clusters.blue.chain.services.keys: arn:aws-cn:"),
        ({"dkms:services": {"keys": {}}}, "dkms:clusters.blue.chain.services.dkms: is no service of the stack"),
    ],
)
def test_contradictions(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError) as refused:
        config(
            {
                key: value
                for key, value in (settings() | changes).items()
                if key != "dkms:adopted" or value is not ABSENT
            }
        )
    assert said in str(refused.value)
