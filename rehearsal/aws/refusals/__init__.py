"""What AWS refuses and moto accepts: functions of a call's parameters and of what is held.

They raise moto's own error with AWS's code, which moto writes in the shape of the service's protocol.
"""

from collections.abc import Mapping
from typing import Any

from moto.core.exceptions import ServiceException

__all__ = ["Params", "Refusal"]

Params = Mapping[str, Any]
"""Parameters of a call by the names of AWS's API reference."""


class Refusal(ServiceException):
    """A call that AWS refuses: its error code and message."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code, message)
