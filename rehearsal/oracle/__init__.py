"""The routing oracle: where requests end, and which are lost, given what the AWS API holds.

Pure: a `Snapshot` in, a `Verdict` out. `Oracle` adds what clients still hold from earlier states.
"""

from rehearsal.oracle.clients import HOLD, Oracle
from rehearsal.oracle.verdict import Probe, ProbeVerdict, Verdict

__all__ = ["HOLD", "Oracle", "Probe", "ProbeVerdict", "Verdict"]
