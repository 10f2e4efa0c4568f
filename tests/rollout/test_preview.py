"""What is not a preview, or not the one that was asked for, is refused in words."""

import json

import pytest

from policies.stack import UNKNOWN
from rollout.preview import PreviewError, parse
from tests.rollout.recorded import PREVIEWS, preview

CANARY = (PREVIEWS / "shared-nlb-canary.json").read_bytes()


@pytest.mark.parametrize(
    ("text", "stack", "words"),
    [
        (b"", "prod-bj", "p.json: is empty; write it again, whole: pulumi preview --json > FILE"),
        (b" \n", "prod-bj", "is empty"),
        (CANARY[: len(CANARY) // 2], "prod-bj", "is not whole JSON, perhaps cut off (EOF"),
        (b"Previewing update (prod-bj)", "prod-bj", "is not whole JSON"),
        (b"[]", "prod-bj", "is not what pulumi preview --json writes"),
        (b"{}", "prod-bj", "holds neither steps nor configuration"),
        (b'{"steps": 3}', "prod-bj", "is not what pulumi preview --json writes (steps:"),
        (b'{"steps": [{"op": "same"}]}', "prod-bj", "(steps.0.urn: field required)"),
        (b'{"steps": [{"op": "same", "urn": "x"}]}', "prod-bj", "(steps.0.urn:"),
        (b'{"sequence": 1}\n{"sequence": 2}', "prod-bj", "holds more than one JSON document"),
        (CANARY.replace(b"::dkms::", b"::web::"), "prod-bj", "is of the project web; give a preview of dkms"),
        (CANARY, "qa-bj", "is of the stack prod-bj, not of qa-bj"),
        (b"\xff\xfe", "prod-bj", "is not whole JSON"),
    ],
)
def test_something_else_is_refused(text: bytes, stack: str, words: str) -> None:
    with pytest.raises(PreviewError) as refused:
        parse(text, "p.json", stack)
    assert words in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_preview_that_failed_before_its_first_step_is_one() -> None:
    failed = {"config": {}, "diagnostics": [{"severity": "error", "message": "error: no such stack file"}]}
    assert parse(json.dumps(failed).encode(), "p.json", "prod-bj").errors == ("error: no such stack file",)


def test_what_is_not_known_yet_is_marked() -> None:
    replaced = preview("shared-nlb-replaced-target-group")
    listener = next(step for step in replaced.steps if step.name == "dkms-blue-alb" and "listener" in step.type)
    assert listener.after is not None
    assert listener.after.props["defaultActions"] == [
        {"forward": {"targetGroups": [{"arn": UNKNOWN, "weight": 100}]}, "type": "forward"}
    ]


def test_a_replacement_is_one_step() -> None:
    urn = "urn:pulumi:prod-bj::dkms::aws:lb/targetGroup:TargetGroup::dkms-blue-alb"
    ops = ["create-replacement", "replace", "delete-replaced"]
    read = parse(json.dumps({"steps": [{"op": op, "urn": urn} for op in ops]}).encode(), "p.json", "prod-bj")
    assert [step.op for step in read.steps] == ["replace"]


def test_components_and_reads_touch_nothing() -> None:
    created = preview("shared-nlb-as-is-to-to-be")
    components = [step for step in created.steps if step.type.startswith("bluegreen:")]
    assert components
    assert not any(step.touches for step in components)
    assert sum(step.touches for step in created.steps) == 31
