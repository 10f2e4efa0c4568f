import pytest

from components.errors import ConfigError
from infra.config import parse
from tests.infra.settings import ABSENT, settings

NINGXIA = "arn:aws-cn:acm:cn-northwest-1:123456789012:certificate/0a1b2c3d"
GLOBAL = "arn:aws:acm:us-east-1:123456789012:certificate/0a1b2c3d"
EXISTING = {
    "vpcId": "vpc-1",
    "subnets": {"cn-north-1a": {"private": "subnet-1"}, "cn-north-1b": {"private": "subnet-2"}},
}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            {"dkms:entry.certificateArn": ABSENT},
            "dkms:entry.port: 443 without certificateArn; give the ARN of an ACM certificate, or another port",
        ),
        (
            {"dkms:entry.certificateArn": NINGXIA},
            "dkms:entry.certificateArn: aws-cn/cn-northwest-1 is not the stack's aws-cn/cn-north-1; give a "
            "certificate of its own region",
        ),
        (
            {"dkms:entry.certificateArn": GLOBAL},
            "dkms:entry.certificateArn: aws/us-east-1 is not the stack's aws-cn/cn-north-1; give a "
            "certificate of its own region",
        ),
        (
            {"dkms:entry.certificateArn": "my-certificate"},
            "dkms:entry.certificateArn: my-certificate is not the ARN of an ACM certificate, such as "
            "arn:aws-cn:acm:cn-north-1:123456789012:certificate/0a1b2c3d",
        ),
        (
            {"dkms:entry.host": "dkms.example.com"},
            "dkms:entry.host: dkms.example.com is not in the zone example.cn; give a name or a zone that fit",
        ),
        (
            {"dkms:entry.host": "DKMS.example.cn"},
            "dkms:entry.host: DKMS.example.cn is not a host name in small letters, such as dkms.example.cn",
        ),
        (
            {"dkms:entry.host": "blue.example.cn"},
            "dkms:entry.host: blue.example.cn begins like the address of a colour, which only operators "
            "reach; give another name",
        ),
        (
            {"dkms:entry.host": f"{'a' * 64}.example.cn"},
            "dkms:entry.host: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.example.cn is "
            "not a host name in small letters, such as dkms.example.cn",
        ),
        (
            {"dkms:entry.host": f"{'a' * 60}.{'b' * 60}.example.cn"},
            "dkms:entry.host: "
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.bbbbbbbbbbbbbbbbbb… is too long; "
            "at most 122 characters",
        ),
        ({"dkms:entry.port": 70000}, "dkms:entry.port: 70000 is too large; at most 65535"),
        ({"dkms:entry.port": "https"}, "dkms:entry.port: https is not a whole number"),
        (
            {"dkms:entry.colourPorts": {"blue": 443, "green": 9443}},
            "dkms:entry.colourPorts.blue: 443 is the port of the entry; give each its own",
        ),
        (
            {"dkms:entry.colourPorts": {"blue": 8443, "green": 8443}},
            "dkms:entry.colourPorts.green: 8443 is the port of blue; give each its own",
        ),
        (
            {"dkms:entry.colourPorts": {"blue": 8443}},
            "dkms:entry.colourPorts.green: is missing; give each colour a port of its own",
        ),
        ({"dkms:entry.clientCidrs": []}, "dkms:entry.clientCidrs: is empty; name at least one"),
        (
            {"dkms:entry.clientCidrs": "10.0.0.0/8"},
            "dkms:entry.clientCidrs: 10.0.0.0/8 is not a list; write [first, second]",
        ),
        (
            {"dkms:entry.clientCidrs": ["10.0.0.1/8"]},
            "dkms:entry.clientCidrs[0]: 10.0.0.1/8 is an address inside a network; write 10.0.0.0/8, or 10.0.0.1/32",
        ),
        (
            {"dkms:entry.clientCidrs": ["10.0.0.0/8", "10.0.0.0/8"]},
            "dkms:entry.clientCidrs: 10.0.0.0/8 is there twice; name it once",
        ),
        (
            {"dkms:entry.clientCidrs": ["office"]},
            "dkms:entry.clientCidrs[0]: office is not an IPv4 network, such as 10.0.0.0/8",
        ),
        (
            {"dkms:entry.operatorCidrs": ["::/0"]},
            "dkms:entry.operatorCidrs[0]: ::/0 is not an IPv4 network, such as 10.0.0.0/8",
        ),
        (
            {"dkms:entry.clientCidrs": [f"10.{n}.0.0/16" for n in range(59)]},
            "dkms:entry.clientCidrs: 59 networks, and 1 of operators for each colour; a security group takes "
            "60 rules, so give wider networks",
        ),
        ({"dkms:entry.clientCidr": ["10.0.0.0/8"]}, "dkms:entry.clientCidr: is unknown; did you mean clientCidrs?"),
        ({"dkms:entry.scheme": "public"}, "dkms:entry.scheme: public is unknown; write internal or internet-facing"),
        ({"dkms:entry.public": "yes please"}, "dkms:entry.public: yes please is neither true nor false"),
        (
            {"dkms:entry.zone.id": "example"},
            "dkms:entry.zone.id: example is not the id of a hosted zone, such as Z0123456789ABC",
        ),
        ({"dkms:entry": ABSENT}, "dkms:entry: is missing (the name and port that clients use, and who may use them)"),
        ({"aws:region": ABSENT}, "aws:region: is missing (the region of AWS China, cn-north-1 or cn-northwest-1)"),
        (
            {"aws:region": "us-east-1"},
            "aws:region: us-east-1 is not in AWS China (partition aws-cn); write cn-north-1 or cn-northwest-1",
        ),
        ({"aws:region": "beijing"}, "aws:region: beijing is not a region, such as cn-north-1"),
        ({"dkms:region": "cn-north-1"}, "dkms:region: is unknown; did you mean aws:region?"),
        (
            {"dkms:network.zones": ["cn-north-1a"]},
            "dkms:network.zones: 1 zone; give two to four, as an ALB and EKS need at least two",
        ),
        (
            {"dkms:network.zones": []},
            "dkms:network.zones: 0 zones; give two to four, as an ALB and EKS need at least two",
        ),
        (
            {"dkms:network.zones": ["cn-north-1a", "cn-north-1a"]},
            "dkms:network.zones: cn-north-1a is there twice; name it once",
        ),
        (
            {"dkms:network.zones": ["cn-north-1a", "cn-northwest-1b"]},
            "dkms:network.zones: cn-northwest-1b is not in cn-north-1; give zones of the stack's region",
        ),
        (
            {"dkms:network.zones": ["a", "cn-north-1b"]},
            "dkms:network.zones[0]: a is not an availability zone, such as cn-north-1a",
        ),
        ({"dkms:network.cidr": "10.0.0.0/24"}, "dkms:network.cidr: 10.0.0.0/24 is too small; give /16 to /20"),
        ({"dkms:network.cidr": "10.0.0.0/8"}, "dkms:network.cidr: 10.0.0.0/8 is too large; give /16 to /20"),
        (
            {"dkms:network": {**EXISTING, "cidr": "10.0.0.0/16"}},
            "dkms:network: cidr beside vpcId, subnets; a network is either new, by zones, cidr and nat, or one that "
            "exists, by vpcId and subnets",
        ),
        (
            {"dkms:network": {"vpcId": "vpc-1", "subnets": {"cn-north-1a": {"private": "subnet-1"}}}},
            "dkms:network.subnets: 1 zone; give two or more, as an ALB and EKS need at least two",
        ),
        (
            {"dkms:network": {"vpcId": "dkms", "subnets": EXISTING["subnets"]}},
            "dkms:network.vpcId: dkms is not the id of a VPC, such as vpc-0a1b2c3d",
        ),
        ({"dkms:network": {"subnets": EXISTING["subnets"]}}, "dkms:network.vpcId: is missing (id of the VPC)"),
        (
            {
                "dkms:network": {
                    "vpcId": "vpc-1",
                    "subnets": {"cn-north-1a": {"private": "subnet-1"}, "cn-northwest-1b": {"private": "subnet-1"}},
                }
            },
            "dkms:network.subnets: subnet-1 is there twice; name it once",
        ),
        (
            {"dkms:network": EXISTING, "dkms:entry.scheme": "internet-facing"},
            "dkms:network.subnets.cn-north-1a.public: is missing; an internet-facing entry needs it in each "
            "zone\n"
            "dkms:network.subnets.cn-north-1b.public: is missing; an internet-facing entry needs it in each "
            "zone",
        ),
        ({"dkms:network": "default"}, "dkms:network: default is not a mapping; write {key: value}"),
    ],
)
def test_an_entry_or_network_that_cannot_be_built_is_refused(changes: dict[str, object], expected: str) -> None:
    with pytest.raises(ConfigError) as error:
        parse(settings(changes), "Pulumi.test.yaml")
    assert str(error.value).replace("Pulumi.test.yaml: ", "") == expected
    assert str(error.value).count("Pulumi.test.yaml: ") == len(expected.splitlines())
