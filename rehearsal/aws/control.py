"""The rehearsal's own API beside AWS's."""

from __future__ import annotations

from rehearsal.aws import wire
from rehearsal.aws.world import World
from rehearsal.oracle import Verdict

__all__ = ["answer"]


def answer(world: World, path: str, body: bytes) -> bytes:
    """Carry out one request; LookupError for an unknown path, ValueError for a bad body."""
    match path:
        case "calls":
            since = wire.Since.model_validate_json(body)
            return wire.CALLS.dump_json(world.calls[since.number :])
        case "throttle":
            world.throttle_every = wire.Throttle.model_validate_json(body).every
            return b""
        case _:
            return _change(world, path, body).model_dump_json().encode()


def _change(world: World, path: str, body: bytes) -> Verdict:
    match path:
        case "ask":
            ask = wire.Ask.model_validate_json(body)
            return world.ask(ask.probes, watch=ask.watch)
        case "claim":
            world.claims.add(wire.Claim.model_validate_json(body).ident)
            return world.judge()
        case "verdict":
            return world.judge()
        case "advance":
            return world.advance(wire.Seconds.model_validate_json(body).seconds)
        case "add-pods":
            return world.add_pods(wire.Pods.model_validate_json(body).pods)
        case "remove-pods":
            return world.remove_pods(wire.Addresses.model_validate_json(body).addresses)
        case "set-healthy":
            pods = wire.Addresses.model_validate_json(body)
            return world.set_healthy(pods.addresses, healthy=pods.healthy)
        case "crash":
            died = wire.Crash.model_validate_json(body)
            return world.crash(died.addresses, restart=died.restart)
        case "disturb":
            pods = wire.Disturb.model_validate_json(body)
            return world.disturb(pods.addresses, error_share=pods.error_share, latency=pods.latency)
        case _:
            message = f"no such request: {path}"
            raise LookupError(message)
