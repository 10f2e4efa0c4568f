"""What IAM asks of a call: each action with each resource, as AWS's service authorization reference has them.

https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, cast

from rehearsal.aws.protocol import Operation

__all__ = ["EVERYTHING", "Need", "needs"]

EVERYTHING = "*"
_PREFIXES = {"elbv2": "elasticloadbalancing"}
"""Services whose actions begin with another word than botocore's name of them."""
_NEVER_REFUSED = {"GetCallerIdentity"}
_EC2_BY_PREFIX = {
    "vpc": "vpc",
    "subnet": "subnet",
    "sg": "security-group",
    "sgr": "security-group-rule",
    "rtb": "route-table",
    "igw": "internet-gateway",
    "eipalloc": "elastic-ip",
    "nat": "natgateway",
    # An association is one of a route table with a subnet.
    "rtbassoc": "route-table",
}
_EC2_MADE = {
    "CreateVpc": "vpc",
    "CreateSubnet": "subnet",
    "CreateSecurityGroup": "security-group",
    "CreateRouteTable": "route-table",
    "CreateInternetGateway": "internet-gateway",
    "CreateNatGateway": "natgateway",
    "AllocateAddress": "elastic-ip",
    "AuthorizeSecurityGroupIngress": "security-group-rule",
    "AuthorizeSecurityGroupEgress": "security-group-rule",
    "ModifySecurityGroupRules": "security-group-rule",
    "DisassociateRouteTable": "subnet",
    "ReplaceRouteTableAssociation": "subnet",
}
"""Resources that a call concerns and does not name."""
_EKS = {
    "nodegroupName": "nodegroup/{clusterName}/{nodegroupName}/*",
    "addonName": "addon/{clusterName}/{addonName}/*",
    "principalArn": "access-entry/{clusterName}/*",
    "associationId": "podidentityassociation/{clusterName}/*",
}


class Need(NamedTuple):
    """A right that a call needs, and of what EC2 resource the tags count (`ec2` only, where it names one)."""

    action: str
    resource: str
    ident: str = ""


def needs(call: Operation, region: str, account: str) -> frozenset[Need]:
    """All rights that a call needs; none where AWS never refuses."""
    if call.name in _NEVER_REFUSED:
        return frozenset()
    service = _PREFIXES.get(call.service, call.service)
    home = f"arn:aws-cn:{service}:{'' if service in ('iam', 'route53') else region}:"
    home += f"{'' if service == 'route53' else account}:"
    found = {Need(f"{service}:{call.name}", *place) for place in _places(call, home)}
    return frozenset({*found, *_with_it(call, home)})


def _places(call: Operation, home: str) -> Iterator[tuple[str, str]]:
    """Resources of the call itself; IAM takes none where a call lists or describes what there is."""
    found: Iterator[str] = iter(())
    match call.service:
        case "ec2" if call.mutates:
            yield from _ec2(call, home)
            return
        case "elbv2" if call.mutates:
            found = _elb(call.name, call.params, home)
        case "eks":
            found = _eks(call, home)
        case "iam":
            found = _iam(call.params, home)
        case "route53":
            found = _route53(call, home)
        case "cloudwatch":
            found = _cloudwatch(call.params, home)
        case _:
            pass
    some = list(found)
    yield from ((arn, "") for arn in some or [EVERYTHING])


def _ec2(call: Operation, home: str) -> Iterator[tuple[str, str]]:
    named = {ident for ident in _texts(call.params) if ident.partition("-")[0] in _EC2_BY_PREFIX and "-" in ident}
    for ident in named:
        yield f"{home}{_EC2_BY_PREFIX[ident.partition('-')[0]]}/{ident}", ident
    if made := _EC2_MADE.get(call.name):
        yield f"{home}{made}/*", ""


def _elb(name: str, params: Mapping[str, Any], home: str) -> Iterator[str]:
    if name == "CreateLoadBalancer":
        yield f"{home}loadbalancer/{'net' if params.get('Type') == 'network' else 'app'}/{params['Name']}/*"
    elif name == "CreateTargetGroup":
        yield f"{home}targetgroup/{params['Name']}/*"
    elif name == "SetRulePriorities":
        yield from (each["RuleArn"] for each in params["RulePriorities"])
    else:
        # A listener forwards to target groups, which the call need not be allowed to touch.
        named = [params.get(key) for key in ("RuleArn", "ListenerArn", "LoadBalancerArn", "TargetGroupArn")]
        yield from params.get("ResourceArns") or [next((arn for arn in named if arn), EVERYTHING)]


def _eks(call: Operation, home: str) -> Iterator[str]:
    params = call.params
    if "resourceArn" in params:
        yield params["resourceArn"]
    elif call.name == "CreateCluster":  # of no resource, as the reference has it
        return
    elif cluster := params.get("clusterName") or params.get("name"):
        parts = (form for key, form in _EKS.items() if key in params and not call.name.startswith("Create"))
        yield home + next(parts, "cluster/{clusterName}").format(**{"clusterName": cluster, **params})


def _iam(params: Mapping[str, Any], home: str) -> Iterator[str]:
    if "RoleName" in params:
        yield f"{home}role/{params['RoleName']}"
    elif "PolicyName" in params:
        yield f"{home}policy/{params['PolicyName']}"
    elif "PolicyArn" in params:
        yield params["PolicyArn"]


def _route53(call: Operation, home: str) -> Iterator[str]:
    params = call.params
    if call.name == "GetChange":
        yield f"{home}change/*"
    elif zone := params.get("HostedZoneId") or params.get("ResourceId") or params.get("Id"):
        yield f"{home}hostedzone/{zone.rpartition('/')[2]}"


def _cloudwatch(params: Mapping[str, Any], home: str) -> Iterator[str]:
    if "ResourceARN" in params:
        yield params["ResourceARN"]
    else:
        yield from (f"{home}alarm:{name}" for name in params.get("AlarmNames") or [params.get("AlarmName", "*")])


def _with_it(call: Operation, home: str) -> Iterator[Need]:
    """Rights that AWS asks for beside the call's own: to tag what is made, and to hand over a role."""
    params = call.params
    making = call.name.startswith("Create")
    match call.service:
        case "ec2" if not call.name.endswith("Tags"):
            kinds = {given["ResourceType"] for given in params.get("TagSpecifications", ())}
            yield from (Need("ec2:CreateTags", f"{home}{kind}/*") for kind in kinds)
        case "elbv2" if making and params.get("Tags"):
            yield from (Need("elasticloadbalancing:AddTags", arn) for arn in _elb_made(call, home))
        case "eks":
            yield from (Need("iam:PassRole", params[key]) for key in ("roleArn", "nodeRole") if key in params)
            if making and params.get("tags"):
                yield Need("eks:TagResource", home + _eks_made(params))
        case "iam" if making and params.get("Tags"):
            kind = "Role" if "RoleName" in params else "Policy"
            yield Need(f"iam:Tag{kind}", f"{home}{kind.lower()}/{params[f'{kind}Name']}")
        case "cloudwatch" if params.get("Tags") and "AlarmName" in params:
            yield Need("cloudwatch:TagResource", f"{home}alarm:{params['AlarmName']}")
        case _:
            pass


def _elb_made(call: Operation, home: str) -> Iterator[str]:
    kind = {"CreateListener": "listener", "CreateRule": "listener-rule"}.get(call.name)
    for arn in _elb(call.name, call.params, home):
        yield f"{arn}/*".replace(":loadbalancer/", f":{kind}/").replace(":listener/", f":{kind}/") if kind else arn


def _eks_made(params: Mapping[str, Any]) -> str:
    parts = (form for key, form in _EKS.items() if key in params)
    inside = "cluster/{name}" if "name" in params else "podidentityassociation/{clusterName}/*"
    return next(parts, inside).format(**params)


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in cast("Mapping[str, object]", value).values():
            yield from _texts(inner)
    elif isinstance(value, Sequence):
        for inner in cast("Sequence[object]", value):
            yield from _texts(inner)
