"""The team's pods: every Service of a cluster has some, with addresses in the cluster's subnets."""

import ipaddress
import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from rehearsal.oracle.state import Pod
from rehearsal.providers.aws.resource import Clients
from rehearsal.providers.kubernetes.cluster import ClusterName, Key

__all__ = ["PODS_PER_SERVICE", "Pods", "Region"]

PODS_PER_SERVICE = 6
"""A multiple of two and of three zones, so that the pods of a Service spread evenly."""

_FIRST_ADDRESS = 100  # within a subnet; those before are AWS's own and the load balancers'


class Region(Clients, Protocol):
    """What the embedded AWS offers beyond AWS's API: pods in its VPCs."""

    def add_pods(self, pods: Iterable[Pod]) -> object:
        """Run pods."""

    def remove_pods(self, addresses: Iterable[str]) -> object:
        """Stop the pods at these addresses, `ip:port`."""


class Pods:
    """Starts and stops the pods of Services, with addresses that no other pod has."""

    def __init__(self, region: Region) -> None:
        self._region = region
        self._running: dict[tuple[ClusterName, Key], dict[int, list[Pod]]] = {}
        self._addresses: dict[str, Iterator[str]] = {}

    def run(self, cluster: ClusterName, service: Key, ports: Iterable[int]) -> None:
        """Let the pods of a Service run on exactly these ports."""
        running = self._running.setdefault((cluster, service), {})
        wanted = set(ports)
        self._stop(itertools.chain.from_iterable(running.pop(port) for port in running.keys() - wanted))
        missing = sorted(wanted - running.keys())
        if missing:
            addresses = self._take(cluster)
            for port in missing:
                running[port] = [Pod(ip, port, cluster.name, "none") for ip in addresses]
            self._region.add_pods(itertools.chain.from_iterable(running[port] for port in missing))

    def on(self, cluster: ClusterName, service: Key, port: int) -> Sequence[Pod]:
        """List the pods of a Service on a port."""
        return self._running.get((cluster, service), {}).get(port, ())

    def keep(self, cluster: ClusterName, services: Iterable[Key]) -> None:
        """Stop the pods of all other Services of the cluster."""
        kept = set(services)
        for owner in [owner for owner in self._running if owner[0] == cluster and owner[1] not in kept]:
            self._stop(itertools.chain.from_iterable(self._running.pop(owner).values()))

    def _stop(self, pods: Iterable[Pod]) -> None:
        addresses = [pod.address for pod in pods]
        if addresses:
            self._region.remove_pods(addresses)

    def _take(self, cluster: ClusterName) -> list[str]:
        """Choose addresses, in turn from each of the cluster's subnets."""
        described = self._region.client("eks").describe_cluster(name=cluster.name)["cluster"]
        ids = described["resourcesVpcConfig"]["subnetIds"]
        subnets = self._region.client("ec2").describe_subnets(SubnetIds=ids)["Subnets"]
        free = [self._addresses.setdefault(subnet["SubnetId"], _hosts(subnet["CidrBlock"])) for subnet in subnets]
        turns = itertools.islice(itertools.cycle(free), PODS_PER_SERVICE)
        return [next(turn) for turn in turns]


def _hosts(cidr: str) -> Iterator[str]:
    network = ipaddress.ip_network(cidr)
    return (str(network[offset]) for offset in range(_FIRST_ADDRESS, network.num_addresses - 1))
