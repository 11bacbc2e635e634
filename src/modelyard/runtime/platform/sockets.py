"""What the kernel knows of a TCP connection."""

from __future__ import annotations

import asyncio
import os
import socket
import struct
from collections.abc import Iterator

LAST_WORDS = 256 * 1024
"""Bytes that are read at most of a connection that has ended."""
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


def unread(transport: asyncio.BaseTransport) -> Iterator[bytes]:
    """What came on a connection that has ended, and was not read: a failed write ends a transport before it reads on.

    To be asked in `connection_lost`, while the socket is still open. Of an encrypted connection nothing can be said.
    """
    connection = transport.get_extra_info("socket")
    if connection is None or transport.get_extra_info("ssl_object") is not None:
        return
    try:
        with socket.socket(fileno=os.dup(connection.fileno())) as same:
            same.setblocking(False)
            left = LAST_WORDS
            while left > 0 and (data := same.recv(left)):
                left -= len(data)
                yield data
    except OSError:
        return
