"""One program for each way to bring an ALB that two clusters share into prod."""

from collections.abc import Callable
from typing import Any

import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as kubernetes

from components.shared_alb import SharedALB
from tests.components.sample import arguments

ELB = "arn:aws-cn:elasticloadbalancing:cn-north-1:123456789012:"
ELSEWHERE = {kind: f"{ELB}{kind}/app/prod/0123456789abcdef" for kind in ("loadbalancer", "listener")}
ELSEWHERE["listener"] += "/fedcba9876543210"
OTHERS_GROUP = f"{ELB}targetgroup/other/0123456789abcdef"
SAFE = pulumi.ResourceOptions(protect=True)
TLS = "ELBSecurityPolicy-TLS13-1-2-2021-06"
Group = pulumi.Input[str]

WAYS: list[str] = []


def way(program: Callable[[], None]) -> Callable[[], None]:
    WAYS.append(program.__name__)
    return program


def cluster(name: str) -> kubernetes.Provider:
    return kubernetes.Provider(name, kubeconfig=f'{{"current-context": "{name}"}}')


def custom(name: str, provider: kubernetes.Provider, kind: str, api: str, **body: Any) -> None:
    options = pulumi.ResourceOptions(provider=provider)
    kubernetes.apiextensions.CustomResource(name, kind=kind, api_version=api, opts=options, **body)


def bind(name: str, by: kubernetes.Provider, **spec: Any) -> None:
    custom(name, by, "TargetGroupBinding", "elbv2.k8s.aws/v1beta1", spec={"targetType": "ip", **spec})


def group(name: str, by: kubernetes.Provider | None = None) -> Group:
    made = aws.lb.TargetGroup(name, port=8080, protocol="HTTP", target_type="ip", vpc_id="vpc-1", opts=SAFE)
    if by:
        bind(name, by, targetGroupARN=made.arn)
    return made.arn


def forward(*groups: Group, classic: bool = False) -> list[Any]:
    if classic:
        return [{"type": "forward", "target_group_arn": groups[0]}]
    shares = [{"arn": arn, "weight": 100 // len(groups)} for arn in groups]
    return [{"type": "forward", "forward": {"target_groups": shares}}]


def alb(name: str = "one", **more: Any) -> Group:
    return aws.lb.LoadBalancer(
        name,
        internal=True,
        subnets=["subnet-1", "subnet-2"],
        security_groups=["sg-1"],
        enable_deletion_protection=True,
        access_logs={"bucket": "logs", "enabled": True},
        opts=SAFE,
        **more,
    ).arn


def listen(actions: Any, on: Group | None = None, *, name: str = "https", **more: Any) -> Group:
    settings = {"port": 443, "protocol": "HTTPS", "ssl_policy": TLS, "opts": SAFE, **more}
    return aws.lb.Listener(name, load_balancer_arn=on or alb(), default_actions=actions, **settings).arn


def rule(name: str, of: Group, actions: Any, number: int = 1) -> None:
    condition = {"http_header": {"http_header_name": "x-colour", "values": [name]}}
    aws.lb.ListenerRule(name, listener_arn=of, priority=number, conditions=[condition], actions=actions)


def two() -> tuple[Group, Group]:
    return group("blue", cluster("blue")), group("green", cluster("green"))


def honest() -> None:
    """Two ALBs behind one NLB: must pass."""
    ends: list[Group] = []
    for colour in ("blue", "green"):
        listen(forward(group(colour, cluster(colour))), alb(colour), name=colour)
        end = aws.lb.TargetGroup(f"alb-{colour}", port=443, protocol="TCP", target_type="alb", vpc_id="v", opts=SAFE)
        aws.lb.TargetGroupAttachment(colour, target_group_arn=end.arn, target_id=ELSEWHERE["loadbalancer"])
        ends.append(end.arn)
    listen(forward(*ends), alb("nlb", load_balancer_type="network"), name="entry", protocol="TCP", ssl_policy=None)


@way
def the_component() -> None:
    SharedALB("dkms", arguments(green=10))


@way
def a_subclass() -> None:
    class Entry(SharedALB):
        pass

    Entry("entry", arguments(green=10))


class Renamed(pulumi.ComponentResource):
    def __init__(self, type_: str, **more: Any) -> None:
        super().__init__(type_, "harmless", None, pulumi.ResourceOptions(**more))
        listen(forward(*two()), opts=pulumi.ResourceOptions(parent=self, protect=True))


@way
def a_renamed_component() -> None:
    Renamed("acme:index:Frontend")


@way
def an_aliased_type() -> None:
    Renamed("acme:index:Frontend", aliases=[pulumi.Alias(type_="bluegreen:index:SharedALB", name="dkms")])


@way
def raw_resources() -> None:
    listen(forward(*two()))


@way
def another_spelling_of_the_type() -> None:
    options = {"protocol": "HTTPS", "port": 443, "ssl_policy": TLS, "opts": SAFE}
    aws.alb.Listener("https", load_balancer_arn=alb(), default_actions=forward(*two()), **options)


@way
def weights_in_a_rule() -> None:
    blue, green = two()
    rule("canary", listen(forward(blue)), forward(blue, green))


@way
def rules_by_header() -> None:
    blue, green = two()
    rule("green", listen(forward(blue)), forward(green))


@way
def the_old_way_to_forward() -> None:
    blue, green = two()
    rule("green", listen(forward(blue, classic=True)), forward(green, classic=True))


@way
def two_listeners() -> None:
    blue, green = two()
    one = alb()
    listen(forward(blue), one)
    listen(forward(green), one, name="other", port=8443)


@way
def one_group_bound_twice() -> None:
    both = group("both", cluster("blue"))
    bind("again", cluster("green"), targetGroupARN=both)
    listen(forward(both))


@way
def a_binding_by_name() -> None:
    both = aws.lb.TargetGroup("both", name="both", port=80, protocol="HTTP", vpc_id="v", target_type="ip", opts=SAFE)
    for colour in ("blue", "green"):
        bind(colour, cluster(colour), targetGroupName="both")
    listen(forward(both.arn))


@way
def a_binding_in_a_chart() -> None:
    blue, green = group("blue", cluster("blue")), group("green")
    options = pulumi.ResourceOptions(provider=cluster("green"))
    kubernetes.helm.v3.Release("app", chart="app", values={"binding": {"arn": green}}, opts=options)
    listening = listen(forward(blue))
    rule("green", listening, forward(green))


@way
def a_secret_forward() -> None:
    blue, green = two()
    listen(pulumi.Output.secret(forward(blue, green)))


@way
def groups_unknown_until_the_update() -> None:
    blue, green = two()
    both = pulumi.Output.all(blue, green).apply(lambda arns: forward(*arns))
    listen(both)


@way
def a_stack_transformation() -> None:
    blue, green = two()

    def transform(args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult | None:
        if args.type_ != "aws:lb/listener:Listener":
            return None
        return pulumi.ResourceTransformationResult({**args.props, "default_actions": forward(blue, green)}, args.opts)

    pulumi.runtime.register_stack_transformation(transform)
    listen(forward(blue))


@way
def an_imported_listener() -> None:
    listen(forward(*two()), opts=pulumi.ResourceOptions(protect=True, import_=ELSEWHERE["listener"]))


@way
def a_second_provider() -> None:
    second = aws.Provider("second", region="cn-north-1")
    listen(forward(*two()), opts=pulumi.ResourceOptions(protect=True, provider=second))


@way
def two_contexts_of_one_kubeconfig() -> None:
    both = group("both")
    for colour in ("blue", "green"):
        bind(colour, kubernetes.Provider(colour, kubeconfig="{}", context=colour), targetGroupARN=both)
    listen(forward(both))


@way
def a_rule_on_another_stacks_listener() -> None:
    rule("green", ELSEWHERE["listener"], forward(group("green", cluster("green"))))


@way
def a_listener_on_another_stacks_alb() -> None:
    listen(forward(group("green", cluster("green"))), ELSEWHERE["loadbalancer"])


@way
def a_rule_on_a_listener_that_is_looked_up() -> None:
    aws.lb.LoadBalancer.get("theirs", ELSEWHERE["loadbalancer"])
    listener = aws.lb.Listener.get("theirs", ELSEWHERE["listener"], load_balancer_arn=ELSEWHERE["loadbalancer"])
    rule("green", listener.arn, forward(group("green", cluster("green"))))


@way
def a_binding_of_another_stacks_group() -> None:
    bind("green", cluster("green"), targetGroupARN=OTHERS_GROUP)


@way
def a_binding_of_a_group_that_is_looked_up() -> None:
    bind("green", cluster("green"), targetGroupARN=aws.lb.TargetGroup.get("theirs", OTHERS_GROUP).arn)


@way
def a_forward_to_another_stacks_group() -> None:
    rule("green", listen(forward(group("blue", cluster("blue")))), forward(OTHERS_GROUP))


@way
def a_group_that_another_stack_is_to_fill() -> None:
    rule("green", listen(forward(group("blue", cluster("blue")))), forward(group("green")))


@way
def a_group_of_many_clusters() -> None:
    blue = group("blue")
    bind("blue", cluster("blue"), targetGroupARN=blue, multiClusterTargetGroup=True)
    listen(forward(blue))


@way
def attached_pods_of_the_other_cluster() -> None:
    blue = group("blue", cluster("blue"))
    aws.lb.TargetGroupAttachment("green-pod", target_group_arn=blue, target_id="10.0.1.7", port=8080)
    listen(forward(blue))


@way
def attached_nodes_of_the_other_cluster() -> None:
    blue = group("blue", cluster("blue"))
    aws.autoscaling.Attachment("green-nodes", autoscaling_group_name="green", lb_target_group_arn=blue)
    listen(forward(blue))


@way
def both_filled_by_attachments() -> None:
    blue, green = group("blue"), group("green")
    for name, arn in {"blue": blue, "green": green}.items():
        aws.lb.TargetGroupAttachment(name, target_group_arn=arn, target_id="10.0.1.7")
    rule("green", listen(forward(blue)), forward(green))


@way
def an_ingress() -> None:
    options = pulumi.ResourceOptions(provider=cluster("blue"))
    annotations = {"alb.ingress.kubernetes.io/actions.split": "{}"}
    kubernetes.networking.v1.Ingress("app", metadata={"annotations": annotations}, opts=options)


@way
def a_gateway() -> None:
    custom("app", cluster("blue"), "Gateway", "gateway.networking.k8s.io/v1", spec={"gatewayClassName": "aws-alb"})


@way
def a_cloudformation_stack() -> None:
    template = '{"Resources": {"Alb": {"Type": "AWS::ElasticLoadBalancingV2::Listener"}}}'
    aws.cloudformation.Stack("alb", template_body=template)


@way
def cloud_control() -> None:
    kind = "AWS::ElasticLoadBalancingV2::ListenerRule"
    aws.cloudcontrol.Resource("rule", type_name=kind, desired_state="{}")


@way
def another_provider_of_aws() -> None:
    pulumi.CustomResource("aws-native:elasticloadbalancingv2:ListenerRule", "rule", {"actions": []})


@way
def a_command() -> None:
    pulumi.CustomResource("command:local:Command", "aws", {"create": "aws elbv2 create-rule"})
