"""A stack's chain of traffic as a mermaid flowchart, for a pull request or a page. Pure."""

from collections.abc import Mapping

from components.traffic import Colour
from infra.config import StackConfig, Topology

__all__ = ["mermaid"]


def mermaid(config: StackConfig, load_balancers: Mapping[str, str], versions: Mapping[str, str]) -> str:
    """Draw the chain as deployed: load balancers by DNS name, clusters by version, weights on the way.

    A dotted line carries nothing now; an operator's way to a colour is not drawn.
    """
    lines = ["flowchart LR", '  clients(["clients"]) --> dns']
    lines.append(f'  dns["Route 53<br/>{config.entry.host}"]')
    own_nlb = config.topology is Topology.ROUTE53
    shared_alb = config.topology is Topology.SHARED_ALB
    if not own_nlb:
        lines.append(f'  dns --> nlb["NLB<br/>{load_balancers["nlb"]}"]')
    if shared_alb:
        lines.append(f'  nlb --> alb["ALB<br/>{load_balancers["alb"]}"]')
    for colour in config.colours:
        way = _arrow(config, colour)
        if own_nlb:
            lines.append(f'  dns {way} nlb-{colour}["NLB<br/>{load_balancers[f"nlb-{colour}"]}"]')
        if shared_alb:
            lines.append(f"  alb {way} eks-{colour}")
        else:
            above = f"nlb-{colour} -->" if own_nlb else f"nlb {way}"
            lines.append(f'  {above} alb-{colour}["ALB<br/>{load_balancers[f"alb-{colour}"]}"]')
            lines.append(f"  alb-{colour} --> eks-{colour}")
        owner = config.clusters[colour].cluster_of
        whose = f" of {owner}" if owner else ""
        lines.append(f'  eks-{colour}["EKS {versions[colour]}{whose}<br/>{colour}"]:::{colour}')
    lines.append("  classDef blue fill:#cfe2ff,stroke:#084298,color:#000")
    lines.append("  classDef green fill:#d1e7dd,stroke:#0f5132,color:#000")
    return "\n".join(lines)


def _arrow(config: StackConfig, colour: Colour) -> str:
    weight = config.weights[colour]
    return f"-- {weight} % -->" if weight else "-. 0 % .->"
