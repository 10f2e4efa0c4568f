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
        case "checkpoints":
            kept = world.checkpoints or []
            world.checkpoints = [] if wire.Checkpoints.model_validate_json(body).on else None
            return wire.CHECKPOINTS.dump_json(kept)
        case "allow":
            allowed = wire.Allow.model_validate_json(body)
            world.permissions.allow(allowed.caller, allowed.policy)
            return b""
        case "seen":
            return wire.SEEN.dump_json(world.permissions.seen(wire.Caller.model_validate_json(body).caller))
        case "document":
            return world.documents.get(wire.Document.model_validate_json(body).name, b"")
        case "keep":
            document = wire.Document.model_validate_json(body)
            world.documents[document.name] = document.content
            return b""
        case "trouble" | "held" | "let-go":
            return _trouble(world, path, body)
        case _:
            return _change(world, path, body).model_dump_json().encode()


def _trouble(world: World, path: str, body: bytes) -> bytes:
    if path == "trouble":
        world.trouble.plan(wire.Trouble.model_validate_json(body) if body else None)
    if path == "let-go":
        world.held = False
    return wire.Held(held=world.held).model_dump_json().encode()


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
