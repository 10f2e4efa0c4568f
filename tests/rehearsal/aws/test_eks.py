import pytest

from tests.rehearsal.aws.stage import Stage, refused

ROLE = "arn:aws-cn:iam::123456789012:role/r"


def create(stage: Stage, **more):
    settings = {"roleArn": ROLE, "resourcesVpcConfig": {"subnetIds": stage.subnets}, **more}
    return stage.eks.create_cluster(name=stage.name("c"), **settings)["cluster"]


def nodes(stage: Stage, **more):
    return stage.eks.create_nodegroup(
        clusterName=stage.name("c"), nodegroupName="n", subnets=stage.subnets, nodeRole=ROLE, **more
    )["nodegroup"]


@pytest.mark.fact(49)
def test_a_cluster_has_chinas_hosts_and_a_security_group_of_its_own(stage):
    cluster = create(stage, accessConfig={"authenticationMode": "API"})
    assert cluster["endpoint"].endswith(".cn-north-1.eks.amazonaws.com.cn")
    assert cluster["identity"]["oidc"]["issuer"].startswith("https://oidc.eks.cn-north-1.amazonaws.com.cn/id/")
    assert cluster["arn"] == f"arn:aws-cn:eks:cn-north-1:123456789012:cluster/{stage.name('c')}"
    assert (cluster["version"], cluster["status"]) == ("1.35", "ACTIVE")
    assert cluster["accessConfig"]["authenticationMode"] == "API"
    config = cluster["resourcesVpcConfig"]
    assert config["vpcId"] == stage.vpc
    stage.ec2.describe_security_groups(GroupIds=[config["clusterSecurityGroupId"]])
    stage.eks.delete_cluster(name=stage.name("c"))
    refused(
        "InvalidGroup.NotFound",
        stage.ec2.describe_security_groups,
        GroupIds=[config["clusterSecurityGroupId"]],
    )


@pytest.mark.parametrize("version", ["1.29", "1.36", "2"])
def test_a_version_must_exist(stage, version):
    refused("InvalidParameterException", lambda: create(stage, version=version))


def test_a_cluster_needs_two_zones(stage):
    config = {"subnetIds": stage.subnets[:1]}
    refused("InvalidParameterException", lambda: create(stage, resourcesVpcConfig=config))


@pytest.mark.fact(60)
def test_versions_go_up_one_at_a_time_and_never_down(stage):
    create(stage, version="1.31")
    name = stage.name("c")
    for version in ("1.30", "1.31", "1.33", "1.36"):
        refused("InvalidParameterException", stage.eks.update_cluster_version, name=name, version=version)
    update = stage.eks.update_cluster_version(name=name, version="1.32")["update"]
    assert stage.eks.describe_update(name=name, updateId=update["id"])["update"]["status"] == "Successful"
    assert stage.eks.describe_cluster(name=name)["cluster"]["version"] == "1.32"


def test_an_update_of_the_configuration_keeps_the_rest_of_it(stage):
    create(stage)
    name = stage.name("c")
    change = {"endpointPublicAccess": False, "endpointPrivateAccess": True}
    update = stage.eks.update_cluster_config(name=name, resourcesVpcConfig=change)["update"]
    assert update["type"] == "ConfigUpdate"
    config = stage.eks.describe_cluster(name=name)["cluster"]["resourcesVpcConfig"]
    assert (config["endpointPublicAccess"], config["vpcId"]) == (False, stage.vpc)


def test_an_update_of_the_configuration_changes_one_thing(stage):
    create(stage)
    access, places = {"endpointPublicAccess": False}, {"subnetIds": stage.subnets}
    for both in ({"resourcesVpcConfig": access | places}, {"resourcesVpcConfig": access, "deletionProtection": True}):
        refused("InvalidParameterException", stage.eks.update_cluster_config, name=stage.name("c"), **both)
    stage.eks.update_cluster_config(name=stage.name("c"), resourcesVpcConfig=places)


def test_nodes_follow_their_cluster_and_keep_it(stage):
    create(stage, version="1.32")
    refused("InvalidParameterException", lambda: nodes(stage, version="1.33"))
    assert nodes(stage)["version"] == "1.32"
    group = {"clusterName": stage.name("c"), "nodegroupName": "n"}
    refused("InvalidParameterException", lambda: stage.eks.update_nodegroup_version(**group, version="1.33"))
    refused("ResourceInUseException", stage.eks.delete_cluster, name=stage.name("c"))
    stage.eks.update_cluster_version(name=stage.name("c"), version="1.33")
    stage.eks.update_nodegroup_version(**group)
    assert stage.eks.describe_nodegroup(**group)["nodegroup"]["version"] == "1.33"
    update = stage.eks.update_nodegroup_config(**group, scalingConfig={"desiredSize": 3})["update"]
    stage.eks.describe_update(name=stage.name("c"), nodegroupName="n", updateId=update["id"])
    stage.eks.delete_nodegroup(**group)
    stage.eks.delete_cluster(name=stage.name("c"))


def test_a_protected_cluster_stays_until_protection_is_off(stage):
    create(stage, deletionProtection=True)
    refused("InvalidRequestException", stage.eks.delete_cluster, name=stage.name("c"))
    stage.eks.update_cluster_config(name=stage.name("c"), deletionProtection=False)
    stage.eks.delete_cluster(name=stage.name("c"))


def test_add_ons(stage):
    create(stage)
    addon = {"clusterName": stage.name("c"), "addonName": "coredns"}
    refused("ResourceNotFoundException", stage.eks.describe_addon, **addon)
    stage.eks.create_addon(**addon, addonVersion="v1.11.4-eksbuild.2", tags={"a": "b"})
    refused("ResourceInUseException", stage.eks.create_addon, **addon)
    update = stage.eks.update_addon(**addon, addonVersion="v1.12.1-eksbuild.1")["update"]
    stage.eks.describe_update(name=stage.name("c"), addonName="coredns", updateId=update["id"])
    held = stage.eks.describe_addon(**addon)["addon"]
    assert (held["status"], held["addonVersion"], held["tags"]) == ("ACTIVE", "v1.12.1-eksbuild.1", {"a": "b"})
    assert stage.eks.list_addons(clusterName=stage.name("c"))["addons"] == ["coredns"]
    stage.eks.delete_addon(**addon)
    refused("ResourceNotFoundException", stage.eks.delete_addon, **addon)


def test_access_entries_and_their_policies(stage):
    create(stage, accessConfig={"authenticationMode": "API"})
    entry = {"clusterName": stage.name("c"), "principalArn": ROLE}
    stage.eks.create_access_entry(**entry, kubernetesGroups=["viewers"])
    assert stage.eks.describe_access_entry(**entry)["accessEntry"]["type"] == "STANDARD"
    assert stage.eks.list_access_entries(clusterName=stage.name("c"))["accessEntries"] == [ROLE]
    policy = "arn:aws-cn:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"
    stage.eks.associate_access_policy(**entry, policyArn=policy, accessScope={"type": "cluster"})
    listed = stage.eks.list_associated_access_policies(**entry)["associatedAccessPolicies"]
    assert [each["policyArn"] for each in listed] == [policy]
    stage.eks.update_access_entry(**entry, kubernetesGroups=["admins"])
    assert stage.eks.describe_access_entry(**entry)["accessEntry"]["kubernetesGroups"] == ["admins"]
    stage.eks.disassociate_access_policy(**entry, policyArn=policy)
    refused("ResourceNotFoundException", lambda: stage.eks.disassociate_access_policy(**entry, policyArn=policy))
    stage.eks.delete_access_entry(**entry)
    refused("ResourceNotFoundException", stage.eks.describe_access_entry, **entry)


@pytest.mark.fact(65)
def test_access_entries_need_the_api_authentication_mode(stage):
    create(stage)
    refused(
        "InvalidRequestException",
        stage.eks.create_access_entry,
        clusterName=stage.name("c"),
        principalArn=ROLE,
    )


@pytest.mark.fact(55)
def test_pod_identity_associations(stage):
    create(stage)
    cluster, account = stage.name("c"), {"namespace": "kube-system", "serviceAccount": "controller"}
    made = stage.eks.create_pod_identity_association(clusterName=cluster, roleArn=ROLE, **account)["association"]
    refused(
        "ResourceInUseException",
        lambda: stage.eks.create_pod_identity_association(clusterName=cluster, roleArn=ROLE, **account),
    )
    key = {"clusterName": cluster, "associationId": made["associationId"]}
    stage.eks.update_pod_identity_association(**key, roleArn=f"{ROLE}2")
    assert stage.eks.describe_pod_identity_association(**key)["association"]["roleArn"] == f"{ROLE}2"
    assert len(stage.eks.list_pod_identity_associations(clusterName=cluster)["associations"]) == 1
    stage.eks.delete_pod_identity_association(**key)
    refused("ResourceNotFoundException", stage.eks.describe_pod_identity_association, **key)


def test_tags_of_clusters_nodes_and_add_ons(stage):
    cluster = create(stage, tags={"bluegreen:colour": "blue"})
    addon = stage.eks.create_addon(clusterName=stage.name("c"), addonName="vpc-cni")["addon"]
    for arn in (cluster["arn"], nodes(stage)["nodegroupArn"], addon["addonArn"]):
        stage.eks.tag_resource(resourceArn=arn, tags={"x": "1", "y": "2"})
        stage.eks.untag_resource(resourceArn=arn, tagKeys=["x"])
        assert stage.eks.list_tags_for_resource(resourceArn=arn)["tags"]["y"] == "2"
