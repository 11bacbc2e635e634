"""One turn of the loop: what was read is handled together, and what was written leaves together.

A write wakes whoever reads the other end. Sent one by one, with our own work in between, every write finds its reader
asleep again; sent together, the first wakes it and the others find it awake. On a virtual machine, where a wake-up is
an exit to the hypervisor, that is the larger part of what a request costs. In the same way our own code runs faster
when it is not interrupted by system calls.

What takes long waits until all else is done, and then a few are done in each turn: large reads, the first words of new
clients, new connections to engines. So a crowd that arrives at once, or is answered with megabytes, holds nobody up who
asks for a little on a connection that stands.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Protocol

from modelyard.runtime.http.inlet import Inlet

LARGE = 16 * 1024
"""Bytes of a read that takes long; those that bring many times as much count as so many."""
LONG_ONES = 4
"""How many of those that take long are done in a turn; each takes a tenth of a millisecond, about."""
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


class PatientReader(Reader, Protocol):
    """One whose reads may have to wait."""

    @property
    def inlet(self) -> Inlet:
        """Closed meanwhile."""
        ...


class Turn:
    """Collects reads and writes of many connections. The order of each is kept; the loop never sleeps over what is in
    here."""

    __slots__ = ("_long", "_loop", "_planned", "_reads", "_writes")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._planned = False
        self._reads: list[tuple[Reader, bytes]] = []
        self._writes: list[tuple[asyncio.Transport, bytes]] = []
        self._long: deque[tuple[PatientReader, bytes] | Callable[[], None]] = deque()

    def __repr__(self) -> str:
        return f"<Turn {len(self._reads)} reads, {len(self._long)} long ones, {len(self._writes)} writes>"

    def read(self, reader: Reader, data: bytes) -> None:
        """Hand `data` to `reader` in this turn, after all that came before it."""
        self._reads.append((reader, data))
        if not self._planned:
            self._plan()

    def read_later(self, reader: PatientReader, data: bytes) -> None:
        """Hand `data`, which takes long, to `reader` when all else is done; until then it is not read on."""
        reader.inlet.hold()
        self.do_later((reader, data))

    def do_later(self, job: tuple[PatientReader, bytes] | Callable[[], None]) -> None:
        """Do what takes long when all else is done."""
        self._long.append(job)
        if not self._planned:
            self._plan()

    def write(self, transport: asyncio.Transport, data: bytes) -> None:
        """Send `data` at the end of this turn."""
        self._writes.append((transport, data))
        if not self._planned:
            self._plan()

    def _plan(self) -> None:
        self._planned = True
        self._loop.call_soon(self._run)

    def _run(self) -> None:
        try:
            self.finish_reads()
            if self._long:
                self.finish_writes()
                self._do_some()
        finally:  # whatever broke, what is left has its turn
            self._planned = False
            if self._long:
                self._plan()
        self.finish_writes()

    def _do_some(self) -> None:
        room = LONG_ONES
        while self._long and room > 0:
            job = self._long.popleft()
            room -= 1
            if isinstance(job, tuple):
                room -= len(job[1]) // LARGE
                self._take(*job)
            else:
                try:
                    job()
                except Exception as error:
                    self._loop.call_exception_handler({"message": f"{job!r} broke", "exception": error})

    def _take(self, reader: PatientReader, data: bytes) -> None:
        try:
            reader.take(data)
        except Exception as error:
            self._broke(reader, error)
        reader.inlet.let_go()

    def _broke(self, reader: Reader, error: Exception) -> None:
        self._loop.call_exception_handler({"message": f"{reader!r} broke", "exception": error})
        reader.broke()

    def finish_reads(self, last_of: PatientReader | None = None) -> None:
        """Handle what was read now: a connection ends (`last_of`), and what it said before comes before that."""
        while self._reads:
            reads, self._reads = self._reads, []
            for number, (reader, data) in enumerate(reads, 1):
                try:
                    reader.take(data)
                except Exception as error:
                    self._broke(reader, error)
                if not number % TOGETHER:
                    self.finish_writes()
        if last_of is not None:
            self.finish_long(last_of)

    def finish_long(self, reader: PatientReader) -> None:
        """Hand `reader` what waits for its turn now."""
        if reader.inlet.held:
            for job in [job for job in self._long if isinstance(job, tuple) and job[0] is reader]:
                self._long.remove(job)
                self._take(*job)

    def finish_writes(self) -> None:
        """Send what was written now: a transport that may have something in here is about to be closed."""
        if self._writes:
            writes, self._writes = self._writes, []
            for transport, data in writes:
                if not transport.is_closing():
                    transport.write(data)
