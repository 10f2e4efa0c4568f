"""Messages of DNS, as bytes: the one place that knows dnslib."""

# dnslib has no types; what leaves this module has.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportAttributeAccessIssue=false

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from dnslib import CNAME, QTYPE, RCODE, RR, A, DNSError, DNSRecord

__all__ = ["MalformedError", "Query", "Reply", "Resource", "pack_query", "pack_reply", "read_query", "read_reply"]


class MalformedError(ValueError):
    """Bytes that are no message of DNS."""


class Query(NamedTuple):
    """A question, with the number that its answer repeats."""

    ident: int
    name: str
    type: str


class Resource(NamedTuple):
    """One record of an answer; its TTL is in seconds."""

    name: str
    type: Literal["A", "CNAME"]
    value: str
    ttl: int


class Reply(NamedTuple):
    """An answer; `exists` is false for a name that does not."""

    ident: int
    exists: bool
    resources: tuple[Resource, ...]


def pack_query(query: Query) -> bytes:
    """Return a question as bytes."""
    message = DNSRecord.question(query.name, query.type)
    message.header.id = query.ident
    return bytes(message.pack())


def read_query(data: bytes) -> Query:
    """Read a question; raises MalformedError."""
    message = _parse(data)
    return Query(int(message.header.id), str(message.q.qname).rstrip("."), str(QTYPE.get(message.q.qtype)))


def pack_reply(question: bytes, resources: Sequence[Resource] | None) -> bytes:
    """Return the answer to a question as bytes; None says that the name does not exist."""
    message = _parse(question).reply(ra=0)
    if resources is None:
        message.header.rcode = RCODE.NXDOMAIN
    for name, kind, value, ttl in resources or ():
        message.add_answer(RR(name, getattr(QTYPE, kind), rdata={"A": A, "CNAME": CNAME}[kind](value), ttl=ttl))
    return bytes(message.pack())


def read_reply(data: bytes) -> Reply:
    """Read an answer; raises MalformedError."""
    message = _parse(data)
    resources = [
        Resource(str(record.rname).rstrip("."), kind, str(record.rdata).rstrip("."), int(record.ttl))
        for record in message.rr
        if (kind := QTYPE.get(record.rtype)) in ("A", "CNAME")
    ]
    return Reply(int(message.header.id), message.header.rcode != RCODE.NXDOMAIN, tuple(resources))


def _parse(data: bytes) -> DNSRecord:
    try:
        return DNSRecord.parse(data)
    except DNSError as error:
        raise MalformedError(str(error)) from error
