"""What a program notices of the `aws` provider besides the life of a resource."""

import grpc
import pytest
from pulumi.runtime.rpc import UNKNOWN

from rehearsal.aws import EmbeddedAws

from .conftest import Network
from .driver import Instance, Resource, trust

VPC, LB = "aws:ec2/vpc:Vpc", "aws:lb/loadBalancer:LoadBalancer"
GROUP, RECORD = "aws:lb/targetGroup:TargetGroup", "aws:route53/record:Record"


class TestNames:
    def test_seven_digits_from_the_seed(self, aws: Instance) -> None:
        group = aws.resource(GROUP, "dkms-blue", seed=b"one")
        name = group.check(port=80)["name"]
        assert name.startswith("dkms-blue-")
        assert len(name) == len("dkms-blue-") + 7
        assert group.check(port=80)["name"] == name
        assert aws.resource(GROUP, "dkms-blue", seed=b"two").check(port=80)["name"] != name

    def test_a_made_up_name_stays(self, aws: Instance) -> None:
        group = aws.resource(GROUP, "g")
        group.inputs = group.check(port=80)
        assert group.check(port=81)["name"] == group.inputs["name"]

    def test_a_given_name_that_is_taken_away_is_made_up(self, aws: Instance) -> None:
        group = aws.resource(GROUP, "g")
        group.inputs = group.check(port=80, name="mine")
        assert group.inputs["name"] == "mine"
        assert group.check(port=80)["name"] != "mine"

    @pytest.mark.parametrize(("length", "fits"), [(24, True), (25, False)])
    def test_the_limit_holds_with_the_digits(self, aws: Instance, length: int, *, fits: bool) -> None:
        group = aws.resource(GROUP, "x" * length)
        if fits:
            assert len(group.check(port=80)["name"]) == 32
        else:
            with pytest.raises(grpc.RpcError, match="plus 7 random chars is longer than maximum length 32"):
                group.check(port=80)


class TestRefusals:
    def test_an_input_that_is_not_modelled(self, aws: Instance) -> None:
        with pytest.raises(ValueError, match="ipv6IpamPoolId: the rehearsal does not model this input"):
            aws.resource(VPC, "v").check(cidrBlock="10.0.0.0/16", ipv6IpamPoolId="pool")

    def test_a_type_that_is_not_modelled(self, aws: Instance) -> None:
        with pytest.raises(grpc.RpcError, match="aws:s3/bucket:Bucket: the rehearsal does not model"):
            aws.resource("aws:s3/bucket:Bucket", "b").check()

    def test_a_parent_is_not_part_of_the_type(self, aws: Instance) -> None:
        child = aws.resource(f"bluegreen:index:Network${VPC}", "v")
        with pytest.raises(ValueError, match=f"does not model this input of {VPC}$"):
            child.check(cidrBlock="10.0.0.0/16", ipv6IpamPoolId="pool")

    def test_what_aws_refuses_is_one_line(self, aws: Instance) -> None:
        with pytest.raises(grpc.RpcError) as refused:
            aws.create("aws:ec2/subnet:Subnet", "s", vpcId="vpc-0", cidrBlock="10.0.0.0/24")
        assert refused.value.details().startswith(
            "create aws:ec2/subnet:Subnet s: CreateSubnet: InvalidVpcID.NotFound:"
        )
        assert "\n" not in refused.value.details()


class TestPreview:
    def test_no_call_and_no_guess(self, aws: Instance, region: EmbeddedAws) -> None:
        calls = len(region.calls())
        state = aws.resource(LB, "alb").preview(subnets=[UNKNOWN], securityGroups=UNKNOWN, tags={"a": "b"})
        assert len(region.calls()) == calls
        assert state["tagsAll"] == {"a": "b"}
        assert state["name"].startswith("alb-")
        assert state["idleTimeout"] == 60
        assert not {"arn", "dnsName", "zoneId"} & state.keys()

    def test_an_update_keeps_what_will_stay(self, aws: Instance, network: Network, region: EmbeddedAws) -> None:
        inputs = {"internal": True, "subnets": network.subnets, "securityGroups": [network.group]}
        alb = aws.create(LB, "alb", **inputs)
        calls = len(region.calls())
        state = alb.update(**inputs, idleTimeout=30, preview=True)
        assert len(region.calls()) == calls
        assert (state["arn"], state["dnsName"], state["idleTimeout"]) == (alb.id, alb.state["dnsName"], 30)

    def test_unknown_inputs_differ(self, aws: Instance) -> None:
        vpc = aws.create(VPC, "v", cidrBlock="10.6.0.0/16")
        diff = vpc.diff(cidrBlock="10.6.0.0/16", tags={"a": UNKNOWN})
        assert (diff.changed, diff.replaces) == (["tags"], [])
        assert vpc.diff(cidrBlock=UNKNOWN).replaces == ["cidrBlock"]


class TestImport:
    """A resource that exists, read by its id, is what the program says of it."""

    def test_load_balancer(self, aws: Instance, network: Network) -> None:
        inputs = {"internal": True, "subnets": network.subnets, "securityGroups": [network.group]}
        made = aws.create(LB, "made", **inputs, name="as-is-alb", idleTimeout=75, tags={"a": "b"})
        adopted = aws.resource(LB, "adopted")
        adopted.adopt(made.id)
        same = inputs | {"name": "as-is-alb", "idleTimeout": 75, "tags": {"a": "b"}}
        assert adopted.diff(**same).changed == []
        assert adopted.diff(**same | {"idleTimeout": 80}).changed == ["idleTimeout"]
        assert adopted.diff(**inputs, idleTimeout=75).replaces == ["name"]  # as with the real provider: say it

    def test_target_group_and_listener(self, aws: Instance, network: Network) -> None:
        nlb = aws.create(LB, "made", loadBalancerType="network", internal=True, subnets=network.subnets)
        group = {"port": 80, "protocol": "TCP", "targetType": "ip", "vpcId": network.vpc, "name": "as-is-group"}
        group |= {"healthCheck": {"protocol": "TCP"}}
        made = aws.create(GROUP, "made", **group)
        adopted = aws.resource(GROUP, "adopted")
        adopted.adopt(made.id)
        assert adopted.diff(**group).changed == []
        listener = {"loadBalancerArn": nlb.id, "port": 80, "protocol": "TCP"}
        as_forward = [{"type": "forward", "forward": {"targetGroups": [{"arn": made.id, "weight": 100}]}}]
        old = aws.create("aws:lb/listener:Listener", "made", **listener, defaultActions=as_forward)
        listened = aws.resource("aws:lb/listener:Listener", "adopted")
        listened.adopt(old.id)
        assert listened.diff(**listener, defaultActions=as_forward).changed == []

    def test_record(self, aws: Instance, network: Network) -> None:
        zone = aws.create("aws:route53/zone:Zone", "z", name="import.example.cn", vpcs=[{"vpcId": network.vpc}]).id
        inputs = {"zoneId": zone, "name": "www", "type": "CNAME", "ttl": 60, "records": ["a.cn"]}
        inputs |= {"setIdentifier": "blue_1", "weightedRoutingPolicies": [{"weight": 10}]}
        made = aws.create(RECORD, "made", **inputs)
        adopted = aws.resource(RECORD, "adopted")
        adopted.adopt(made.id)
        assert adopted.diff(**inputs).changed == []

    def test_nothing_there(self, aws: Instance) -> None:
        gone = aws.resource(VPC, "gone")
        gone.adopt("vpc-0123456789abcdef0")
        assert gone.id == ""


class TestFunctions:
    def test_of_the_account(self, aws: Instance) -> None:
        assert aws.invoke("aws:index/getCallerIdentity:getCallerIdentity")["accountId"] == "123456789012"
        partition = aws.invoke("aws:index/getPartition:getPartition")
        assert (partition["partition"], partition["dnsSuffix"]) == ("aws-cn", "amazonaws.com.cn")
        region = aws.invoke("aws:index/getRegion:getRegion")
        assert (region["region"], region["description"]) == ("cn-north-1", "China (Beijing)")

    def test_an_existing_cluster(self, aws: Instance, cluster: Resource) -> None:
        found = aws.invoke("aws:eks/getCluster:getCluster", name=cluster.id)
        assert (found["version"], found["endpoint"]) == ("1.32", cluster.state["endpoint"])
        assert found["certificateAuthorities"] == [cluster.state["certificateAuthority"]]
        assert found["vpcConfig"]["clusterSecurityGroupId"].startswith("sg-")
        assert aws.invoke("aws:eks/getClusterAuth:getClusterAuth", name=cluster.id)["token"]

    def test_one_that_is_not_modelled(self, aws: Instance) -> None:
        with pytest.raises(grpc.RpcError, match="getAmi: the rehearsal does not model this function"):
            aws.invoke("aws:ec2/getAmi:getAmi")


GONE = {
    VPC: {"cidrBlock": "10.9.0.0/16"},
    GROUP: {"port": 80, "protocol": "HTTP", "targetType": "ip"},
    "aws:iam/role:Role": {"assumeRolePolicy": trust("eks.amazonaws.com")},
    "aws:ec2/internetGateway:InternetGateway": {},
    "aws:ec2/securityGroup:SecurityGroup": {},
}


@pytest.mark.parametrize("token", GONE)
def test_what_a_killed_update_has_deleted_already_is_as_good_as_deleted(aws: Instance, token: str) -> None:
    vpc = aws.create(VPC, "around", cidrBlock="10.8.0.0/16")
    inside = {"vpcId": vpc.id} if token.endswith(("Group", "Gateway")) and token != VPC else {}
    made = aws.create(token, "gone", **GONE[token], **inside)
    made.delete()
    made.delete()
    assert made.read() is None
