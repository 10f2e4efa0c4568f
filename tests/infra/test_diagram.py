import pytest

from infra.diagram import mermaid
from tests.infra.settings import config

CLASSES = """
  classDef blue fill:#cfe2ff,stroke:#084298,color:#000
  classDef green fill:#d1e7dd,stroke:#0f5132,color:#000"""
ROUTE53 = """flowchart LR
  clients(["clients"]) --> dns
  dns["Route 53<br/>dkms.example.cn"]
  dns -- 90 % --> nlb-blue["NLB<br/>nlb-blue.elb"]
  nlb-blue --> alb-blue["ALB<br/>alb-blue.elb"]
  alb-blue --> eks-blue
  eks-blue["EKS 1.30<br/>blue"]:::blue
  dns -- 10 % --> nlb-green["NLB<br/>nlb-green.elb"]
  nlb-green --> alb-green["ALB<br/>alb-green.elb"]
  alb-green --> eks-green
  eks-green["EKS 1.33<br/>green"]:::green"""
SHARED_NLB = """flowchart LR
  clients(["clients"]) --> dns
  dns["Route 53<br/>dkms.example.cn"]
  dns --> nlb["NLB<br/>nlb.elb"]
  nlb -- 90 % --> alb-blue["ALB<br/>alb-blue.elb"]
  alb-blue --> eks-blue
  eks-blue["EKS 1.30<br/>blue"]:::blue
  nlb -- 10 % --> alb-green["ALB<br/>alb-green.elb"]
  alb-green --> eks-green
  eks-green["EKS 1.33<br/>green"]:::green"""
SHARED_ALB = """flowchart LR
  clients(["clients"]) --> dns
  dns["Route 53<br/>dkms.example.cn"]
  dns --> nlb["NLB<br/>nlb.elb"]
  nlb --> alb["ALB<br/>alb.elb"]
  alb -- 90 % --> eks-blue
  eks-blue["EKS 1.30<br/>blue"]:::blue
  alb -- 10 % --> eks-green
  eks-green["EKS 1.33<br/>green"]:::green"""


class Hosts(dict[str, str]):
    """Every load balancer's DNS name says its place."""

    def __missing__(self, place: str) -> str:
        return f"{place}.elb"


VERSIONS = {"blue": "1.30", "green": "1.33"}


@pytest.mark.parametrize(
    ("topology", "expected"), [("route53", ROUTE53), ("shared-nlb", SHARED_NLB), ("shared-alb", SHARED_ALB)]
)
def test_the_chain_with_both_colours(topology: str, expected: str) -> None:
    split = {"dkms:topology": topology, "dkms:weightedNlb": True, "dkms:weights": {"blue": 90, "green": 10}}
    assert mermaid(config(split), Hosts(), VERSIONS) == expected + CLASSES


def test_what_carries_nothing_is_dotted() -> None:
    lines = mermaid(config({"dkms:active": "green"}), Hosts(), VERSIONS).splitlines()
    assert '  nlb -. 0 % .-> alb-blue["ALB<br/>alb-blue.elb"]' in lines
    assert '  nlb -- 100 % --> alb-green["ALB<br/>alb-green.elb"]' in lines
