"""What the kernel knows of a TCP connection."""

from __future__ import annotations

import socket
import struct

_TCP_INFO_SIZE = 64
_LAST_DATA_SENT = 44
_LAST_DATA_RECEIVED = 52
"""Offsets in Linux' `struct tcp_info`, of milliseconds as unsigned 32 bits."""


def seconds_of_silence(connection: socket.socket) -> tuple[float, float] | None:
    """How long ago data was last sent, and last received; at first that is since it was connected.

    None where the system does not tell. Time that the machine was suspended does not count.
    """
    if not hasattr(socket, "TCP_INFO"):
        return None
    try:
        info = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _TCP_INFO_SIZE)
        (sent,) = struct.unpack_from("=I", info, _LAST_DATA_SENT)
        (received,) = struct.unpack_from("=I", info, _LAST_DATA_RECEIVED)
    except (OSError, struct.error):
        return None
    return sent / 1000, received / 1000
