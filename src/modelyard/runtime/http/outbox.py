"""Writes gathered over one turn of the loop and sent together at its end.

A write wakes whoever reads the other end. Sent one by one, with our own work in between, every write finds its reader
asleep again; sent together, the first wakes it and the others find it awake. On a virtual machine, where a wake-up is
an exit to the hypervisor, that is the larger part of what a request costs.
"""

from __future__ import annotations

import asyncio


class Outbox:
    """Collects writes of many transports. Order is kept; the loop never sleeps over what is in here."""

    __slots__ = ("_loop", "_pending")

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._pending: list[tuple[asyncio.Transport, bytes]] = []

    def __repr__(self) -> str:
        return f"<Outbox {len(self._pending)} writes>"

    def write(self, transport: asyncio.Transport, data: bytes) -> None:
        """Send `data` at the end of this turn."""
        if not self._pending:
            if self._loop is None:
                self._loop = asyncio.get_running_loop()
            self._loop.call_soon(self.flush)
        self._pending.append((transport, data))

    def flush(self) -> None:
        """Send now. To be called before a transport that may have something in here is closed."""
        if self._pending:
            pending, self._pending = self._pending, []
            for transport, data in pending:
                if not transport.is_closing():
                    transport.write(data)
