"""What was said in requests: heads and bodies, in memory, within a bound (spec http 18).

New captures are held as they came. Those that have lived for a while are compressed, off the loop, so that many more
fit; where requests come faster than that, the oldest go without ever having cost the work. What is held never exceeds
the bound twice: once as it came, once compressed. What has not ended yet has an allowance beside it.

Where many end in a second, and they fill the whole bound, the rest of that second is not captured. All would push each
other out before anybody could look at one, at the price of memory that is never used twice.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from urllib.parse import unquote_to_bytes

import msgspec
import zstandard

from modelyard.wire.answers import Allowance
from modelyard.wire.headers import Header
from modelyard.wire.redact import shown_headers

RIPE = 5.0
"""Seconds after which a capture is worth compressing."""
UNFINISHED = 4
"""How many times the bound may be held of answers that have not ended; what exceeds it is not captured."""
MANY = 256
"""Captures that are always taken in a second, however large they are."""
LEVEL = 1
"""Of the compression: higher ones take twice as long for a few percent."""
OVERHEAD = 2048
"""Bytes that a capture costs beside its bodies."""


class Capture(msgspec.Struct, frozen=True, kw_only=True):
    """One request and its answer as people may see it. None: not kept, or there was none."""

    id: int
    req_path: str
    req_headers: dict[str, str] | None = None
    req_body: bytes | None = None
    resp_headers: dict[str, str] | None = None
    resp_body: bytes | None = None


class RawCapture(msgspec.Struct, gc=False):
    """The same as it passed, secrets and all: so it is never shown and never kept for long."""

    id: int
    weight: int
    """Bytes of its bodies, about."""
    path: bytes
    req_headers: Sequence[Header]
    req_body: list[bytes] | None
    """In pieces, as it came."""
    resp_headers: Sequence[Header] | None
    resp_body: bytes | None

    def shown(self) -> Capture:
        """As people may see it; the answer's body is decoded, so its coding is not named."""
        answered = self.resp_headers
        path = unquote_to_bytes(self.path) if b"%" in self.path else self.path
        return Capture(
            id=self.id,
            req_path=path.decode("utf-8", "replace"),
            req_headers=shown_headers(self.req_headers),
            req_body=None if self.req_body is None else b"".join(self.req_body),
            resp_headers=None
            if answered is None
            else shown_headers(header for header in answered if header[0] != b"content-encoding"),
            resp_body=self.resp_body,
        )

    def packed(self) -> bytes:
        """As people may see it, compressed. May be asked for by any thread."""
        return _pack_all([self])[0]


class CaptureBuffer:
    """The newest captures. The oldest go first."""

    def __init__(self, limit: int) -> None:
        """`limit` is in bytes; 0 keeps nothing."""
        self.limit = limit
        """Bytes that may be kept; also of one capture. 0: nothing is captured."""
        self.unfinished = Allowance(UNFINISHED * limit)
        self._fresh: OrderedDict[int, RawCapture] = OrderedDict()
        self._fresh_size = 0
        self._packed: OrderedDict[int, bytes] = OrderedDict()
        self._packed_size = 0
        self._packing = False
        self._second = 0.0
        """When the present second began."""
        self._taken = 0
        self._taken_size = 0
        self._seen = 0
        """The newest capture when it was last looked which are ripe."""

    def __repr__(self) -> str:
        return f"<CaptureBuffer {len(self._fresh) + len(self._packed)} captures>"

    def resize(self, limit: int) -> None:
        """Keep another number of bytes."""
        self.limit = limit
        self.unfinished.limit = UNFINISHED * limit
        self._make_room()

    def __contains__(self, number: int) -> bool:
        return number in self._fresh or number in self._packed

    def takes_more(self, now: float) -> bool:
        """Whether captures are taken now, a moment in seconds on any clock; asked before some are added."""
        if not 0.0 <= now - self._second < 1.0:
            self._second = now
            self._taken = self._taken_size = 0
        return self.limit > 0 and (self._taken < MANY or self._taken_size < self.limit)

    def add(self, capture: RawCapture | None) -> bool:
        """Keep it, if there is one, at the cost of older ones; whether it fits at all."""
        if capture is None or capture.weight > self.limit or not self.limit:
            return False
        size = capture.weight + OVERHEAD
        self._fresh[capture.id] = capture
        self._fresh_size += size
        self._taken += 1
        self._taken_size += size
        if self._fresh_size > self.limit:
            self._make_room()
        if not self._packing:
            self._pack_later()
        return True

    def get(self, number: int) -> Capture | None:
        """The capture of a row; None where it was never kept, or is gone."""
        if number in self._fresh:
            return self._fresh[number].shown()
        packed = self._packed.get(number)
        return None if packed is None else unpack(packed)

    def discard(self, number: int) -> None:
        """Forget one, if it is there."""
        if (fresh := self._fresh.pop(number, None)) is not None:
            self._fresh_size -= fresh.weight + OVERHEAD
        if (packed := self._packed.pop(number, None)) is not None:
            self._packed_size -= len(packed)

    def _make_room(self) -> None:
        while self._fresh_size > self.limit:
            _, oldest = self._fresh.popitem(last=False)
            self._fresh_size -= oldest.weight + OVERHEAD
            if self._packed:  # they are all older
                self._packed.clear()
                self._packed_size = 0
        while self._packed_size > self.limit or (self._packed and not self.limit):
            _, packed = self._packed.popitem(last=False)
            self._packed_size -= len(packed)

    def _pack_later(self) -> None:
        self._packing = True
        self._seen = next(reversed(self._fresh), 0)
        asyncio.get_running_loop().call_later(RIPE, self._pack)

    def _pack(self) -> None:
        """Compress, in another thread, what has been here all the while; what has come since waits for its time."""
        ripe = [capture for number, capture in self._fresh.items() if number <= self._seen]
        if ripe:
            done = asyncio.get_running_loop().run_in_executor(None, _pack_all, ripe)
            done.add_done_callback(lambda future: self._packed_are(ripe, future))
        else:
            self._go_on()

    def _go_on(self) -> None:
        self._packing = False
        if self._fresh:
            self._pack_later()

    def _packed_are(self, ripe: list[RawCapture], future: asyncio.Future[list[bytes]]) -> None:
        if future.cancelled() or future.exception() is not None:
            self._packing = False
            return
        for capture, packed in zip(ripe, future.result(), strict=True):
            if (fresh := self._fresh.pop(capture.id, None)) is not None:
                self._fresh_size -= fresh.weight + OVERHEAD
                self._packed[capture.id] = packed
                self._packed_size += len(packed)
        self._make_room()
        self._go_on()


def _pack_all(captures: list[RawCapture]) -> list[bytes]:
    compress = zstandard.ZstdCompressor(level=LEVEL).compress
    return [compress(msgspec.msgpack.encode(capture.shown())) for capture in captures]


def unpack(packed: bytes) -> Capture:
    """The capture that was compressed."""
    return msgspec.msgpack.decode(zstandard.ZstdDecompressor().decompress(packed), type=Capture)
