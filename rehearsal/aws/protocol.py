# pyright: reportUnknownVariableType=false, reportUnknownMemberType=false, reportUnknownArgumentType=false
# botocore has no types; what leaves this module is typed.
"""AWS's wire protocols, by moto's parsers and botocore's models: which operation, with what, failed how."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from botocore.parsers import create_parser
from moto.core.parse import PROTOCOL_PARSERS
from moto.core.request import Request, determine_request_protocol
from moto.core.routing import get_service_router
from moto.core.utils import get_service_model

__all__ = ["Operation", "error_code", "identify"]

_SCOPE = re.compile(r"Credential=([^/]+)/\d+/[^/]+/([^/]+)/aws4_request")
_SERVICES = {"elasticloadbalancing": "elbv2", "monitoring": "cloudwatch"}
"""botocore's names of services that sign with another one."""


@dataclass(frozen=True, slots=True)
class Operation:
    """A call: `elbv2`, `ModifyListener`, and its parameters by the names of AWS's API reference."""

    service: str
    name: str
    params: Mapping[str, Any]
    protocol: str = "query"
    """botocore's name of the protocol that the client chose: a service may speak several."""
    caller: str = ""
    """Access key id of who calls, which is no secret."""
    token: str = ""
    """What an SDK sends with each attempt at a call that is to be carried out once."""

    @property
    def mutates(self) -> bool:
        """Whether it can change anything."""
        return not self.name.startswith(("Describe", "Get", "List"))

    @property
    def creates(self) -> bool:
        """Whether it makes something with an id of its own."""
        return self.name.startswith(("Allocate", "Authorize", "Create"))


def identify(request: Request) -> Operation:
    """Read a signed request; the signature's scope names the service, as it does for AWS.

    Raises LookupError for a request that is not signed, or no operation of its service.
    """
    scope = _SCOPE.search(request.headers.get("Authorization", ""))
    if scope is None:
        message = "the request is not signed (AWS signature version 4)"
        raise LookupError(message)
    service = _SERVICES.get(scope[2], scope[2])
    operation, uri_params = get_service_router(service).match(request)
    protocol = determine_request_protocol(get_service_model(service), request.content_type)
    params = PROTOCOL_PARSERS[protocol](operation).parse(
        {
            "method": request.method,
            "values": request.values,
            "headers": request.headers,
            "body": request.data,
            "url_path": request.path,
            "url_params": uri_params,
        }
    )
    members = cast("list[str]", operation.idempotent_members)
    token = next((params[member] for member in members if member in params), "")
    return Operation(service, str(operation.name), params, protocol, scope[1], token)


def error_code(operation: Operation, status: int, headers: Mapping[str, str], body: bytes) -> str | None:
    """Return AWS's error code of a failed answer, None of a good one."""
    if status < 300:
        return None
    parser = create_parser(operation.protocol)
    answer = {"status_code": status, "headers": headers, "body": body}
    return parser.parse(answer, None)["Error"]["Code"]
