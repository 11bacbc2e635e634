"""Whether a connection is read: not while somebody is slower than it, nor while what it brought waits for its turn."""

from __future__ import annotations

import asyncio


class Inlet:
    """The reading side of one connection. Nothing here minds a connection that is gone."""

    __slots__ = ("_transport", "held", "paused")

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self.paused = False
        """Whether somebody is slower than the connection."""
        self.held = False
        """Whether what was read waits for its turn."""

    def __repr__(self) -> str:
        return f"<Inlet{' paused' * self.paused}{' held' * self.held}>"

    def open(self, transport: asyncio.Transport) -> None:
        """The connection has this socket."""
        self._transport = transport

    def close(self) -> None:
        """The socket is closed, or somebody else's."""
        self._transport = None

    def pause(self) -> None:
        """Whoever takes what is read is slower: do not read on."""
        if not self.paused and self._transport is not None:
            self.paused = True
            _stop(self._transport)

    def resume(self) -> None:
        """He has caught up."""
        if self.paused and self._transport is not None:
            self.paused = False
            if not self.held:
                self._read_on(self._transport)

    def hold(self) -> None:
        """What was read waits for its turn: nothing may overtake it."""
        self.held = True
        if self._transport is not None:
            _stop(self._transport)

    def let_go(self) -> None:
        """It has had its turn."""
        self.held = False
        if self._transport is not None and not self.paused:
            self._read_on(self._transport)

    def _read_on(self, transport: asyncio.Transport) -> None:
        transport.resume_reading()
        if _is_encrypted(transport):  # behind the read that this has planned
            asyncio.get_running_loop().call_soon(self._widen)

    def _widen(self) -> None:
        if self._transport is not None and not (self.paused or self.held):
            _limit(self._transport, None)


def _stop(transport: asyncio.Transport) -> None:
    """Do not read the socket either, where TLS is between: its end would take what was not decrypted yet with it."""
    transport.pause_reading()
    if _is_encrypted(transport):
        _limit(transport, 1)


def _is_encrypted(transport: asyncio.Transport) -> bool:
    return hasattr(transport, "set_read_buffer_limits")  # those of plain sockets have no buffer to read from


def _limit(transport: asyncio.Transport, high: int | None) -> None:
    """How many bytes are read before they can be decrypted and handed on; None: as many as is usual."""
    if not transport.is_closing():
        transport.set_read_buffer_limits(high=high)  # type: ignore[attr-defined]  # typeshed knows no TLS transport
