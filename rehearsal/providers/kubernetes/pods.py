"""The team's pods: every Service of a cluster has some, with addresses in the cluster's subnets."""

import ipaddress
import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from rehearsal.oracle.state import Pod
from rehearsal.providers.aws.resource import Clients
from rehearsal.providers.kubernetes.cluster import ClusterName, Key
from rehearsal.providers.kubernetes.held import Held, Store

__all__ = ["PODS_PER_SERVICE", "Pods", "Region"]

PODS_PER_SERVICE = 6
"""A multiple of two and of three zones, so that the pods of a Service spread evenly."""

_FIRST_ADDRESS = 100  # within a subnet; those before are AWS's own and the load balancers'


class Region(Clients, Store, Protocol):
    """What the embedded AWS offers beyond AWS's API: pods in its VPCs, and what clusters hold."""

    def add_pods(self, pods: Iterable[Pod]) -> object:
        """Run pods."""

    def remove_pods(self, addresses: Iterable[str]) -> object:
        """Stop the pods at these addresses, `ip:port`."""


class Pods:
    """Starts and stops the pods of Services, with addresses that no other pod has."""

    def __init__(self, region: Region, held: Held) -> None:
        self._region, self._held = region, held
        self._running = held.running

    def run(self, cluster: ClusterName, service: Key, ports: Iterable[int], colour: str = "none") -> None:
        """Let the pods of a Service run on exactly these ports; without a colour they have their cluster's."""
        running = self._running.setdefault((cluster, service), {})
        wanted = set(ports)
        self._stop(itertools.chain.from_iterable(running.pop(port) for port in running.keys() - wanted))
        missing = sorted(wanted - running.keys())
        if missing:
            addresses = self._take(cluster)
            for port in missing:
                running[port] = [Pod(ip, port, cluster.name, colour) for ip in addresses]
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
        subnets: list[dict[str, str]] = self._region.client("ec2").describe_subnets(SubnetIds=ids)["Subnets"]
        return [self._next(subnet) for subnet in itertools.islice(itertools.cycle(subnets), PODS_PER_SERVICE)]

    def _next(self, subnet: Mapping[str, str]) -> str:
        had = self._held.addresses.get(subnet["SubnetId"], 0)
        self._held.addresses[subnet["SubnetId"]] = had + 1
        return str(ipaddress.ip_network(subnet["CidrBlock"])[_FIRST_ADDRESS + had])
