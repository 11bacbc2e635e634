"""A request's body as it arrives: gathered for routing, spooled when large, or passed on while it comes."""

from __future__ import annotations

import mmap
import tempfile
from collections.abc import Callable, Iterator
from typing import IO, Protocol

SPOOL_CHUNK = 64 * 1024


class BodySink(Protocol):
    """Where a body's bytes go once its request is granted."""

    def body_data(self, data: bytes) -> None:
        """More of the body."""
        ...

    def body_end(self) -> None:
        """The body is complete."""
        ...


class BodyBudget:
    """How much all gathered bodies together may hold in memory, in bytes; past it a body goes to disk."""

    __slots__ = ("limit", "per_body", "used")

    def __init__(self, limit: int = 64 << 20, per_body: int = 8 << 20) -> None:
        self.limit = limit
        self.per_body = per_body
        self.used = 0

    def __repr__(self) -> str:
        return f"<BodyBudget {self.used} of {self.limit}>"


class Body:
    """The body of one request.

    It gathers what arrives, in memory or (past the budget) in an unnamed temporary file, until somebody attaches a
    sink; from then on bytes pass. What was gathered can be sent again as long as nothing passed live (`replayable`).
    """

    _file: IO[bytes] | None = None
    _sink: BodySink | None = None
    _on_complete: Callable[[], None] | None = None
    size = 0
    complete = False
    replayable = True

    def __init__(self, budget: BodyBudget) -> None:
        self._budget = budget
        self._parts: list[bytes] = []

    def __repr__(self) -> str:
        return f"<Body {self.size} bytes{' complete' * self.complete}{' on disk' * (self._file is not None)}>"

    def feed(self, data: bytes) -> None:
        """More of the body arrived."""
        size = len(data)
        self.size += size
        if self._sink is not None:
            self.replayable = False
            self._sink.body_data(data)
        elif self._file is not None:
            self._file.write(data)
        else:
            budget = self._budget
            self._parts.append(data)
            budget.used += size
            if self.size > budget.per_body or budget.used > budget.limit:
                self._spool()

    def _spool(self) -> None:
        self._file = tempfile.TemporaryFile(prefix="modelyard-body-")  # noqa: SIM115  # closed in `release`
        self._file.writelines(self._parts)
        self._forget_parts()

    def _forget_parts(self) -> None:
        parts, self._parts = self._parts, []
        for part in parts:
            self._budget.used -= len(part)

    def finish(self) -> None:
        """The body is complete."""
        self.complete = True
        if self._sink is not None:
            self._sink.body_end()
        elif self._on_complete is not None:
            callback, self._on_complete = self._on_complete, None
            callback()

    def when_complete(self, callback: Callable[[], None]) -> None:
        """Call back once the whole body is here; at once if it is."""
        if self.complete:
            callback()
        else:
            self._on_complete = callback

    def view(self) -> bytes | memoryview:
        """The whole gathered body; a spooled one is mapped, so that reading it costs no memory of ours."""
        if self._file is not None:
            self._file.flush()
            return memoryview(mmap.mmap(self._file.fileno(), 0, access=mmap.ACCESS_READ)) if self.size else b""
        if len(self._parts) == 1:
            return self._parts[0]
        return b"".join(self._parts)

    @property
    def single(self) -> bytes | None:
        """The whole body where it is one piece in memory (empty where nothing came)."""
        if self._file is not None or len(self._parts) > 1:
            return None
        return self._parts[0] if self._parts else b""

    def replace(self, data: bytes) -> None:
        """Hold `data` instead of what was gathered."""
        self.release()
        self.size = 0
        self.replayable = True
        self.feed(data)

    def pieces(self) -> Iterator[bytes]:
        """What was gathered, in pieces that fit a socket's buffer; can be asked for again."""
        if self._file is None:
            yield from self._parts
            return
        self._file.flush()
        offset = 0
        with mmap.mmap(self._file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
            while offset < len(mapped):
                yield mapped[offset : offset + SPOOL_CHUNK]
                offset += SPOOL_CHUNK

    def attach(self, sink: BodySink) -> None:
        """Pass what arrives from now on to `sink`. The caller sends `pieces()` first."""
        self._sink = sink

    def detach(self) -> None:
        """Nobody wants the rest: it is dropped as it arrives."""
        self._sink = _DROP
        self._on_complete = None

    def release(self) -> None:
        """Forget what was gathered and close the file, if any. Cheap when there is nothing to forget."""
        if self._parts:
            self._forget_parts()
        if self._file is not None:
            self._file.close()
            self._file = None


class _Drop:
    def body_data(self, data: bytes) -> None:
        """Dropped."""

    def body_end(self) -> None:
        """Nothing to end."""


_DROP = _Drop()
