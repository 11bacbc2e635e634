"""How long an upstream may take for what (spec config 13 and 21, `timeouts`)."""

from __future__ import annotations

import socket
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Seconds; 0 is no limit. `expectContinue` has none here: no request of ours waits for a 100."""

    connect: float = 30.0
    """Until the connection stands."""
    keepalive: float = 30.0
    """Between TCP's own probes of a connection on which nothing moves; 0 sends none."""
    response_header: float = 0.0
    """From the end of the request to the head of its answer."""
    tls_handshake: float = 10.0
    """For the handshake, within the time to connect."""
    idle: float = 90.0
    """Until a connection that nobody uses is closed."""


DEFAULT_LIMITS = Limits()


def probe_idle_peer(connection: socket.socket, interval: float) -> None:
    """Let TCP find out that the other end is gone without a word."""
    if interval > 0:
        seconds = max(1, round(interval))
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, seconds)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, seconds)
