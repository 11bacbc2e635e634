"""Two sockets spliced: what was upgraded (WebSockets) passes raw in both directions until either side closes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from modelyard.runtime.http.inlet import Inlet

HIGH_WATER = 128 * 1024


class _Half(asyncio.Protocol):
    """Reads one socket and writes the other."""

    def __init__(self, ours: asyncio.Transport, closed: Callable[[], None]) -> None:
        self._ours = ours
        self.inlet = Inlet()
        self.inlet.open(ours)
        self._other: _Half | None = None
        self._closed = closed

    def join(self, other: _Half) -> None:
        """Meet the other half."""
        self._other = other

    def data_received(self, data: bytes) -> None:
        """asyncio: bytes for the other side."""
        if self._other is not None:
            self._other.write(data)

    def write(self, data: bytes) -> None:
        """Send what the other side said."""
        if not self._ours.is_closing():
            self._ours.write(data)

    def pause_writing(self) -> None:
        """asyncio: our socket is full, so the other side is not read."""
        if self._other is not None:
            self._other.inlet.pause()

    def resume_writing(self) -> None:
        """asyncio: our socket has drained."""
        if self._other is not None:
            self._other.inlet.resume()

    def eof_received(self) -> bool:
        """asyncio: this side is done; closing flushes what the other still has to get."""
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """asyncio: this side is closed, so the other closes, too."""
        other, self._other = self._other, None
        if other is not None:
            other._close()
            self._closed()

    def _close(self) -> None:
        self._other = None
        self._ours.close()


def splice(client: asyncio.Transport, upstream: asyncio.Transport, closed: Callable[[], None]) -> None:
    """Join two sockets. `closed` is called once, when the first of them closes."""
    client_half = _Half(client, closed)
    upstream_half = _Half(upstream, closed)
    client_half.join(upstream_half)
    upstream_half.join(client_half)
    for transport, half in ((client, client_half), (upstream, upstream_half)):
        transport.set_write_buffer_limits(high=HIGH_WATER)
        transport.set_protocol(half)
        if transport.is_closing():
            half.connection_lost(None)
            return
        half.inlet.let_go()
