"""What a provider reports to the engine in one line."""

from components.errors import BlueGreenError

__all__ = ["ProviderError"]


class ProviderError(BlueGreenError):
    """A resource cannot be had as asked: what was asked, and who refused it with which words."""
