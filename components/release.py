"""A release of the services in the cluster of the other colour."""

from collections.abc import Mapping

import pulumi

from components.cluster import ClusterPlacement, ServiceCluster, bind
from components.controller import allow_to_fill
from components.model import Service
from components.security import allow
from components.traffic import Colour

__all__ = ["ServiceRelease"]


class ServiceRelease(pulumi.ComponentResource):
    """A colour without a cluster: its Services and bindings stand beside those of the colour whose cluster it is.

    They find pods by names of their own, so nothing of the other release changes when this one comes or goes. What
    lets the controller fill its target groups is its own too, and goes after its bindings: without it their targets
    could not be taken out, and their finalizers would wait for ever.
    """

    def __init__(
        self,
        name: str,
        colour: Colour,
        host: ServiceCluster,
        placement: ClusterPlacement,
        *,
        services: Mapping[str, Service],
        target_groups: Mapping[str, pulumi.Output[str]],
        alb_security_group_id: pulumi.Input[str] | None,
        protect: bool = True,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """No `alb_security_group_id` says that the ALB reaches the cluster's pods already: that of both colours."""
        super().__init__("bluegreen:index:ServiceRelease", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        if alb_security_group_id is not None:
            carries_traffic = pulumi.ResourceOptions(parent=self, protect=protect)
            for port in sorted({service.port for service in services.values()}):
                way = f"{name}-alb-to-pods"
                to = host.cluster.security_group_id
                allow(way, alb_security_group_id, to, port, placement.tags, carries_traffic)
        groups = [*target_groups.values()]
        filled = allow_to_fill(name, host.controller.role, groups, placement.tags, child)
        inside = pulumi.ResourceOptions(parent=self, provider=host.inside)
        for service_name, service in services.items():
            group = target_groups[service_name]
            bind(name, service_name, service, group, [filled, *host.ready], inside, protect=protect, beside=colour)
        self.register_outputs({"clusterName": host.cluster.cluster_name})
