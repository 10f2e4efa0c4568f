import json
from functools import cache
from typing import Any

import pulumi
import pytest

from components.cluster import ClusterPlacement, EksCluster, ServiceCluster
from components.eks_versions import addon_versions, known_versions
from components.model import Cluster, Controller, NodeGroup, Service
from components.network import Network
from components.network_model import NewNetwork
from tests.components.sample import part
from tests.recording import Recording, record

PLACEMENT = ClusterPlacement(region="cn-north-1", vpc_id="vpc-1", private_subnet_ids=["subnet-1", "subnet-2"])
GROUPS = {"dkms": "arn:tg/dkms", "keys": "arn:tg/keys"}
OWN = [
    ("Addon", "dkms-blue-coredns"),
    ("Addon", "dkms-blue-eks-pod-identity-agent"),
    ("Cluster", "dkms-blue"),
    ("ManagedNodeGroup", "dkms-blue"),
    ("Role", "dkms-blue-nodes"),
    ("RolePolicyAttachment", "dkms-blue-AmazonEC2ContainerRegistryReadOnly"),
    ("RolePolicyAttachment", "dkms-blue-AmazonEKSWorkerNodePolicy"),
    ("RolePolicyAttachment", "dkms-blue-AmazonEKS_CNI_Policy"),
]


def eks_cluster(**given: Any) -> Recording:
    return record(lambda: EksCluster("dkms-blue", Cluster(**{"version": "1.33"} | given), PLACEMENT))


@cache
def service_cluster(existing: str | None = None, *, preview: bool = False) -> Recording:
    def program() -> None:
        ServiceCluster(
            "dkms-blue",
            Cluster(existing=existing) if existing else Cluster(version="1.33"),
            PLACEMENT,
            services={"dkms": Service(), "keys": Service(port=9000, paths=("/keys/*",), namespace="keys")},
            target_groups={name: pulumi.Output.from_input(arn) for name, arn in GROUPS.items()},
            alb_security_group_id="sg-alb",
            controller=Controller(),
        )

    return record(program, preview=preview, existing={"old": "1.30"})


def test_a_cluster_has_exactly_these_parts() -> None:
    recording = eks_cluster()
    assert recording.listing() == sorted([("EksCluster", "dkms-blue"), *OWN])
    assert recording.children(recording.one("EksCluster", "dkms-blue")) == sorted(OWN)


@pytest.mark.fact(65)
def test_a_cluster_is_private_and_takes_access_entries_only() -> None:
    cluster = eks_cluster().one("Cluster", "dkms-blue")
    assert cluster.remote
    expected = {
        "version": "1.33",
        "authenticationMode": "API",
        "createOidcProvider": False,
        "createInstanceRole": False,
        "skipDefaultNodeGroup": True,
        "skipDefaultSecurityGroups": True,
        "endpointPrivateAccess": True,
        "endpointPublicAccess": False,
        "vpcId": "vpc-1",
        "privateSubnetIds": ["subnet-1", "subnet-2"],
    }
    assert part(cluster.inputs, expected) == expected
    assert "publicAccessCidrs" not in cluster.inputs
    assert cluster.inputs["corednsAddonOptions"]["enabled"] is False  # an add-on of its own, once there are nodes


def test_the_api_opens_to_named_networks_only() -> None:
    cluster = eks_cluster(api_cidrs=("203.0.113.0/24",)).one("Cluster", "dkms-blue").inputs
    assert (cluster["endpointPublicAccess"], cluster["publicAccessCidrs"]) == (True, ["203.0.113.0/24"])


@pytest.mark.parametrize("version", known_versions())
@pytest.mark.fact(66)
def test_addons_are_pinned_to_the_version(version: str) -> None:
    recording, pinned = eks_cluster(version=version), addon_versions(version)
    cluster = recording.one("Cluster", "dkms-blue").inputs
    assert cluster["vpcCniOptions"]["addonVersion"] == pinned["vpc-cni"]
    assert cluster["kubeProxyAddonOptions"]["version"] == pinned["kube-proxy"]
    addons = {each.inputs["addonName"]: each.inputs["addonVersion"] for each in recording.of("Addon")}
    assert addons == {name: pinned[name] for name in ("coredns", "eks-pod-identity-agent")}


def test_configuration_can_pin_and_add_addons() -> None:
    recording = eks_cluster(addons={"vpc-cni": "v9", "coredns": "v8", "aws-ebs-csi-driver": "v7"})
    assert recording.one("Cluster", "dkms-blue").inputs["vpcCniOptions"]["addonVersion"] == "v9"
    addons = {each.inputs["addonName"]: each.inputs["addonVersion"] for each in recording.of("Addon")}
    assert addons["coredns"] == "v8"
    assert addons["aws-ebs-csi-driver"] == "v7"


def test_an_upgrade_changes_versions_in_place_and_nothing_else() -> None:
    old, new = eks_cluster(version="1.32"), eks_cluster(version="1.33")
    assert new.resources.keys() == old.resources.keys()
    assert new.changed_from(old) == {
        ("Cluster", "dkms-blue"): {"version", "kubeProxyAddonOptions"},
        ("ManagedNodeGroup", "dkms-blue"): {"version"},
        ("Addon", "dkms-blue-coredns"): {"addonVersion"},
    }


def test_nodes_stand_in_all_zones_with_the_roles_of_china() -> None:
    recording = eks_cluster(nodes=NodeGroup(instance_types=("m7i.large",), minimum=2, maximum=5, desired=4))
    nodes = recording.one("ManagedNodeGroup", "dkms-blue")
    assert nodes.inputs["subnetIds"] == ["subnet-1", "subnet-2"]
    assert nodes.inputs["version"] == "1.33"
    assert nodes.inputs["instanceTypes"] == ["m7i.large"]
    assert nodes.inputs["scalingConfig"] == {"minSize": 2, "maxSize": 5, "desiredSize": 4}
    assert nodes.inputs["ignoreScalingChanges"] is True
    trust = json.loads(recording.one("Role", "dkms-blue-nodes").inputs["assumeRolePolicy"])
    assert trust["Statement"][0]["Principal"] == {"Service": "ec2.amazonaws.com.cn"}
    attached = recording.of("RolePolicyAttachment")
    assert [each.inputs["policyArn"] for each in attached] == [
        "arn:aws-cn:iam::aws:policy/AmazonEC2ContainerRegistryReadOnly",
        "arn:aws-cn:iam::aws:policy/AmazonEKSWorkerNodePolicy",
        "arn:aws-cn:iam::aws:policy/AmazonEKS_CNI_Policy",
    ]
    assert all(recording.comes_before(each, nodes) for each in attached)
    assert all(recording.comes_before(nodes, addon) for addon in recording.of("Addon"))


def test_nodes_join_by_the_way_out_and_bindings_let_go_by_it() -> None:
    def program() -> None:
        network = Network("dkms", NewNetwork(zones=("cn-north-1a", "cn-north-1b")), {})
        placement = ClusterPlacement(
            region="cn-north-1", vpc_id=network.vpc_id, private_subnet_ids=network.private_subnet_ids, after=[network]
        )
        EksCluster("dkms-blue", Cluster(version="1.33"), placement)

    recording = record(program)
    cluster = recording.one("Cluster", "dkms-blue")
    routes = recording.of("Route") + recording.of("RouteTableAssociation")
    assert len(routes) == 3 + 4
    assert all(recording.comes_before(route, cluster) for route in routes)


def test_an_existing_cluster_is_looked_up_and_not_created() -> None:
    recording = record(lambda: EksCluster("dkms-blue", Cluster(existing="old"), PLACEMENT), existing={"old": "1.30"})
    assert recording.listing() == [("EksCluster", "dkms-blue")]
    assert recording.calls == (("aws:eks/getCluster:getCluster", {"name": "old"}),)
    outputs = recording.outputs[recording.one("EksCluster", "dkms-blue").urn]
    assert outputs == {"clusterName": "old", "version": "1.30"}


def test_an_existing_cluster_is_reached_by_a_kubeconfig_without_a_secret() -> None:
    kubeconfig = json.loads(service_cluster("old").one("kubernetes", "dkms-blue").inputs["kubeconfig"])
    assert kubeconfig["clusters"][0]["cluster"] == {
        "server": "https://old.eks.example",
        "certificate-authority-data": "Q0E=",
    }
    assert kubeconfig["users"][0]["user"]["exec"]["args"] == [
        "--region",
        "cn-north-1",
        "eks",
        "get-token",
        "--cluster-name",
        "old",
    ]
    assert kubeconfig["current-context"] == "old"


INSIDE = [
    ("TargetGroupBinding", "dkms-blue-dkms"),
    ("TargetGroupBinding", "dkms-blue-keys"),
    ("EksCluster", "dkms-blue"),
    ("LoadBalancerController", "dkms-blue"),
    ("Namespace", "dkms-blue-keys"),
    ("PodIdentityAssociation", "dkms-blue"),
    ("Policy", "dkms-blue"),
    ("Release", "dkms-blue"),
    ("Role", "dkms-blue"),
    ("RolePolicyAttachment", "dkms-blue"),
    ("SecurityGroupEgressRule", "dkms-blue-alb-to-pods-8080-out"),
    ("SecurityGroupEgressRule", "dkms-blue-alb-to-pods-9000-out"),
    ("SecurityGroupIngressRule", "dkms-blue-alb-to-pods-8080-in"),
    ("SecurityGroupIngressRule", "dkms-blue-alb-to-pods-9000-in"),
    ("Service", "dkms-blue-dkms"),
    ("Service", "dkms-blue-keys"),
    ("ServiceCluster", "dkms-blue"),
    ("kubernetes", "dkms-blue"),
]


def test_a_service_cluster_has_exactly_these_parts() -> None:
    assert service_cluster().listing() == sorted(INSIDE + OWN)


def test_on_an_existing_cluster_only_what_fills_target_groups_is_installed() -> None:
    assert service_cluster("old").listing() == sorted(INSIDE)


def test_a_preview_registers_the_same() -> None:
    assert service_cluster(preview=True).resources.keys() == service_cluster().resources.keys()
    assert service_cluster("old", preview=True).resources.keys() == service_cluster("old").resources.keys()


def test_pods_are_reached_from_the_alb_on_the_services_ports() -> None:
    recording = service_cluster()
    for port in (8080, 9000):
        arriving = recording.one("SecurityGroupIngressRule", f"dkms-blue-alb-to-pods-{port}-in").inputs
        leaving = recording.one("SecurityGroupEgressRule", f"dkms-blue-alb-to-pods-{port}-out").inputs
        assert (arriving["securityGroupId"], arriving["referencedSecurityGroupId"]) == ("sg-dkms-blue", "sg-alb")
        assert (leaving["securityGroupId"], leaving["referencedSecurityGroupId"]) == ("sg-alb", "sg-dkms-blue")
        assert arriving["fromPort"] == arriving["toPort"] == leaving["fromPort"] == leaving["toPort"] == port


@pytest.mark.fact(64)
def test_each_service_is_bound_to_its_target_group() -> None:
    recording = service_cluster()
    for name, namespace, port in (("dkms", "default", 8080), ("keys", "keys", 9000)):
        binding = recording.one("TargetGroupBinding", f"dkms-blue-{name}").inputs
        assert binding["apiVersion"] == "elbv2.k8s.aws/v1beta1"
        assert binding["metadata"] == {"name": name, "namespace": namespace}
        assert binding["spec"] == {
            "serviceRef": {"name": name, "port": 80},
            "targetGroupARN": f"arn:tg/{name}",
            "targetType": "ip",
        }
        served = recording.one("Service", f"dkms-blue-{name}").inputs
        assert served["metadata"] == {"name": name, "namespace": namespace}
        assert served["spec"]["selector"] == {"app.kubernetes.io/name": name}
        assert served["spec"]["ports"] == [{"name": "http", "port": 80, "targetPort": port}]


@pytest.mark.fact(64)
def test_pods_in_a_namespace_of_their_own_get_readiness_gates() -> None:
    (namespace,) = service_cluster().of("Namespace")
    assert namespace.inputs["metadata"] == {
        "name": "keys",
        "labels": {"elbv2.k8s.aws/pod-readiness-gate-inject": "enabled"},
    }


def test_the_controller_comes_after_its_identity_and_what_runs_it() -> None:
    recording = service_cluster()
    release = recording.one("Release", "dkms-blue")
    for kind, name in (
        ("PodIdentityAssociation", "dkms-blue"),
        ("RolePolicyAttachment", "dkms-blue"),
        ("ManagedNodeGroup", "dkms-blue"),
        ("Addon", "dkms-blue-coredns"),
        ("Addon", "dkms-blue-eks-pod-identity-agent"),
    ):
        assert recording.comes_before(recording.one(kind, name), release), kind


def test_a_binding_comes_after_the_controller_its_service_and_its_namespace() -> None:
    recording = service_cluster()
    for name in ("dkms", "keys"):
        binding = recording.one("TargetGroupBinding", f"dkms-blue-{name}")
        assert recording.comes_before(recording.one("Release", "dkms-blue"), binding)
        assert recording.comes_before(recording.one("Service", f"dkms-blue-{name}"), binding)
    namespace = recording.one("Namespace", "dkms-blue-keys")
    assert recording.comes_before(namespace, recording.one("Service", "dkms-blue-keys"))


def test_everything_in_the_cluster_goes_through_its_own_provider() -> None:
    recording = service_cluster()
    provider = recording.one("kubernetes", "dkms-blue")
    inside = [each for each in recording.resources.values() if each.type.startswith("kubernetes:")]
    assert len(inside) == 1 + 1 + 2 + 2
    assert {each.provider.rpartition("::")[0] for each in inside} == {provider.urn}
    assert provider.inputs["kubeconfig"] == '{"cluster":"dkms-blue"}'
