"""What a rollout left behind, as untrusted input: a journal and a state that were cut, scribbled over or swapped."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.errors import BlueGreenError
from components.traffic import Colour, Weights
from rehearsal.engine.state import load
from rollout.lock import DIRECTORY, Note, holder, lock
from tests.fuzz.hostile import values

NOTE = (
    '{"doing":"shift to green","pid":1,"host":"a","since":"2026-01-01T00:00:00Z",'
    '"to":"green","weights":{"blue":50,"green":50}}'
)
SCRIBBLES = (
    st.binary()
    | st.integers(0, len(NOTE)).map(lambda end: NOTE[:end].encode())
    | values.map(lambda each: str(each).encode("utf-8", "replace"))
)


@pytest.fixture(scope="module")
def journal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("left") / DIRECTORY / "dev-bj.json"
    path.parent.mkdir()
    return path


@given(written=SCRIBBLES)
def test_a_journal_is_a_note_or_says_nothing(written: bytes, journal: Path) -> None:
    journal.write_bytes(written)
    root = journal.parents[1]
    assert holder("dev-bj", root) is None
    with lock("dev-bj", "retire blue", root) as found:
        assert found.found is None or isinstance(found.found, Note)
        found.end()
    assert journal.read_bytes() == b""


def test_a_whole_note_is_read(journal: Path) -> None:
    journal.write_text(NOTE, encoding="utf-8")
    with lock("dev-bj", "shift to green", journal.parents[1]) as found:
        assert found.found
        assert (found.found.to, found.found.weights) == (Colour.GREEN, Weights(50, 50))


@pytest.mark.parametrize("where", [DIRECTORY, DIRECTORY / "dev-bj.json"])
def test_a_journal_that_cannot_be_written_is_told(where: Path, tmp_path: Path) -> None:
    if where == DIRECTORY:
        (tmp_path / where).write_text("", encoding="utf-8")
    else:
        (tmp_path / where).mkdir(parents=True)
    with pytest.raises(BlueGreenError, match="a rollout notes there what it does"), lock("dev-bj", "shift", tmp_path):
        pass


@given(written=st.binary(min_size=1) | values.map(lambda each: str(each).encode("utf-8", "replace")))
def test_a_state_is_read_or_refused(written: bytes, journal: Path) -> None:
    path = journal.with_name("state.json")
    path.write_bytes(written)
    try:
        assert load(path) == []
    except BlueGreenError as error:
        assert str(error).startswith(f"{path}: is not a stack's state")  # noqa: PT017 - either is fine, and nothing else
