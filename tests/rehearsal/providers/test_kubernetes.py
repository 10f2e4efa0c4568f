"""Clusters in memory, and the stand-in for the Load Balancer Controller."""

import ipaddress
import json
from collections.abc import Iterator
from dataclasses import dataclass

import grpc
import pytest

from rehearsal.aws import EmbeddedAws
from rehearsal.providers import Providers
from rehearsal.providers.kubernetes.cluster import Key, cluster_of
from rehearsal.providers.kubernetes.held import load
from rehearsal.providers.kubernetes.pods import PODS_PER_SERVICE
from rehearsal.providers.values import Props

from .conftest import Network, new_cluster
from .driver import Instance, Resource, struct

NAMESPACE, SERVICE = "kubernetes:core/v1:Namespace", "kubernetes:core/v1:Service"
BINDING, RELEASE = "kubernetes:elbv2.k8s.aws/v1beta1:TargetGroupBinding", "kubernetes:helm.sh/v3:Release"
CONTROLLER = {
    "name": "lbc",
    "namespace": "kube-system",
    "chart": "aws-load-balancer-controller",
    "version": "3.0.0",
    "values": {"replicaCount": 2},
}


def kubeconfig(cluster: Resource) -> str:
    get_token = {"command": "aws", "args": ["eks", "get-token", "--cluster-name", cluster.id]}
    return json.dumps(
        {
            "current-context": "aws",
            "contexts": [{"name": "aws", "context": {"cluster": "c", "user": "u"}}],
            "clusters": [{"name": "c", "cluster": {"server": cluster.state["endpoint"]}}],
            "users": [{"name": "u", "user": {"exec": get_token}}],
        }
    )


@dataclass(frozen=True)
class Inside:
    """A cluster of its own, seen through a provider instance, and a target group for it."""

    region: EmbeddedAws
    cluster: Resource
    instance: Instance
    group: str

    def service(self, **inputs: object) -> Resource:
        return self.instance.create(SERVICE, "s", **self.service_inputs() | inputs)

    def service_inputs(self, port: int = 8080) -> Props:
        metadata = {"name": "dkms", "namespace": "dkms"}
        return {"metadata": metadata, "spec": {"ports": [{"name": "http", "port": 80, "targetPort": port}]}}

    def binding_inputs(self, port: int | str = 80) -> Props:
        spec = {"serviceRef": {"name": "dkms", "port": port}, "targetGroupARN": self.group, "targetType": "ip"}
        return {
            "apiVersion": "elbv2.k8s.aws/v1beta1",
            "kind": "TargetGroupBinding",
            "metadata": {"name": "dkms", "namespace": "dkms"},
            "spec": spec,
        }

    def bind(self) -> Resource:
        return self.instance.create(BINDING, "b", **self.binding_inputs())

    def install(self) -> Resource:
        return self.instance.create(RELEASE, "r", **CONTROLLER)

    def targets(self, *, state: str | None = None) -> list[tuple[str, int]]:
        described = self.region.client("elbv2").describe_target_health(TargetGroupArn=self.group)
        return [
            (item["Target"]["Id"], item["Target"]["Port"])
            for item in described["TargetHealthDescriptions"]
            if (item["TargetHealth"]["State"] == "draining") == (state == "draining")
        ]


@pytest.fixture
def inside(
    region: EmbeddedAws, providers: Providers, aws: Instance, network: Network, role: Resource
) -> Iterator[Inside]:
    cluster = new_cluster(aws, network, role, "inside")
    inputs = {"port": 80, "protocol": "HTTP", "targetType": "ip", "vpcId": network.vpc}
    group = aws.create("aws:lb/targetGroup:TargetGroup", "bound", **inputs)
    instance = Instance(providers.ports["kubernetes"], kubeconfig=kubeconfig(cluster))
    yield Inside(region, cluster, instance, group.id)
    instance.close()


class TestController:
    @pytest.mark.fact(61)
    def test_a_binding_registers_the_pods_of_its_service(self, inside: Inside, region: EmbeddedAws) -> None:
        inside.install()
        inside.service()
        since = len(region.calls())
        inside.bind()
        targets = inside.targets()
        assert len(set(targets)) == PODS_PER_SERVICE
        assert {port for _, port in targets} == {8080}
        zones = [ip.rpartition(".")[0] for ip, _ in targets]
        assert sorted(zones) == ["10.0.0", "10.0.0", "10.0.1", "10.0.1", "10.0.2", "10.0.2"]
        assert [call.operation for call in region.calls(since)] == ["RegisterTargets"]
        pods = region.snapshot().pods
        assert {pods[f"{ip}:{port}"].cluster for ip, port in targets} == {inside.cluster.id}
        assert {pods[f"{ip}:{port}"].colour for ip, port in targets} == {"blue"}

    def test_the_order_of_arrival_does_not_matter(self, inside: Inside) -> None:
        inside.bind()
        assert inside.targets() == []
        inside.service()
        assert inside.targets() == []
        inside.install()
        assert len(inside.targets()) == PODS_PER_SERVICE

    def test_another_chart_is_no_controller(self, inside: Inside) -> None:
        inside.instance.create(RELEASE, "r", **CONTROLLER | {"chart": "argo-cd"})
        inside.service()
        inside.bind()
        assert inside.targets() == []

    def test_a_port_by_name(self, inside: Inside) -> None:
        inside.install()
        inside.service()
        inside.instance.create(BINDING, "b", **inside.binding_inputs(port="http"))
        assert len(inside.targets()) == PODS_PER_SERVICE

    @pytest.mark.fact(62)
    def test_deleting_a_binding_deregisters(self, inside: Inside, region: EmbeddedAws) -> None:
        inside.install()
        service = inside.service()
        binding = inside.bind()
        pods = inside.targets()
        since = len(region.calls())
        binding.delete()
        assert inside.targets() == []
        assert [call.operation for call in region.calls(since)] == ["DeregisterTargets"]
        running = region.snapshot().pods
        assert all(f"{ip}:{port}" in running for ip, port in pods)  # they are the team's, and still drain
        service.delete()
        assert not any(f"{ip}:{port}" in region.snapshot().pods for ip, port in pods)

    def test_a_service_that_goes_first_empties_the_group(self, inside: Inside) -> None:
        inside.install()
        service = inside.service()
        inside.bind()
        service.delete()
        assert inside.targets() == []

    def test_another_port_of_the_pods(self, inside: Inside) -> None:
        inside.install()
        service = inside.service()
        inside.bind()
        service.update(**inside.service_inputs(port=9090))
        assert {port for _, port in inside.targets()} == {9090}

    def test_without_the_controller_a_binding_stays(self, inside: Inside) -> None:
        release = inside.install()
        inside.service()
        binding = inside.bind()
        release.delete()
        assert len(inside.targets()) == PODS_PER_SERVICE
        with pytest.raises(grpc.RpcError, match="its finalizer waits for the Load Balancer Controller"):
            binding.delete()
        assert binding.read() is not None
        inside.install()
        binding.delete()
        assert inside.targets() == []

    @pytest.mark.fact(61)
    def test_a_binding_keeps_its_target_group(self, inside: Inside) -> None:
        binding = inside.bind()
        moved = inside.binding_inputs()
        moved["spec"] |= {"targetGroupARN": "arn:aws-cn:elasticloadbalancing:cn-north-1:123456789012:targetgroup/x/1"}
        with pytest.raises(grpc.RpcError, match=r"may not mutate these fields: spec\.targetGroupARN"):
            binding.update(**moved)

    def test_what_aws_refuses_changes_nothing(self, inside: Inside) -> None:
        inside.install()
        inside.service()
        bad = inside.binding_inputs()
        bad["spec"] |= {"targetGroupARN": "arn:aws-cn:elasticloadbalancing:cn-north-1:123456789012:targetgroup/x/1"}
        with pytest.raises(grpc.RpcError, match="TargetGroupNotFound"):
            inside.instance.create(BINDING, "b", **bad)
        inside.bind()
        assert len(inside.targets()) == PODS_PER_SERVICE

    @pytest.mark.fact(63)
    def test_a_cluster_deleted_with_its_bindings_leaves_dead_targets(self, inside: Inside, region: EmbeddedAws) -> None:
        inside.install()
        inside.service()
        binding = inside.bind()
        targets = inside.targets()
        inside.cluster.delete()
        assert inside.targets() == targets
        assert not any(f"{ip}:{port}" in region.snapshot().pods for ip, port in targets)
        with pytest.raises(grpc.RpcError, match="configured Kubernetes cluster is unreachable"):
            binding.delete()


class TestObjects:
    def test_life_of_a_release(self, inside: Inside) -> None:
        release = inside.install()
        assert release.id == "kube-system/lbc"
        assert release.state["status"]["revision"] == 1
        assert release.diff(**CONTROLLER).changed == []
        newer = CONTROLLER | {"version": "3.1.0"}
        assert release.diff(**newer).paths == {"version": "UPDATE"}
        assert release.update(**newer)["status"] == {
            "chart": "aws-load-balancer-controller",
            "name": "lbc",
            "namespace": "kube-system",
            "revision": 2,
            "status": "deployed",
            "version": "3.1.0",
        }
        assert release.diff(**newer | {"namespace": "other"}).replaces == ["name", "namespace"]
        release.delete()
        assert release.read() is None

    def test_life_of_a_namespace(self, inside: Inside) -> None:
        namespace = inside.instance.resource(NAMESPACE, "n")
        state = namespace.create()
        assert namespace.id == state["metadata"]["name"]
        assert state["metadata"]["name"].startswith("n-")
        assert namespace.diff().changed == []
        assert namespace.read() == namespace.inputs
        labelled = {"metadata": {"labels": {"elbv2.k8s.aws/pod-readiness-gate-inject": "enabled"}}}
        diff = namespace.diff(**labelled)
        assert (diff.changed, diff.replaces) == (["metadata"], [])
        assert namespace.update(**labelled)["metadata"]["uid"] == state["metadata"]["uid"]
        assert namespace.diff(metadata={"name": "mine"}).replaces == ["metadata.name", "metadata.namespace"]
        namespace.delete()
        assert namespace.read() is None

    @pytest.mark.fact(68)
    @pytest.mark.parametrize(("option", "replaces"), [({}, ["stringData"]), ({"enableSecretMutable": "true"}, [])])
    def test_a_secret_changes_in_place_only_where_its_provider_is_told_so(
        self, inside: Inside, providers: Providers, option: Props, replaces: list[str]
    ) -> None:
        instance = Instance(providers.ports["kubernetes"], kubeconfig=kubeconfig(inside.cluster), **option)
        secret = instance.create("kubernetes:core/v1:Secret", "s", stringData={"server": "https://one.example"})
        assert secret.diff(stringData={"server": "https://two.example"}).replaces == replaces
        labelled = {"metadata": {"labels": {"team": "dkms"}}, "stringData": {"server": "https://one.example"}}
        assert (secret.diff(**labelled).changed, secret.diff(**labelled).replaces) == (["metadata"], [])
        assert secret.diff(stringData={"server": "https://one.example"}).changed == []
        instance.close()

    def test_one_name_is_one_object(self, inside: Inside) -> None:
        inside.service()
        with pytest.raises(grpc.RpcError, match="Service dkms/dkms already exists"):
            inside.service()

    def test_a_preview_touches_no_cluster(self, providers: Providers) -> None:
        instance = Instance(providers.ports["kubernetes"])  # its kubeconfig is not known yet
        state = instance.resource(SERVICE, "s").preview(spec={"ports": [{"port": 80}]})
        assert state["metadata"]["name"].startswith("s-")
        instance.close()

    def test_a_kind_that_is_not_modelled(self, inside: Inside) -> None:
        with pytest.raises(grpc.RpcError, match="Deployment: the rehearsal does not model"):
            inside.instance.resource("kubernetes:apps/v1:Deployment", "d").check()


class TestInstances:
    def test_each_connection_has_its_cluster(
        self, inside: Inside, providers: Providers, aws: Instance, network: Network, role: Resource
    ) -> None:
        other = new_cluster(aws, network, role, "other")
        second = Instance(providers.ports["kubernetes"], kubeconfig=kubeconfig(other))
        inside.service()
        assert second.create(SERVICE, "s", **inside.service_inputs()).id == "dkms/dkms"
        second.close()

    def test_a_cluster_outlives_its_connections(self, inside: Inside, providers: Providers) -> None:
        made = inside.service()
        later = Instance(providers.ports["kubernetes"], kubeconfig=kubeconfig(inside.cluster))
        again = later.resource(SERVICE, "s")
        again.adopt(made.id)
        assert again.state["metadata"]["uid"] == made.state["metadata"]["uid"]
        later.close()

    def test_another_cluster_is_another_provider(
        self, inside: Inside, aws: Instance, network: Network, role: Resource
    ) -> None:
        from pulumi.runtime.proto import provider_pb2

        other = new_cluster(aws, network, role, "other")
        config = kubeconfig(inside.cluster)
        for now, replaces in {kubeconfig(other): ["kubeconfig"], config + " ": [], config: []}.items():
            request = provider_pb2.DiffRequest(
                old_inputs=struct({"kubeconfig": config}), news=struct({"kubeconfig": now})
            )
            reply = inside.instance.stub.DiffConfig(request)
            assert (list(reply.replaces), list(reply.diffs)) == (replaces, ["kubeconfig"] if now != config else [])

    def test_a_kubeconfig_of_something_else(self, providers: Providers) -> None:
        with pytest.raises(grpc.RpcError, match="must get a token by `aws eks get-token --cluster-name NAME`"):
            Instance(providers.ports["kubernetes"], kubeconfig="clusters: []")


def test_addresses_are_the_subnets_own(inside: Inside) -> None:
    inside.install()
    inside.service()
    inside.bind()
    vpc = ipaddress.ip_network("10.0.0.0/16")
    assert all(ipaddress.ip_address(ip) in vpc for ip, _ in inside.targets())


def test_what_a_cluster_holds_outlives_the_provider_that_was_killed(inside: Inside, region: EmbeddedAws) -> None:
    inside.install()
    inside.service()
    binding = inside.bind()
    targets = inside.targets()
    with Providers(region) as others:
        instance = Instance(others.ports["kubernetes"], kubeconfig=kubeconfig(inside.cluster))
        again = instance.resource(BINDING, "b")
        with pytest.raises(grpc.RpcError, match="dkms already exists in cluster"):
            again.create(**inside.binding_inputs())
        assert inside.targets() == targets
        again.id, again.state = binding.id, binding.state
        again.delete()
        instance.close()
    assert inside.targets() == []


def test_what_a_controller_was_killed_at_it_does_when_a_provider_next_connects(
    inside: Inside, providers: Providers, region: EmbeddedAws
) -> None:
    inside.install()
    inside.service()
    region.keep_checkpoints(on=True)
    inside.bind()
    last = region.calls()[-1]
    assert last.operation == "RegisterTargets"
    registered = next(each for each in region.keep_checkpoints(on=False) if each.call == last.number)
    region.restore(registered)  # the call took effect; whoever made it never heard of it
    instance = Instance(providers.ports["kubernetes"], kubeconfig=kubeconfig(inside.cluster))
    assert len(inside.targets()) == PODS_PER_SERVICE
    assert load(region).registered[cluster_of(kubeconfig(inside.cluster)), Key("TargetGroupBinding", "dkms", "dkms")]
    instance.close()
    region.forget(registered)
