"""What each mutant does, by the name that the catalogue gives it. Each is called once, before the program runs."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any, cast

import pulumi

from components import bluegreen, dns, importing, nlb, service_alb
from components.adoption import Adopted
from components.gates.gate import Gate
from components.traffic import Colour, Weights
from infra import program
from infra.config import StackConfig

__all__ = [
    "attached_before_it_listens",
    "colours_exchanged",
    "corrects_what_it_adopts",
    "deleted_before_created",
    "fixed_name",
    "lighter_record_first",
    "no_gate",
    "retired_with_the_shift",
    "sticky",
    "weight_0_kept",
]

_Props = dict[str, Any]  # inputs of a resource, by their names in Python
_SWITCHING = {"aws:lb/listener:Listener": "defaultActions", "aws:route53/record:Record": "weightedRoutingPolicies"}


def lighter_record_first() -> None:
    """Reverse the order of the two records."""

    def record_order(after: Weights) -> tuple[Colour, Colour]:
        return after.heavier.other, after.heavier

    dns.record_order = record_order


def weight_0_kept() -> None:
    """List every colour in a forward action."""

    def forward(weights: Weights) -> dict[Colour, int]:
        return {colour: weights[colour] for colour in Colour}

    cast("Any", Weights).forward = property(forward)


def colours_exchanged() -> None:
    """Deploy the weights the wrong way round."""

    def parsed(config: StackConfig) -> None:
        weights = Weights(blue=config.weights.green, green=config.weights.blue)
        deploy(config.model_copy(update={"weights": weights}))

    deploy, program.deploy = program.deploy, parsed


def corrects_what_it_adopts() -> None:
    """Keep nothing of what is found."""

    def imported(
        opts: pulumi.ResourceOptions, id_: str | None, adopted: Adopted | None, **_keep: object
    ) -> pulumi.ResourceOptions:
        return importing.imported(opts, id_, adopted, keep=())

    for module in (dns, nlb, service_alb):
        cast("Any", module).imported = imported


def retired_with_the_shift() -> None:
    """Leave out what serves a colour without traffic."""

    def parsed(config: StackConfig) -> None:
        clusters = {colour: config.clusters[colour] for colour in config.weights.live}
        deploy(config.model_copy(update={"clusters": clusters}))

    deploy, program.deploy = program.deploy, parsed


def no_gate() -> None:
    """Bind no hook."""

    def hooks(*_args: object, **_options: object) -> None:
        pass

    cast("Any", Gate).hooks = hooks


def deleted_before_created() -> None:
    """Replace what switches at every change of its weights."""

    def replace(kind: str, _name: str, _props: _Props, opts: pulumi.ResourceOptions) -> None:
        if kind in _SWITCHING:
            opts.replace_on_changes, opts.delete_before_replace = [_SWITCHING[kind]], True

    _change(replace)


def fixed_name() -> None:
    """Name target groups as Pulumi does, but for the random end."""

    def name(kind: str, name: str, props: _Props, _opts: pulumi.ResourceOptions) -> None:
        if kind == "aws:lb/targetGroup:TargetGroup":
            props["name"] = name

    _change(name)


def sticky() -> None:
    """Hand out a cookie that beats the weights."""

    def forward(groups: Mapping[pulumi.Output[str], int]) -> Any:  # noqa: ANN401 - as the one that it stands for
        action = plain(groups)
        action.stickiness = bluegreen.lb.ListenerDefaultActionForwardStickinessArgs(enabled=True, duration=3600)
        return action

    plain, service_alb.forward = service_alb.forward, forward


def attached_before_it_listens() -> None:
    """Let the listener wait for the attachment, in the one order that the lost dependency newly allows for certain."""
    attached: defaultdict[str, asyncio.Future[object]] = defaultdict(asyncio.get_running_loop().create_future)
    register = nlb.register

    def late(kind: str, name: str, props: _Props, opts: pulumi.ResourceOptions) -> None:
        if kind == "aws:lb/targetGroupAttachment:TargetGroupAttachment":
            opts.depends_on = None
        elif kind == "aws:lb/listener:Listener" and name.endswith("-alb"):
            port = props["port"]
            props["port"] = pulumi.Output.from_input(attached[name]).apply(lambda _: port)

    def registered(name: str, *args: Any) -> nlb.AlbTarget:  # noqa: ANN401 - as the one that it stands for
        target = register(name, *args)
        waiting = asyncio.ensure_future(target.registered.urn.future())
        waiting.add_done_callback(lambda _: attached[f"{name}-alb"].set_result(None))
        return target

    nlb.register = registered
    _change(late)


def _change(change: Callable[[str, str, _Props, pulumi.ResourceOptions], None]) -> None:
    """Change every resource of the program before it is registered."""

    def transform(args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult:
        change(args.type_, args.name, cast("_Props", args.props), args.opts)
        return pulumi.ResourceTransformationResult(args.props, args.opts)

    pulumi.runtime.register_stack_transformation(transform)
