"""What a step of a shift may change: weights, and nothing else. Pure."""

from collections.abc import Iterator

from rollout.impact.case import Case
from rollout.impact.resources import named
from rollout.impact.risks import contradicts, more_than_weights, nobody_answers, refused

__all__ = ["objections"]

_RULES = (refused, nobody_answers, contradicts, more_than_weights)


def objections(case: Case) -> Iterator[str]:
    """Find what keeps a preview from being a step of a shift."""
    for rule in _RULES:
        for risk in rule(case):
            what = f": {', '.join(risk.resources[:6])}" if risk.resources else ""
            yield f"{risk.title}{what}. {risk.consequence}"
    if case.changed and not case.switching.moves:
        yield f"no weights would change, but {', '.join(named(case.changed)[:6])}"
