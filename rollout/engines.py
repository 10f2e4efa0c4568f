"""What a command that changes a stack works on."""

from enum import StrEnum

__all__ = ["EngineChoice"]


class EngineChoice(StrEnum):
    """The stack itself, or a stand-in."""

    PULUMI = "pulumi"
    """The stack, by the Pulumi CLI."""
    REHEARSAL = "rehearsal"
    """A copy of its file, on an embedded AWS."""
