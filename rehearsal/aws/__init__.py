"""The embedded AWS: moto's API with AWS's refusals, a clock, and a tape of what calls do to traffic."""

from rehearsal.aws.client import EmbeddedAws
from rehearsal.aws.wire import Call
from rehearsal.oracle.state import Pod

__all__ = ["Call", "EmbeddedAws", "Pod"]
