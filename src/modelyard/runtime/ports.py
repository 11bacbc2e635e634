"""Is a port of this machine free? Asked before a model's process starts (R3), and again after one ended
(R4)."""

from __future__ import annotations

import errno
import ipaddress
import socket

LOCALHOST = ("127.0.0.1", "::1")


def loopback_addresses(host: str) -> tuple[str, ...]:
    """The loopback addresses that a host of a `proxy` URL means; empty if it means another machine or
    interface.

    `localhost` means both families, whatever the resolver says (R6).
    """
    if host.lower() == "localhost":
        return LOCALHOST
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return ()
    return (host,) if address.is_loopback else ()


def is_port_free(host: str, port: int) -> bool:
    """Whether a server could listen at `port` on every loopback address that `host` means.

    Connections in TIME_WAIT do not count, a listener on all interfaces does. Where we can't tell (a port
    that we may not bind, a family that this machine lacks) the port is taken for free.
    """
    return all(_can_bind(address, port) for address in loopback_addresses(host))


def _can_bind(address: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            # As servers do: passes over TIME_WAIT, but on Linux never over a listener.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            probe.bind((address, port))
    except OSError as error:
        return error.errno != errno.EADDRINUSE
    return True
