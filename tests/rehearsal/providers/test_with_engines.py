"""A program with all three providers, from its creation to its end, on both engines: the real one is the judge."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from rehearsal.aws import EmbeddedAws
from rehearsal.engine import EmbeddedEngine, Engine, Operation
from rehearsal.engine.real import PulumiEngine
from rehearsal.providers import Providers

from ..engine.harness import ENGINES

PROGRAM = Path(__file__).parent / "program"
CONFIG = {"aws:region": "cn-north-1"}
CHILDREN = {
    "aws:eks/accessEntry:AccessEntry blue-ops",
    "aws:eks/accessPolicyAssociation:AccessPolicyAssociation blue-ops-view",
    "aws:eks/addon:Addon blue-coredns",
    "aws:eks/addon:Addon blue-kube-proxy",
    "aws:eks/addon:Addon blue-vpc-cni",
    "aws:eks/cluster:Cluster blue-eksCluster",
    "aws:iam/role:Role blue-eksRole-role",
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment blue-eksRole-4b490823",
    "eks:index:ServiceRole blue-eksRole",
    "eks:index:VpcCniAddon blue-vpc-cni",
    "pulumi:providers:kubernetes blue-eks-k8s",
}
"""What pulumi-eks 4 makes under a cluster with these arguments, with its names."""


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest, providers: Providers) -> Iterator[Engine]:
    if request.param == "embedded":
        yield EmbeddedEngine("p", "s", PROGRAM, providers.packages)
    else:
        with PulumiEngine("p", "s", PROGRAM, providers.ports) as pulumi:
            yield pulumi


@pytest.mark.fact(50, 67)
def test_life_of_a_stack(engine: Engine, region: EmbeddedAws) -> None:
    calls = len(region.calls())
    previewed = engine.preview(CONFIG)
    assert previewed.error is None
    assert len(region.calls()) == calls

    created = engine.up(CONFIG)
    assert created.error is None
    assert {step.op for step in created.steps} == {Operation.CREATE}
    assert {step.urn for step in created.steps} == {step.urn for step in previewed.steps}
    under = "$eks:index:Cluster$"
    children = {f"{step.type} {step.name}" for step in created.steps if under in step.urn.replace("::eks:", "::$eks:")}
    assert children == CHILDREN

    cluster = region.client("eks").describe_cluster(name=created.outputs["clusterName"])["cluster"]
    assert cluster["tags"] == {"Name": "blue-eksCluster", "bluegreen:colour": "blue"}
    assert cluster["accessConfig"]["authenticationMode"] == "API"
    role = region.client("iam").get_role(RoleName=cluster["roleArn"].rpartition("/")[2])["Role"]
    assert role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] == {"Service": ["eks.amazonaws.com"]}
    assert created.outputs["version"] == "1.32"
    assert created.outputs["securityGroup"] == cluster["resourcesVpcConfig"]["clusterSecurityGroupId"]
    assert f"https://{created.outputs['issuer']}" == cluster["identity"]["oidc"]["issuer"]
    assert created.outputs["subnets"] == cluster["resourcesVpcConfig"]["subnetIds"]
    nodes = region.client("eks").describe_nodegroup(
        clusterName=cluster["name"], nodegroupName=created.outputs["nodes"]
    )["nodegroup"]
    assert (nodes["version"], nodes["scalingConfig"]["desiredSize"]) == ("1.32", 2)
    health = region.client("elbv2").describe_target_health(TargetGroupArn=created.outputs["targetGroup"])
    assert len(health["TargetHealthDescriptions"]) == 6

    calls = len(region.calls())
    assert Counter(step.op for step in engine.up(CONFIG).steps) == {Operation.SAME: len(created.steps)}
    assert len(region.calls()) == calls

    shifted = engine.up(CONFIG | {"p:weight": "50"})
    assert [step.name for step in shifted.steps if step.op == Operation.UPDATE] == ["alb"]
    assert [call.operation for call in region.calls(calls)] == ["ModifyListener"]

    calls = len(region.calls())
    assert engine.destroy().error is None
    ends = [call.operation for call in region.calls(calls)]
    assert ends.index("DeregisterTargets") < ends.index("DeleteNodegroup") < ends.index("DeleteCluster")
    assert ends.index("DeleteSubnet") < ends.index("DeleteVpc")
    assert not [call for call in region.calls(calls) if call.error]


OWN_ROLE = """
import pulumi, pulumi_aws as aws, pulumi_eks as eks

vpc = aws.ec2.Vpc("own", cidr_block="10.0.0.0/16")
subnets = [
    aws.ec2.Subnet(z, vpc_id=vpc.id, cidr_block=f"10.0.{i}.0/24", availability_zone=f"cn-north-1{z}").id
    for i, z in enumerate("ab")
]
role = aws.iam.Role("own", assume_role_policy="{}")
cluster = eks.Cluster(
    "own",
    service_role=role,
    vpc_id=vpc.id,
    private_subnet_ids=subnets,
    version="1.32",
    authentication_mode=eks.AuthenticationMode.API,
    skip_default_node_group=True,
    skip_default_security_groups=True,
    use_default_vpc_cni=True,
    kube_proxy_addon_options=eks.KubeProxyAddonOptionsArgs(enabled=False),
)
pulumi.export("cluster", cluster.eks_cluster.name)
pulumi.export("given", role.arn)
pulumi.export("returned", cluster.core.cluster_iam_role.arn)
"""


@pytest.mark.fact(67)
def test_a_cluster_takes_a_role_of_the_program(providers: Providers, region: EmbeddedAws, tmp_path: Path) -> None:
    (tmp_path / "__main__.py").write_text(OWN_ROLE)
    engine = EmbeddedEngine("p", "own", tmp_path, providers.packages)
    assert engine.preview(CONFIG).error is None
    created = engine.up(CONFIG)
    assert created.error is None
    cluster = region.client("eks").describe_cluster(name=created.outputs["cluster"])["cluster"]
    assert cluster["roleArn"] == created.outputs["given"] == created.outputs["returned"]
    assert region.client("eks").list_addons(clusterName=cluster["name"])["addons"] == []
    assert engine.destroy().error is None
