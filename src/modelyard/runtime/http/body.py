"""A request's body as it arrives: gathered for routing, spooled when large, or passed on while it comes."""

from __future__ import annotations

import mmap
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
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
    """How much all gathered bodies together may hold in memory, in bytes; past it a body goes to disk.

    One that has more than `largest` bytes is refused; None is no limit.
    """

    __slots__ = ("largest", "limit", "per_body", "used")

    def __init__(self, limit: int = 64 << 20, per_body: int = 8 << 20) -> None:
        self.limit = limit
        self.per_body = per_body
        self.largest: int | None = None
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
    _watcher: Callable[[bytes], None] | None = None
    _splices: tuple[tuple[int, int], ...] = ()
    _spliced = b""
    _held = False
    _charged = 0
    size = 0
    complete = False
    replayable = True

    def __init__(self, budget: BodyBudget, whole: bytes | None = None) -> None:
        """`whole` is all of it, where it is there already."""
        self._budget = budget
        if whole is None:
            self.parts: list[bytes] = []
            """What was gathered, while it is in memory. Once complete it is replaced, never emptied."""
            self._keep: Callable[[bytes], None] = self.parts.append
        else:
            self.parts = [whole] if whole else []
            self._keep = _ignore
            self.size = len(whole)
            self.complete = True

    def __repr__(self) -> str:
        return f"<Body {self.size} bytes{' complete' * self.complete}{' on disk' * (self._file is not None)}>"

    def feed(self, data: bytes) -> None:
        """More of the body arrived."""
        self.size += len(data)
        if self._watcher is not None:
            self._watcher(data)
        self._keep(data)

    def hold(self) -> None:
        """The body stays for a while, so from now on it counts: what exceeds the budget goes to disk."""
        if not self._held and self._sink is None:
            self._held = True
            if not self.complete:
                self._keep = self._keep_accounted
            self._charge(self.size)

    def _keep_accounted(self, data: bytes) -> None:
        if self._file is None:
            self.parts.append(data)
            self._charge(len(data))
        else:
            self._file.write(data)

    def _charge(self, size: int) -> None:
        self._charged += size
        self._budget.used += size
        if self._charged > self._budget.per_body or self._budget.used > self._budget.limit:
            self._file = tempfile.TemporaryFile(prefix="modelyard-body-")  # noqa: SIM115  # closed in `release`
            self._file.writelines(self.parts)
            self._forget_parts()

    def _pass_on(self, data: bytes) -> None:
        assert self._sink is not None
        self.replayable = False
        self._sink.body_data(data)

    def _forget_parts(self) -> None:
        self.parts = []
        if self._charged:
            self._budget.used -= self._charged
            self._charged = 0

    def finish(self) -> None:
        """The body is complete."""
        self.complete = True
        self._watcher = None
        self._keep = _ignore  # and not a method of ours: that would be a cycle, and the collector's business
        if self._sink is not None:
            sink, self._sink = self._sink, None  # the sink holds us, too
            sink.body_end()
        elif self._on_complete is not None:
            callback, self._on_complete = self._on_complete, None
            callback()

    def when_complete(self, callback: Callable[[], None]) -> None:
        """Call back once the whole body is here; at once if it is."""
        if self.complete:
            callback()
        else:
            self._on_complete = callback

    def watch(self, watcher: Callable[[bytes], None]) -> None:
        """Show `watcher` the whole body: what was gathered, and what comes as it comes."""
        for piece in self.pieces():
            watcher(piece)
        if not self.complete:
            self._watcher = watcher

    def view(self) -> bytes | memoryview:
        """The whole gathered body; a spooled one is mapped, so that reading it costs no memory of ours."""
        if self._file is not None:
            self._file.flush()
            return memoryview(mmap.mmap(self._file.fileno(), 0, access=mmap.ACCESS_READ)) if self.size else b""
        if len(self.parts) == 1:
            return self.parts[0]
        return b"".join(self.parts)

    @property
    def single(self) -> bytes | None:
        """The whole body where it is one piece in memory (empty where nothing came)."""
        if self._file is not None or len(self.parts) > 1:
            return None
        return self.parts[0] if self.parts else b""

    def replace(self, data: bytes) -> None:
        """Hold `data` instead of what was gathered."""
        self.release()
        self.size = len(data)
        self.parts = [data]
        self._held = False

    def splice(self, spans: Iterable[tuple[int, int]], data: bytes) -> None:
        """Put `data` in the place of each span of a complete body; what is on disk stays there.

        The spans are in order and do not overlap. From here on only `pieces`, `single` and `size` know of it.
        """
        spans = tuple(spans)
        if self._file is None:
            whole = self.view()
            ends = [0, *(end for _, end in spans)]
            begins = [*(begin for begin, _ in spans), len(whole)]
            kept = [bytes(whole[end:begin]) for end, begin in zip(ends, begins, strict=True)]
            self.replace(data.join(kept))
        else:
            self._splices, self._spliced = spans, data
            self.size += sum(len(data) - (end - begin) for begin, end in spans)

    def pieces(self) -> Iterator[bytes]:
        """What was gathered, in pieces that fit a socket's buffer; can be asked for again."""
        if self._file is None:
            yield from self.parts
            return
        self._file.flush()
        file = os.dup(self._file.fileno())  # whoever sends the rest may be slower than whoever answers
        try:
            offset = 0
            for begin, end in self._splices:
                yield from _read(file, offset, begin)
                yield self._spliced
                offset = end
            yield from _read(file, offset, os.fstat(file).st_size)
        finally:
            os.close(file)

    def attach(self, sink: BodySink) -> None:
        """Pass what arrives from now on to `sink`. The caller sends `pieces()` first."""
        self._sink = sink
        self._keep = self._pass_on

    def detach(self) -> None:
        """Nobody wants the rest: it is dropped as it arrives."""
        self._sink = None
        self._keep = _ignore
        self._on_complete = None
        self._watcher = None

    def release(self) -> None:
        """Forget what was gathered and close the file, if any."""
        if self.parts:
            self._forget_parts()
        if self._file is not None:
            self._file.close()
            self._file = None


def _read(file: int, begin: int, end: int) -> Iterator[bytes]:
    """Read, not mapped: the pages of a mapping would count as ours until the last of them is sent."""
    for offset in range(begin, end, SPOOL_CHUNK):
        yield os.pread(file, min(SPOOL_CHUNK, end - offset), offset)


def _ignore(data: bytes) -> None:
    """What comes now, nobody wants."""
