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


CLIENT_PROBE = 30.0
"""Seconds between TCP's own probes of a client on whose connection nothing moves."""
CLIENT_SILENCE = 120.0
"""Seconds after which a client is taken for gone that acknowledges nothing of what it was sent."""

CLIENT_UNSENT = 64 * 1024
"""Bytes that the kernel may keep of what was not sent to a client yet. By itself it would take megabytes."""


def keep_little_unsent(connection: socket.socket) -> None:
    """Let us hear early that a client is slow, and the kernel hold little for it."""
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, CLIENT_UNSENT)


def give_up_lost_peer(connection: socket.socket) -> None:
    """Let TCP find out soon that a client is gone without a word: its machine sleeps, or its network is another one.

    By itself it would take two hours on a connection where nothing moves, and a quarter of one where something does.
    """
    probe_idle_peer(connection, CLIENT_PROBE)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, round(CLIENT_SILENCE * 1000))


def probe_idle_peer(connection: socket.socket, interval: float) -> None:
    """Let TCP find out that the other end is gone without a word."""
    if interval > 0:
        seconds = max(1, round(interval))
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, seconds)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, seconds)
