"""A stage for a shift with no account: the stack, as its file says, brought up on an embedded AWS, under requests."""

import os
import shutil
import tempfile
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path

from components.errors import BlueGreenError
from infra.config import StackConfig
from rehearsal.aws import EmbeddedAws
from rehearsal.furnish import furnish
from rehearsal.play import clients
from rehearsal.providers import Providers
from rehearsal.story import SETTLE
from rollout.embedded import EmbeddedStack

__all__ = ["rehearsed"]


@contextmanager
def rehearsed(stack: str, config: StackConfig, root: Path) -> Generator[tuple[EmbeddedStack, EmbeddedAws, Path]]:
    """Yield the stack, its AWS, and the directory of the copy of the stack file that a rehearsal edits.

    Raises BlueGreenError where the stack does not come up.
    """
    with (
        EmbeddedAws.start(config.region) as aws,
        Providers(aws) as providers,
        tempfile.TemporaryDirectory(prefix="bluegreen-") as temporary,
        _environment(aws.environment()),
    ):
        copy = Path(shutil.copy(root / f"Pulumi.{stack}.yaml", temporary))
        furnish(aws, config)
        running = EmbeddedStack(stack, aws, providers.ports, copy.with_name("state.json"))
        if error := running.up(copy, lambda _urn: None):
            raise BlueGreenError(f"Pulumi.{stack}.yaml does not come up: {error}")
        aws.advance(SETTLE)
        aws.watch(clients(aws, [config]))
        aws.advance(SETTLE)
        yield running, aws, copy.parent


@contextmanager
def _environment(variables: Mapping[str, str]) -> Generator[None]:
    """Let boto3 of this process talk to the embedded AWS, to the end of the block."""
    before = dict(os.environ)
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
