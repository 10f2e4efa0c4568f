"""A service cluster of one colour, as small as it gets: most types of all three providers."""

import json

import pulumi
import pulumi_aws as aws
import pulumi_eks as eks
import pulumi_kubernetes as kubernetes

weight = pulumi.Config().get_int("weight") or 100
trust = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com.cn"}, "Action": "sts:AssumeRole"}
        ],
    }
)

vpc = aws.ec2.Vpc("net", cidr_block="10.0.0.0/16")
subnets = [
    aws.ec2.Subnet(
        f"net-{zone}", vpc_id=vpc.id, cidr_block=f"10.0.{number}.0/24", availability_zone=f"cn-north-1{zone}"
    ).id
    for number, zone in enumerate("ab")
]
group = aws.ec2.SecurityGroup("alb", vpc_id=vpc.id)
aws.vpc.SecurityGroupIngressRule(
    "alb", security_group_id=group.id, ip_protocol="tcp", from_port=80, to_port=80, cidr_ipv4="10.0.0.0/8"
)

role = aws.iam.Role("nodes", assume_role_policy=trust)
cluster = eks.Cluster(
    "blue",
    version="1.32",
    vpc_id=vpc.id,
    private_subnet_ids=subnets,
    authentication_mode=eks.AuthenticationMode.API,
    access_entries={
        "ops": eks.AccessEntryArgs(
            principal_arn="arn:aws-cn:iam::123456789012:role/ops",
            access_policies={
                "view": eks.AccessPolicyAssociationArgs(
                    policy_arn="arn:aws-cn:eks::aws:cluster-access-policy/AmazonEKSViewPolicy",
                    access_scope=aws.eks.AccessPolicyAssociationAccessScopeArgs(type="cluster"),
                )
            },
        )
    },
    skip_default_node_group=True,
    skip_default_security_groups=True,
    vpc_cni_options=eks.VpcCniOptionsArgs(addon_version="v1.20.0-eksbuild.1"),
    kube_proxy_addon_options=eks.KubeProxyAddonOptionsArgs(version="v1.32.6-eksbuild.2"),
    coredns_addon_options=eks.CoreDnsAddonOptionsArgs(
        enabled=True, version="v1.11.4-eksbuild.10", configuration_values={"replicaCount": 3}
    ),
    tags={"bluegreen:colour": "blue"},
)
nodes = eks.ManagedNodeGroup("blue", cluster=cluster, node_role=role, ignore_scaling_changes=True)

target_group = aws.lb.TargetGroup("blue", port=8080, protocol="HTTP", target_type="ip", vpc_id=vpc.id)
alb = aws.lb.LoadBalancer("alb", internal=True, subnets=subnets, security_groups=[group.id])
forward = {"type": "forward", "forward": {"target_groups": [{"arn": target_group.arn, "weight": weight}]}}
aws.lb.Listener("alb", load_balancer_arn=alb.arn, port=80, protocol="HTTP", default_actions=[forward])

provider = kubernetes.Provider("blue", kubeconfig=cluster.kubeconfig_json)
inside = pulumi.ResourceOptions(provider=provider)
controller = kubernetes.helm.v3.Release(
    "controller", chart="aws-load-balancer-controller", namespace="kube-system", opts=inside
)
metadata = kubernetes.meta.v1.ObjectMetaArgs(name="dkms", namespace="default")
service = kubernetes.core.v1.Service(
    "dkms",
    metadata=metadata,
    spec=kubernetes.core.v1.ServiceSpecArgs(ports=[{"port": 80, "target_port": 8080}]),
    opts=inside,
)
kubernetes.apiextensions.CustomResource(
    "dkms",
    api_version="elbv2.k8s.aws/v1beta1",
    kind="TargetGroupBinding",
    metadata=metadata,
    spec={
        "serviceRef": {"name": "dkms", "port": 80},
        "targetGroupARN": target_group.arn,
        "targetType": "ip",
    },
    opts=pulumi.ResourceOptions(provider=provider, depends_on=[service, controller, nodes]),
)

pulumi.export("clusterName", cluster.eks_cluster.name)
pulumi.export("version", cluster.eks_cluster.version)
pulumi.export("securityGroup", cluster.cluster_security_group_id)
pulumi.export("issuer", cluster.oidc_issuer)
pulumi.export("subnets", cluster.core.subnet_ids)
pulumi.export("nodes", nodes.node_group.node_group_name)
pulumi.export("targetGroup", target_group.arn)
