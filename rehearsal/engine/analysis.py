"""When policies are asked, and what follows from their answers."""

from collections.abc import Sequence

from rehearsal.engine.analyzer import Analyzer, Violation
from rehearsal.engine.calls import RefusalError
from rehearsal.engine.run import Run
from rehearsal.engine.state import ResourceState

__all__ = ["Analysis"]


class Analysis:
    """Asks every policy pack about each resource before it is touched, and about the stack at the end.

    A mandatory violation refuses an update of the resource; a preview goes on, to show them all.
    """

    def __init__(self, run: Run, analyzers: Sequence[Analyzer]) -> None:
        self._run = run
        self._analyzers = analyzers

    def judge(self, state: ResourceState) -> None:
        """Judge one resource by its checked inputs; raises RefusalError where a policy forbids it."""
        provider = self._run.states.get(state.provider_urn)
        for analyzer in self._analyzers:
            refused = self._report(analyzer.analyze(state, provider), state.urn)
            if refused and not self._run.preview:
                raise RefusalError(f"resource {state.urn} is invalid")

    def judge_stack(self) -> None:
        """Judge all resources together, as they now are."""
        for analyzer in self._analyzers:
            self._report(analyzer.analyze_stack(list(self._run.states.values())), "")

    def _report(self, violations: Sequence[Violation], urn: str) -> bool:
        for violation in violations:
            message = f"[{violation.level}] {violation.policy}: {violation.message}"
            if violation.level == "mandatory":
                self._run.fail(message, violation.urn or urn, stop=False)
            else:
                self._run.report("warning", message, violation.urn or urn)
        return any(violation.level == "mandatory" for violation in violations)
