"""The logs: what the daemon says, what the models print, and who reads along (spec http 15).

Writers never wait (R30, R54). A daemon line is appended to a list; a few milliseconds later at most, or when somebody
asks, the list goes, as one piece, into the rings, to the readers and to stdout. A reader has a bounded buffer of its
own and loses what does not fit; it is told how much.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from types import MappingProxyType

import msgspec

from modelyard.runtime.clock import Clock, SystemClock
from modelyard.runtime.logtime import time_prefix

RING_SIZE = 100 * 1024
"""Bytes of history that each log keeps."""

READER_SIZE = 256 * 1024
"""Bytes that a reader may lag behind before it loses some."""

FLUSH = 0.005
"""Seconds that lines wait for others: writing each turn's by themselves would be a tenth of all work in busy times."""

COMBINED = ""
DAEMON = "proxy"
MODELS = "upstream"

_LEVELS: Mapping[str, int] = MappingProxyType({"debug": 0, "info": 1, "warn": 2, "error": 3})
_ECHOED: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "proxy": frozenset({DAEMON}),
        "upstream": frozenset({MODELS}),
        "both": frozenset({DAEMON, MODELS}),
        "none": frozenset(),
    }
)

# Text from the network must not be able to forge lines or to steer a terminal: C0, DEL, C1, and the
# characters that some readers take for the end of a line or for a change of direction.
_ESCAPES = {
    code: f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"
    for code in (*range(32), *range(127, 160), 0x2028, 0x2029, *range(0x202A, 0x202F), *range(0x2066, 0x206A))
} | {ord("\n"): "\\n", ord("\r"): "\\r", ord("\t"): "\\t"}

_JSON_ESCAPES = {code: f"\\u{code:04x}" for code in _ESCAPES if code > 31}
"""Of those, what JSON itself leaves as it is."""

_PRINTABLE = bytes(range(32, 127))

_SYSTEM_CLOCK = SystemClock()


class Subscription:
    """One reader of one log. Holds at most `READER_SIZE` bytes; what comes beyond is lost and counted."""

    def __init__(
        self,
        on_close: Callable[[Subscription], None],
        on_news: Callable[[], None] | None = None,
        limit: int = READER_SIZE,
    ) -> None:
        """`on_news` is called whenever there is something to take, for a reader that waits for other things too."""
        self._on_close = on_close
        self._on_news = on_news
        self._limit = limit
        self._pieces: list[bytes] = []
        self._size = 0
        self._dropped = 0
        self._closed = False
        self._waiter: asyncio.Future[None] | None = None

    def __repr__(self) -> str:
        return f"<Subscription {self._size} bytes waiting, {self._dropped} dropped{', closed' * self._closed}>"

    def push(self, data: bytes) -> None:
        """Offer data to the reader. Never waits."""
        if self._size + len(data) > self._limit:
            self._dropped += len(data)
        else:
            self._note_loss()
            self._pieces.append(data)
            self._size += len(data)
        self._wake()

    def take(self) -> bytes:
        """All that has come since the last time, with a note where some was lost."""
        self._note_loss()
        data = b"".join(self._pieces)
        self._pieces.clear()
        self._size = 0
        return data

    async def read(self) -> bytes:
        """Wait until there is something to take; empty once closed and read to the end. One reader at a
        time."""
        while not self._pieces and not self._dropped and not self._closed:
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
        return self.take()

    def close(self) -> None:
        """End the subscription; a waiting `read` returns."""
        if not self._closed:
            self._closed = True
            self._on_close(self)
            self._wake()

    def _note_loss(self) -> None:
        if self._dropped:
            self._pieces.append(f"\n— {self._dropped} bytes dropped —\n".encode())
            self._dropped = 0

    def _wake(self) -> None:
        if self._on_news is not None:
            self._on_news()
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


class _Ring:
    """The last `RING_SIZE` bytes of one log, and its readers."""

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._next = 0
        self.written = 0
        self.readers: set[Subscription] = set()

    def write(self, data: bytes) -> None:
        self.written += len(data)
        self._keep(data[-RING_SIZE:])
        for reader in self.readers:
            reader.push(data)

    def _keep(self, data: bytes) -> None:
        if len(self._bytes) < RING_SIZE:
            room = RING_SIZE - len(self._bytes)
            self._bytes += data[:room]
            data = data[room:]
        end = self._next + len(data)
        if end <= RING_SIZE:
            self._bytes[self._next : end] = data
        else:
            split = RING_SIZE - self._next
            self._bytes[self._next :] = data[:split]
            end -= RING_SIZE
            self._bytes[:end] = data[split:]
        self._next = end % RING_SIZE

    def history(self) -> bytes:
        return bytes(self._bytes[self._next :] + self._bytes[: self._next])

    def since(self, position: int) -> bytes:
        missed = self.written - position
        return self.history()[-missed:] if missed > 0 else b""

    def subscribe(self, on_news: Callable[[], None] | None = None) -> Subscription:
        reader = Subscription(self.readers.discard, on_news)
        self.readers.add(reader)
        return reader


class ModelLog:
    """What one model prints, across all its lives."""

    def __init__(self, ring: _Ring, publish: Callable[[bytes], None]) -> None:
        self._ring = ring
        self._publish = publish

    @property
    def written(self) -> int:
        """Bytes ever written: a mark to give to `tail`."""
        return self._ring.written

    def write(self, data: bytes) -> None:
        """Add raw output. Never waits."""
        self._ring.write(data)
        self._publish(data)

    def tail(self, lines: int, *, since: int = 0) -> list[str]:
        """The last `lines` lines that are not blank, of what was written after the mark `since`."""
        fresh = min(self._ring.written - since, RING_SIZE)
        text = self._ring.history()[-fresh:].decode(errors="replace") if fresh else ""
        return [line.rstrip() for line in text.splitlines() if line.strip()][-lines:]


class DaemonLog:
    """The daemon's own lines: `[TIME ][LEVEL] message`, or one JSON object each, with `time`, `level`, `message` and
    what else is known. Control characters are escaped in both."""

    is_structured = False
    """Whether lines are JSON objects."""

    def __init__(self, emit: Callable[[bytes], None], clock: Clock) -> None:
        self._emit = emit
        self._clock = clock
        self._threshold = _LEVELS["info"]
        self._prefix: Callable[[float], str] | None = None

    def configure(self, *, level: str, time_format: str, structured: bool = False) -> None:
        """Apply `logLevel` (an unknown one means info), `logTimeFormat` (an unknown one means no time; JSON has its
        own) and `logFormat`."""
        self._threshold = _LEVELS.get(level.strip().lower(), _LEVELS["info"])
        self._prefix = time_prefix(time_format)
        self.is_structured = structured

    @property
    def is_debugging(self) -> bool:
        """Whether `debug` says anything: for those who would put together a line for every request."""
        return self._threshold <= 0

    def debug(self, message: str) -> None:
        """For those who look for a fault."""
        if self._threshold <= 0:
            self._line("DEBUG", message)

    def info(self, message: str) -> None:
        """What happened."""
        if self._threshold <= 1:
            self._line("INFO", message)

    def info_bytes(self, message: bytes) -> None:
        """`info` for what is at hand as bytes, mostly UTF-8: the request log, which has a line for every request."""
        if self._threshold > 1:
            return
        if self._prefix is None and not self.is_structured and not message.translate(None, _PRINTABLE):
            self._emit(b"[INFO] %b\n" % message)
        else:
            self._line("INFO", message.decode(errors="backslashreplace"))

    def info_fields(self, message: str, fields: Mapping[str, object]) -> None:
        """`info` with what belongs to it, as data for JSON; only where the log `is_structured`."""
        if self._threshold <= 1:
            self._object("INFO", message, fields)

    def warn(self, message: str) -> None:
        """Something that somebody should look at when there is time."""
        if self._threshold <= 2:
            self._line("WARN", message)

    def error(self, message: str) -> None:
        """Something failed."""
        self._line("ERROR", message)

    def _object(self, level: str, message: str, fields: Mapping[str, object]) -> None:
        time = datetime.fromtimestamp(self._clock.wall(), UTC)
        entry = {"time": time, "level": level.lower(), "message": message, **fields}
        line = msgspec.json.encode(entry)
        if line.translate(None, _PRINTABLE):
            line = line.decode().translate(_JSON_ESCAPES).encode()
        self._emit(b"%b\n" % line)

    def _line(self, level: str, message: str) -> None:
        if self.is_structured:
            self._object(level, message.encode(errors="backslashreplace").decode(), {})
            return
        if not message.isprintable():
            message = message.translate(_ESCAPES)
        stamp = f"{self._prefix(self._clock.wall())} " if self._prefix is not None else ""
        self._emit(f"{stamp}[{level}] {message}\n".encode(errors="backslashreplace"))


class LogHub:
    """All logs of the daemon: `proxy` (its own), `upstream` (all models), one per model, and the combined
    one.

    `to_stdout` (`proxy`, `upstream`, `both`, `none`) says what the combined log and `stdout` get. `stdout`
    is called once in a few milliseconds at most, with whole batches, and must not block (see
    `platform.stdout`).
    """

    def __init__(
        self,
        level: str = "info",
        to_stdout: str = "proxy",
        time_format: str = "",
        stdout: Callable[[bytes], None] | None = None,
        *,
        structured: bool = False,
        clock: Clock = _SYSTEM_CLOCK,
    ) -> None:
        self._echoed = _ECHOED[to_stdout]
        self._stdout = stdout
        self._daemon = _Ring()
        self._upstream = _Ring()
        self._combined = _Ring()
        self._models: dict[str, tuple[_Ring, ModelLog]] = {}
        self._lines: list[bytes] = []
        self._echoes: list[bytes] = []
        self._flush_planned = False
        self.daemon = DaemonLog(self._add_line, clock)
        self.configure(level=level, time_format=time_format, structured=structured)

    def configure(self, *, level: str, time_format: str, structured: bool = False) -> None:
        """Apply the settings that a reload may change."""
        self.daemon.configure(level=level, time_format=time_format, structured=structured)

    def model(self, model: str) -> ModelLog:
        """The log of a model, made when first asked for."""
        if model not in self._models:
            ring = _Ring()
            self._models[model] = ring, ModelLog(ring, self._publish_output)
        return self._models[model][1]

    def keep_models(self, models: Collection[str]) -> None:
        """Forget the logs of all other models; who reads one of them has read it to its end."""
        for model in self._models.keys() - set(models):
            ring, _ = self._models.pop(model)
            for reader in list(ring.readers):
                reader.close()

    def history(self, source: str) -> bytes | None:
        """The last 100 KiB of a log: "" (combined), `proxy`, `upstream` or a model id. None if there is
        none such."""
        ring = self._ring(source)
        return ring.history() if ring is not None else None

    def position(self, source: str) -> int:
        """How many bytes were written to a log so far; 0 if there is no such log."""
        ring = self._ring(source)
        return 0 if ring is None else ring.written

    def since(self, source: str, position: int) -> bytes:
        """What was written to a log after a position, as far as it is still there."""
        ring = self._ring(source)
        return b"" if ring is None else ring.since(position)

    def subscribe(self, source: str, on_news: Callable[[], None] | None = None) -> Subscription | None:
        """Read along from now on; None if there is no such log. `on_news` is called when there is something to read.

        `history` and then `subscribe`, with no await between, miss nothing and repeat nothing.
        """
        ring = self._ring(source)
        return ring.subscribe(on_news) if ring is not None else None

    def close_readers(self) -> None:
        """End every subscription: the server is going away, and readers would hold it up (R55)."""
        self._store_lines()
        rings = [self._daemon, self._upstream, self._combined, *(ring for ring, _ in self._models.values())]
        for ring in rings:
            for reader in list(ring.readers):
                reader.close()

    def flush(self) -> None:
        """Bring out what was collected."""
        self._flush_planned = False
        self._store_lines()
        if self._echoes:
            echoes = b"".join(self._echoes)
            self._echoes.clear()
            if self._stdout is not None:
                self._stdout(echoes)

    def _ring(self, source: str) -> _Ring | None:
        self._store_lines()
        fixed = {COMBINED: self._combined, DAEMON: self._daemon, MODELS: self._upstream}
        if source in fixed:
            return fixed[source]
        return self._models[source][0] if source in self._models else None

    def _add_line(self, line: bytes) -> None:
        self._lines.append(line)
        if not self._flush_planned:
            self._plan_flush()

    def _publish_output(self, data: bytes) -> None:
        self._upstream.write(data)
        if MODELS in self._echoed:
            self._store_lines()  # what the daemon said before comes before
            self._echo(data)

    def _store_lines(self) -> None:
        if self._lines:
            data = b"".join(self._lines)
            self._lines.clear()
            self._daemon.write(data)
            if DAEMON in self._echoed:
                self._echo(data)

    def _echo(self, data: bytes) -> None:
        self._combined.write(data)
        self._echoes.append(data)
        if not self._flush_planned:
            self._plan_flush()

    def _plan_flush(self) -> None:
        try:
            asyncio.get_running_loop().call_later(FLUSH, self.flush)
        except RuntimeError:  # before the loop runs, and after
            self.flush()
        else:
            self._flush_planned = True
