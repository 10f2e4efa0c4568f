"""One stack on either engine, and its provider's record of calls."""

import shutil
import textwrap
from pathlib import Path

import pytest

from rehearsal.engine import Result
from rehearsal.engine.real import pulumi_on_path

from .things import THING, Things

ENGINES = [
    "embedded",
    pytest.param(
        "pulumi",
        marks=[
            pytest.mark.real_pulumi,
            pytest.mark.skipif(not pulumi_on_path(), reason="pulumi is not on PATH"),
        ],
    ),
]


class Stack:
    """Runs program texts, which find the SDK of things imported."""

    def __init__(self, engine, program: Path, things: Things) -> None:
        self.engine = engine
        self.things = things
        self._main = program / "__main__.py"
        self._seen = 0

    def program(self, text: str) -> None:
        # Python takes bytecode for fresh that has the text's length and second.
        shutil.rmtree(self._main.with_name("__pycache__"), ignore_errors=True)
        self._main.write_text(
            "import pulumi\n"
            "from pulumi import Output, ResourceOptions as Opts\n"
            "from tests.rehearsal.engine.things import *\n" + textwrap.dedent(text)
        )

    def up(self, text: str | None = None, **config: str) -> Result:
        if text is not None:
            self.program(text)
        return self.engine.up({f"p:{key}": value for key, value in config.items()})

    def preview(self, text: str | None = None, **config: str) -> Result:
        if text is not None:
            self.program(text)
        return self.engine.preview({f"p:{key}": value for key, value in config.items()})

    def calls(self) -> list[str]:
        """The provider's calls since the last time of asking."""
        calls = self.things.calls[self._seen :]
        self._seen = len(self.things.calls)
        return calls


def ops(result: Result) -> list[str]:
    """What happened to things, in order: `create a`."""
    assert result.error is None, result.error
    return [f"{step.op} {step.name}" for step in result.steps if step.type == THING]
