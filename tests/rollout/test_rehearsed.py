import pytest

from rehearsal.aws import Call
from rehearsal.oracle import ProbeVerdict, Verdict
from rehearsal.traffic.recording import Tally
from rollout.rehearsed import outcome


def call(number: int, lost: float = 0) -> Call:
    probe = ProbeVerdict(service="dkms", shares={}, lost=lost, reasons=())
    verdict = Verdict(at=0, watching=True, probes=(probe,))
    return Call(number=number, at=0, service="elb", operation="ModifyListener", summary="listener x", verdict=verdict)


@pytest.mark.parametrize(
    ("calls", "tally", "told", "lost"),
    [
        ([], None, "after each of 0 AWS calls: 0 % of traffic lost", False),
        ([call(97)], None, "after each of 1 AWS call: 0 % of traffic lost", False),
        ([call(97), call(98, 50)], None, "after call 98, ModifyListener: 50 % of traffic lost", True),
        (
            [call(97)],
            Tally(sent=12431, peer=2, reset=3),
            "after each of 1 AWS call: 0 % of traffic lost · 12 431 requests, 0 failed, 3 reset, 2 to the other region",
            False,
        ),
        (
            [call(97)],
            Tally(sent=9, failed=1),
            "after each of 1 AWS call: 0 % of traffic lost · 9 requests, 1 failed, 0 reset, 0 to the other region",
            True,
        ),
    ],
)
def test_what_a_rehearsal_says_in_the_end(calls: list[Call], tally: Tally | None, told: str, lost: bool) -> None:
    text, found = outcome(calls, tally)
    assert (text.replace("\N{NO-BREAK SPACE}", " "), found) == (told, lost)
