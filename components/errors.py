"""The one exception hierarchy; a command line catches only this."""

__all__ = ["BlueGreenError", "ConfigError"]


class BlueGreenError(Exception):
    """Something the user can mend: its text is what was given, the rule, and the way out."""


class ConfigError(BlueGreenError):
    """A stack's configuration breaks a rule; nothing has been created."""
