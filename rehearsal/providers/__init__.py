"""The providers `aws`, `kubernetes` and `eks` for the resource types that the program uses."""

from rehearsal.providers.hosting import Providers

__all__ = ["Providers"]
