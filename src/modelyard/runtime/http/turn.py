"""One turn of the loop: what was read is handled together, and what was written leaves together.

A write wakes whoever reads the other end. Sent one by one, with our own work in between, every write finds its reader
asleep again; sent together, the first wakes it and the others find it awake. On a virtual machine, where a wake-up is
an exit to the hypervisor, that is the larger part of what a request costs. In the same way our own code runs faster
when it is not interrupted by system calls.
"""

from __future__ import annotations

import asyncio
from typing import Protocol

TOGETHER = 32
"""Reads that are handled before what they brought forth leaves; most turns have fewer. Where a thousand streams speak
at once, the first need not wait for the last."""


class Reader(Protocol):
    """One connection, as far as its reads go."""

    def take(self, data: bytes) -> None:
        """Handle what was read."""
        ...

    def broke(self) -> None:
        """Handling what was read raised, which is a bug of ours: end the connection, and nobody waits for it."""
        ...


class Turn:
    """Collects reads and writes of many connections. Order is kept; the loop never sleeps over what is in here."""

    __slots__ = ("_loop", "_planned", "_reads", "_writes")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._planned = False
        self._reads: list[tuple[Reader, bytes]] = []
        self._writes: list[tuple[asyncio.Transport, bytes]] = []

    def __repr__(self) -> str:
        return f"<Turn {len(self._reads)} reads, {len(self._writes)} writes>"

    def read(self, reader: Reader, data: bytes) -> None:
        """Hand `data` to `reader` in this turn, after all that came before it."""
        self._reads.append((reader, data))
        if not self._planned:
            self._planned = True
            self._loop.call_soon(self._run)

    def write(self, transport: asyncio.Transport, data: bytes) -> None:
        """Send `data` at the end of this turn."""
        self._writes.append((transport, data))
        if not self._planned:
            self._planned = True
            self._loop.call_soon(self._run)

    def _run(self) -> None:
        self.finish_reads()
        self._planned = False
        self.finish_writes()

    def finish_reads(self) -> None:
        """Handle what was read now: a connection ends, and what it said before comes before that."""
        while self._reads:
            reads, self._reads = self._reads, []
            for number, (reader, data) in enumerate(reads, 1):
                try:
                    reader.take(data)
                except Exception as error:
                    self._loop.call_exception_handler({"message": f"{reader!r} broke", "exception": error})
                    reader.broke()
                if not number % TOGETHER:
                    self.finish_writes()

    def finish_writes(self) -> None:
        """Send what was written now: a transport that may have something in here is about to be closed."""
        if self._writes:
            writes, self._writes = self._writes, []
            for transport, data in writes:
                if not transport.is_closing():
                    transport.write(data)
