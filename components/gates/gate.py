"""The gate of one entry: its hooks on what switches traffic, and the bake after the last switch."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeVar, cast

import pulumi
from pulumi_aws import cloudwatch, lb

from components.gates.bake import bake
from components.gates.model import Gates
from components.gates.reading import GateError, Reader
from components.gates.rules import alarming, gains, gone, over_first_step, too_few_healthy
from components.gates.weights import RECORD, Applied, has, moves, of_inputs
from components.traffic import Colour, Weights

__all__ = ["Gate"]

T = TypeVar("T")
Watched = tuple[str | None, cloudwatch.MetricAlarm]
"""An alarm, and the service whose it is; None where it is the whole colour's."""


class Gate:
    """Guards the way to `weights`, in one run of the program.

    The topology tells it what each colour has to `show`, and binds `hooks` to everything that `switches`. Services with
    weights of their `own` pass it by themselves; all the others together.
    """

    def __init__(self, weights: Weights, gates: Gates, own: Mapping[str, Weights] | None = None) -> None:
        self._weights, self._gates, self._own = weights, gates, own or {}
        self._reader = Reader(gates.region, gates.profile)
        self._groups: dict[Colour, dict[str, lb.TargetGroup]] = {colour: {} for colour in Colour}
        self._alarms: dict[Colour, list[Watched]] = {colour: [] for colour in Colour}
        self._switches: list[pulumi.Resource] = []
        self._moving = set[str]()
        self._moved = set[Weights]()
        self._new = False
        self._on_before = set[str]()
        self._checks: dict[tuple[Weights, frozenset[object]], asyncio.Future[None]] = {}

    def show(self, colour: Colour, groups: Mapping[str, lb.TargetGroup], alarms: Sequence[Watched] = ()) -> None:
        """Take note of target groups of a colour, by their service or what a message calls them, and of its alarms."""
        self._groups[colour] |= groups
        self._alarms[colour] += alarms

    @property
    def shown(self) -> list[pulumi.Resource]:
        """What must be there before anything switches."""
        of_groups = (group for groups in self._groups.values() for group in groups.values())
        return [*of_groups, *(alarm for alarms in self._alarms.values() for _, alarm in alarms)]

    def hooks(self, name: str, service: str | None = None, *, creates: bool = False) -> pulumi.ResourceHookBinding:
        """Hooks for the resource of this name, which is for one service, or for all of them.

        To create a listener or a rule moves no traffic; a record may.
        """
        weights = self._weights_of(service)
        before = pulumi.ResourceHook(f"gate of {name}", lambda args: self._before(weights, args))
        after = pulumi.ResourceHook(f"read back of {name}", lambda args: self._after(weights, args))
        return pulumi.ResourceHookBinding(
            before_create=[before] if creates else None,
            after_create=[after] if creates else None,
            before_update=[before],
            after_update=[after],
        )

    def switches(self, *resources: pulumi.Resource) -> None:
        """Take note of resources that have the hooks."""
        self._switches += resources

    def baked(self) -> pulumi.Output[dict[Colour, int]]:
        """The weights, once they are applied and, if that moved traffic, have baked."""
        return pulumi.Output.all(*(resource.urn for resource in self._switches)).apply(lambda _: self._bake())

    # -- hooks -----------------------------------------------------------------------------------

    async def _before(self, weights: Weights, args: pulumi.ResourceHookArgs) -> None:
        new = of_inputs(args.type, args.new_inputs or {})
        # What does not exist gives nothing; a record at 0 gives nothing either.
        old = of_inputs(args.type, args.old_inputs) if args.old_inputs else dict.fromkeys(new, 0)
        if not moves(args.type, old, new):
            return
        applied = await self._read(args)
        if args.old_inputs:
            self._check_drift(args, applied, old, new)
        elif self._new or not applied:
            self._new = True  # nobody has asked for this name before: there is no traffic to lose
            return
        record = args.type == RECORD
        before = await self._by_colour(args, {**applied, **old} if record else old)
        # The records of a name move traffic together, and so do the services that come from the same weights.
        together = (weights, frozenset[object]() if record else frozenset(before.items()))
        if together not in self._checks:
            self._checks[together] = asyncio.ensure_future(self._check_shift(before, weights))
        await self._checks[together]
        self._moving.add(args.urn)

    async def _after(self, weights: Weights, args: pulumi.ResourceHookArgs) -> None:
        if args.urn not in self._moving:
            return
        applied, wanted = await self._read(args), of_inputs(args.type, args.new_inputs or {})
        if not has(args.type, applied, wanted):
            raise GateError(
                f"AWS was to give {_told(wanted)}, and gives {_told(applied)}; somebody else changes it at the same "
                "time. Find out who, then `pulumi refresh`"
            )
        self._moved.add(weights)

    async def _read(self, args: pulumi.ResourceHookArgs) -> Applied:
        given = args.old_inputs or args.new_inputs or {}
        if args.type == RECORD:
            return await asyncio.to_thread(self._reader.records, given["zoneId"], given["name"])
        return await asyncio.to_thread(self._reader.forward, args.id)

    def _check_drift(self, args: pulumi.ResourceHookArgs, applied: Applied, old: Applied, new: Applied) -> None:
        # The new weights may be there already: from an update that was killed before it could write down its state.
        if not (has(args.type, applied, old) or has(args.type, applied, new)):
            raise GateError(
                f"AWS gives {_told(applied)}, and the last update left {_told(old)}: somebody has moved traffic by "
                "hand. It stays as it is. Ask who, then `pulumi refresh` and look at the preview again"
            )

    async def _by_colour(self, args: pulumi.ResourceHookArgs, before: Applied) -> Mapping[Colour | None, int]:
        """Weights by colour; what is not of a colour of this program belongs to None."""
        owners: dict[str, Colour] = {colour.value: colour for colour in Colour}
        if args.type != RECORD:
            owners = {await _known(group.arn): colour for colour in Colour for group in self._groups[colour].values()}
        elif args.old_inputs and "" in before:
            owners[""] = Colour((args.new_inputs or {})["setIdentifier"])
        return {owners.get(key): weight for key, weight in before.items()}

    # -- the shift -------------------------------------------------------------------------------

    async def _check_shift(self, before: Mapping[Colour | None, int], weights: Weights) -> None:
        """Ask all of the colours that get more; to leave a colour that is ill is never refused."""
        gaining = gains(before, weights)
        problems = [*self._over_first_step(before, weights)]
        if self._gates.bake:
            names = await self._alarm_names(weights, weights.live)
            states = await asyncio.to_thread(self._reader.alarms, names)
            theirs = await self._alarm_names(weights, gaining)
            self._on_before |= {each.name for each in states if each.state == "ALARM"}
            problems += [*gone(names, states), *alarming(each for each in states if each.name in theirs)]
        for colour in gaining:
            for what, group in self._groups[colour].items():
                if self._weights_of(what) == weights:
                    targets = await asyncio.to_thread(self._reader.targets, await _known(group.arn))
                    problems += too_few_healthy(f"{colour}: {what}", targets, self._gates.healthy)
        if problems:
            raise GateError(
                "\n  ".join([f"traffic does not go to {self._named(weights)}, and nothing has changed:", *problems])
            )

    def _over_first_step(self, before: Mapping[Colour | None, int], after: Weights) -> Iterator[str]:
        most = self._gates.first_step
        colour = over_first_step(before, after, most)
        if colour:
            yield (
                f"{colour} goes from 0 to {after[colour]} % in one step, and {most} are allowed; go in steps, "
                "or to go at once, such as back in an emergency, set dkms:gates.firstStep to 100 in the same edit"
            )

    async def _bake(self) -> dict[Colour, int]:
        if self._moved and self._gates.bake:
            told = " and ".join(self._named(weights) for weights in self._moved)
            try:
                names = [name for weights in self._moved for name in await self._alarm_names(weights, weights.live)]
                await bake(self._reader, names, self._on_before, self._gates, told)
            except GateError as error:
                raise pulumi.RunError(
                    f"traffic is at {told}, and has not baked:\n  {error}\nThe weights stay as they are; to "
                    "go back, write those of before into the stack file and run `pulumi up` again"
                ) from None
        return self._weights.forward

    async def _alarm_names(self, weights: Weights, colours: Sequence[Colour]) -> list[str]:
        """Name the alarms of colours, as far as they are of services with these weights."""
        every = (each for colour in colours for each in self._alarms[colour])
        return [await _known(alarm.name) for service, alarm in every if self._weights_of(service) == weights]

    def _weights_of(self, service: str | None) -> Weights:
        return self._own.get(service or "", self._weights)

    def _named(self, weights: Weights) -> str:
        """Weights, and the services that alone have them."""
        own = [name for name, theirs in self._own.items() if theirs == weights != self._weights]
        return f"{weights} for {', '.join(own)}" if own else str(weights)


async def _known(output: pulumi.Output[T]) -> T:
    """Return what is known by the time of a hook: the hooked resource comes after it."""
    return cast("T", await output.future())


def _told(applied: Applied) -> str:
    weights = ", ".join(f"{key.rpartition('targetgroup/')[2] or 'all'} {weight}" for key, weight in applied.items())
    return weights or "nothing"
