"""The stand-in for the AWS Load Balancer Controller of each cluster."""

from components.tags import COLOUR_LABEL
from rehearsal.providers.errors import ProviderError
from rehearsal.providers.kubernetes.cluster import Cluster, ClusterName, Key
from rehearsal.providers.kubernetes.held import Held, Target
from rehearsal.providers.kubernetes.pods import Pods, Region
from rehearsal.providers.values import Props

__all__ = ["BINDING", "RELEASE", "SERVICE", "Controller", "admit"]

BINDING, RELEASE, SERVICE = "TargetGroupBinding", "Release", "Service"
_CHART = "aws-load-balancer-controller"
_IMMUTABLE = ("targetGroupARN", "targetType")


def admit(kind: str, old: Props, new: Props) -> None:
    """Refuse a change as the controller's webhook does.

    Raises ProviderError where a binding would point at another target group.
    """
    before, after = old.get("spec", {}), new.get("spec", {})
    if kind == BINDING and any(before.get(key) != after.get(key) for key in _IMMUTABLE):
        raise ProviderError(
            "admission webhook denied the request: TargetGroupBinding update may not mutate these fields:"
            f" {', '.join(f'spec.{key}' for key in _IMMUTABLE)}; replace the binding"
        )


class Controller:
    """Brings target groups in line with the bindings of a cluster, where its Helm release is installed.

    It makes two mutating calls and no other, RegisterTargets and DeregisterTargets, which is what the
    program's IAM policy allows. Pods are registered by their addresses (`targetType: ip`).
    """

    def __init__(self, region: Region, held: Held) -> None:
        self._region = region
        self._pods = Pods(region, held)
        self._registered = held.registered

    def reconcile(self, cluster: Cluster) -> None:
        """Act on what the cluster holds now, after one of its objects came, changed or went.

        Raises ProviderError where a registered binding went and no controller is left to take its targets out: its
        finalizer `elbv2.k8s.aws/resources` keeps it for good.
        """
        services = cluster.of_kind(SERVICE)
        for key, service in services.items():
            colour = service.get("metadata", {}).get("labels", {}).get(COLOUR_LABEL, "none")
            self._pods.run(cluster.name, key, set(_ports(service).values()), colour)
        self._fill(cluster)
        self._pods.keep(cluster.name, services)

    def _fill(self, cluster: Cluster) -> None:
        bindings = cluster.of_kind(BINDING)
        gone = [key for name, key in self._registered if name == cluster.name and key not in bindings]
        if not any(_installs_controller(release) for release in cluster.of_kind(RELEASE).values()):
            if gone:
                raise ProviderError(
                    f"{BINDING} {gone[0].id}: its finalizer waits for the Load Balancer Controller, which is"
                    " no longer installed; delete bindings before the controller's release"
                )
            return
        for key in gone:
            self._register(cluster.name, key, self._registered[cluster.name, key][0], frozenset())
        for key, binding in bindings.items():
            wanted = self._targets(cluster, key, binding)
            self._register(cluster.name, key, binding["spec"]["targetGroupARN"], wanted)

    def _targets(self, cluster: Cluster, key: Key, binding: Props) -> frozenset[Target]:
        reference = binding["spec"]["serviceRef"]
        service = Key(SERVICE, key.namespace, reference["name"])
        ports = _ports(cluster.objects.get(service, {}))
        if reference["port"] not in ports:
            return frozenset()
        pods = self._pods.on(cluster.name, service, ports[reference["port"]])
        return frozenset((pod.ip, pod.port) for pod in pods)

    def _register(self, cluster: ClusterName, key: Key, arn: str, wanted: frozenset[Target]) -> None:
        _, present = self._registered.get((cluster, key), ("", frozenset[Target]()))
        elb = self._region.client("elbv2")
        if wanted - present:
            elb.register_targets(TargetGroupArn=arn, Targets=_calls(wanted - present))
        if present - wanted:
            elb.deregister_targets(TargetGroupArn=arn, Targets=_calls(present - wanted))
        if wanted:
            self._registered[cluster, key] = arn, wanted
        else:
            self._registered.pop((cluster, key), None)


def _installs_controller(release: Props) -> bool:
    return release["chart"].rpartition("/")[2] == _CHART


def _ports(service: Props) -> dict[int | str, int]:
    """Tell for each port of a Service, by its number and its name, the port of its pods."""
    ports: dict[int | str, int] = {}
    for port in service.get("spec", {}).get("ports", ()):
        target = port.get("targetPort", port["port"])
        if not isinstance(target, int):
            raise ProviderError(f"Service: targetPort {target!r}: the rehearsal knows its pods' ports by number")
        ports |= {port["port"]: target} | ({port["name"]: target} if "name" in port else {})
    return ports


def _calls(targets: frozenset[Target]) -> list[dict[str, str | int]]:
    return [{"Id": ip, "Port": port} for ip, port in sorted(targets)]
