"""What `pulumi up` deploys: one stack's network, chain of traffic and clusters."""

import pulumi
from pulumi.runtime.config import CONFIG

from components.errors import ConfigError
from infra.config import parse
from infra.program import deploy


def main() -> None:
    """Read the stack's configuration and deploy it; a configuration error creates nothing."""
    try:
        # The whole map, not one key at a time: a misspelt key must not be passed over.
        config = parse(CONFIG.get(), f"Pulumi.{pulumi.get_stack()}.yaml")
    except ConfigError as error:
        raise pulumi.RunError(str(error)) from None
    deploy(config)


main()
