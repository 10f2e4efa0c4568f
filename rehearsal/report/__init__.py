"""What a rehearsal under traffic has shown: a table for the terminal, and one HTML file with pictures."""

from collections.abc import Sequence
from pathlib import Path

from components.errors import BlueGreenError
from rehearsal.traffic.recording import Recording

__all__ = ["write_report"]


def write_report(recordings: Sequence[Recording], path: Path) -> None:
    """Write the recordings, one for each stack played, as one HTML file that needs nothing else.

    The directory is made where it is missing. Needs the extra `traffic`, for its charts. Raises BlueGreenError where
    the file cannot be written.
    """
    # The charts' library takes half a second to import, which a rehearsal without a report need not wait for.
    from rehearsal.report.page import render

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(render(recordings), encoding="utf-8")
    except OSError as error:
        raise BlueGreenError(f"--report {path}: cannot be written: {error.strerror}; name another file") from None
