"""Resources as the rules see them, in few words; all are of stack prod-bj unless a test says otherwise."""

from collections.abc import Mapping

from policies.stack import UNKNOWN, Resource

LB = "aws:lb/loadBalancer:LoadBalancer"
LISTENER = "aws:lb/listener:Listener"
RULE = "aws:lb/listenerRule:ListenerRule"
GROUP = "aws:lb/targetGroup:TargetGroup"
RECORD = "aws:route53/record:Record"
SECURITY_GROUP = "aws:ec2/securityGroup:SecurityGroup"
INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
CLUSTER = "aws:eks/cluster:Cluster"
BINDING = "kubernetes:elbv2.k8s.aws/v1beta1:TargetGroupBinding"

_ELB = "arn:aws-cn:elasticloadbalancing:cn-north-1:123456789012:"


def urn(type_: str, name: str, stack: str = "prod-bj") -> str:
    return f"urn:pulumi:{stack}::eks-bluegreen::{type_}::{name}"


def resource(
    type_: str,
    name: str = "it",
    props: Mapping[str, object] | None = None,
    *,
    protect: bool = False,
    references: Mapping[str, tuple[str, ...]] | None = None,
    provider: Resource | None = None,
) -> Resource:
    return Resource(
        type=type_,
        urn=urn(type_, name),
        props=props or {},
        protect=protect,
        provider=provider,
        references=references or {},
    )


def group_arn(name: str) -> str:
    return f"{_ELB}targetgroup/{name}/0123456789abcdef"


def balancer_arn(name: str, kind: str = "app") -> str:
    return f"{_ELB}loadbalancer/{kind}/{name}/0123456789abcdef"


def listener_arn(balancer: str, name: str) -> str:
    return f"{_ELB}listener/app/{balancer}/0123456789abcdef/{name}"


def forward(**weights: object) -> list[object]:
    """Actions that forward to the named target groups."""
    groups = [{"arn": group_arn(name), "weight": weight} for name, weight in weights.items()]
    return [{"type": "forward", "forward": {"targetGroups": groups}}]


def listener(actions: object, protocol: object = "HTTPS", **more: object) -> Resource:
    return resource(LISTENER, "listener", {"protocol": protocol, "defaultActions": actions, **more})


def rule(actions: object) -> Resource:
    return resource(RULE, "rule", {"actions": actions})


def as_in_preview(created: Resource) -> Resource:
    """Show the resource before it exists: what comes from others is unknown, but not where from."""
    unknown = {prop: _unknown(value) for prop, value in created.props.items() if prop in created.references}
    props = {**created.props, **unknown}
    return Resource(
        type=created.type,
        urn=created.urn,
        props={prop: value for prop, value in props.items() if prop not in ("arn", "id")},
        provider=as_in_preview(created.provider) if created.provider else None,
        references=created.references,
    )


def _unknown(value: object) -> object:
    match value:
        case str():
            return UNKNOWN if value.startswith(("arn:", "sg-", "{")) else value
        case dict():
            return {key: _unknown(item) for key, item in value.items()}
        case list():
            return [_unknown(item) for item in value]
        case _:
            return value
