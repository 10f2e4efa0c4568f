"""The package's provider, as the Pulumi CLI starts it: `pulumi package add …/package`."""

import sys

from pulumi.provider.experimental.server import main

from package.provider import BlueGreenProvider
from package.schema import VERSION

main(sys.argv[1:], VERSION, BlueGreenProvider())
