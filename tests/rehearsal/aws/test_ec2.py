from tests.rehearsal.aws.stage import refused


def test_what_is_in_use_is_not_deleted(stage):
    group, subnet = stage.group("group"), stage.subnets[0]
    arn = stage.alb(SecurityGroups=[group])["LoadBalancerArn"]
    refused("DependencyViolation", stage.ec2.delete_security_group, GroupId=group)
    refused("DependencyViolation", stage.ec2.delete_subnet, SubnetId=subnet)
    refused("DependencyViolation", stage.ec2.delete_vpc, VpcId=stage.vpc)
    stage.elb.delete_load_balancer(LoadBalancerArn=arn)
    stage.ec2.delete_security_group(GroupId=group)
    for each in stage.subnets:
        stage.ec2.delete_subnet(SubnetId=each)
    stage.ec2.delete_vpc(VpcId=stage.vpc)


def test_a_group_that_another_one_refers_to_stays(stage):
    front, back = stage.group("front"), stage.group("back")
    rule = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "UserIdGroupPairs": [{"GroupId": front}]}
    stage.ec2.authorize_security_group_ingress(GroupId=back, IpPermissions=[rule])
    assert back in refused("DependencyViolation", stage.ec2.delete_security_group, GroupId=front)
    stage.ec2.revoke_security_group_ingress(GroupId=back, IpPermissions=[rule])
    stage.ec2.delete_security_group(GroupId=front)


def test_a_cluster_keeps_its_subnets(stage):
    stage.cluster("blue")
    refused("DependencyViolation", stage.ec2.delete_subnet, SubnetId=stage.subnets[0])


def test_nat_gateways_keep_their_address_subnet_and_internet_gateway(stage):
    gateway = stage.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    attached = {"InternetGatewayId": gateway, "VpcId": stage.vpc}
    stage.ec2.attach_internet_gateway(**attached)
    address = stage.ec2.allocate_address(Domain="vpc")["AllocationId"]
    nat = stage.ec2.create_nat_gateway(SubnetId=stage.subnets[0], AllocationId=address)["NatGateway"]
    refused("InvalidIPAddress.InUse", stage.ec2.release_address, AllocationId=address)
    refused("DependencyViolation", stage.ec2.detach_internet_gateway, **attached)
    refused("DependencyViolation", stage.ec2.delete_subnet, SubnetId=stage.subnets[0])
    stage.ec2.delete_nat_gateway(NatGatewayId=nat["NatGatewayId"])
    stage.ec2.release_address(AllocationId=address)
    refused("DependencyViolation", stage.ec2.delete_vpc, VpcId=stage.vpc)
    stage.ec2.detach_internet_gateway(**attached)
    stage.ec2.delete_internet_gateway(InternetGatewayId=gateway)


def test_an_internet_facing_load_balancer_needs_an_internet_gateway_and_keeps_it(stage):
    refused("InvalidSubnet", stage.nlb, Scheme="internet-facing")
    gateway = stage.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    attached = {"InternetGatewayId": gateway, "VpcId": stage.vpc}
    stage.ec2.attach_internet_gateway(**attached)
    stage.nlb(Scheme="internet-facing")
    refused("DependencyViolation", stage.ec2.detach_internet_gateway, **attached)
