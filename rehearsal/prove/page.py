"""What was explored, as one HTML page that needs nothing else."""

from rehearsal.prove.model import Group, Mode, Proof, counted
from rehearsal.report.page import template

__all__ = ["render"]


def render(proof: Proof) -> str:
    """Return the page."""
    modes = [mode for mode in Mode if mode is not Mode.NOTHING]
    return template("proof.html.j2").render(
        proof=proof, groups=[group for group in Group if group is not Group.MUTANTS], modes=modes, cell=counted
    )
