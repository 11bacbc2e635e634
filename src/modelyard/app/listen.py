"""Listen addresses: `host:port` as the flag writes them (spec config 2)."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

MAX_PORT = 65535


@dataclass(frozen=True, slots=True)
class Address:
    """Where to listen. An empty host means all interfaces."""

    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    def url(self, scheme: str) -> str:
        """The base URL under which this machine reaches it."""
        reachable = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}
        return f"{scheme}://{Address(reachable.get(self.host, self.host), self.port)}"


def parse_address(text: str) -> Address:
    """Read `host:port`, `:port` or `[v6]:port`. Raises ValueError with what is wrong and the remedy."""
    host, separator, port = text.rpartition(":")
    if not separator or not port.isascii() or not port.isdigit():
        raise ValueError(
            f"listen address {text!r} is not host:port (write 127.0.0.1:8080, or :8080 for all interfaces)"
        )
    if int(port) > MAX_PORT:
        raise ValueError(f"listen address {text!r}: {port} is no port (write a number up to {MAX_PORT})")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        raise ValueError(f"listen address {text!r}: an IPv6 host needs brackets (write [::1]:8080)")
    return Address(host, int(port))


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach the host."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def advice(address: Address) -> str | None:
    """What to tell somebody who opens the endpoint to the network; None where there is nothing to tell."""
    if is_loopback(address.host):
        return None
    return (
        f"listening on {address}, which other machines can reach and nothing protects; "
        f"use -listen 127.0.0.1:{address.port} unless you mean that"
    )
