"""Names that the provider makes up: the logical name, a hyphen and seven hexadecimal digits."""

import hashlib
import secrets
from dataclasses import dataclass

from rehearsal.providers.errors import ProviderError
from rehearsal.providers.values import Props

__all__ = ["DEFAULTS", "AutoName", "unique_name"]

DEFAULTS = "__defaults"
"""The input that lists which others the provider filled in, as in every bridged provider."""

_DIGITS = 7


@dataclass(frozen=True)
class AutoName:
    """How a resource gets a name that its program does not give."""

    property: str = "name"
    limit: int = 255
    """The longest name that AWS takes. A longer one is refused, not cut."""

    def fill(self, logical_name: str, inputs: Props, old: Props, seed: bytes) -> None:
        """Add the name to `inputs` where it is missing: the old one if that was made up too.

        A resource that is to be replaced comes without its old inputs, and so gets a new name.

        Raises ProviderError where the logical name is too long for this resource.
        """
        if inputs.get(self.property) is not None:
            return
        kept = old[self.property] if self.property in old.get(DEFAULTS, ()) else None
        inputs[self.property] = kept or self._invent(logical_name, seed)
        inputs.setdefault(DEFAULTS, []).append(self.property)

    def _invent(self, logical_name: str, seed: bytes) -> str:
        name = unique_name(logical_name, seed, _DIGITS)
        if len(name) > self.limit:
            raise ProviderError(
                f"name '{logical_name}-' plus {_DIGITS} random chars is longer than maximum length {self.limit}"
            )
        return name


def unique_name(logical_name: str, seed: bytes, digits: int) -> str:
    """Add a hyphen and so many hexadecimal digits: always the same from the same seed, else random."""
    random = hashlib.sha256(seed + logical_name.encode()).hexdigest() if seed else secrets.token_hex(32)
    return f"{logical_name}-{random[:digits]}"
