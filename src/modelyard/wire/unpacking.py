"""Content codings of answers, undone piece by piece for those who look on; the client's bytes stay as they are."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from typing import Protocol

import brotli
import zstandard

from modelyard.wire.codings import MAX_ZSTD_WINDOW, codings_of

MAX_UNPACKED = 256 << 20
"""Bytes that may come out of one answer: beyond it somebody wants to fill our memory."""
_PIECE = 1 << 20
_ZSTD_STEP = 512
"""Bytes that the zstd decoder gets at a time: it can't be told how much may come out of them."""


class UnpackingError(ValueError):
    """The bytes are not what their Content-Encoding says, are cut off, or would become too many."""


class Unpacker(Protocol):
    """Undoes one coding."""

    def unpack(self, data: bytes) -> Iterator[bytes]:
        """What comes out of the next bytes. Raises UnpackingError."""
        ...

    def finish(self) -> None:
        """Nothing more comes. Raises UnpackingError where something is missing."""
        ...


def unpacker_of(content_encoding: bytes) -> Unpacker | None:
    """Who undoes the coding; None where there is none, or one that nobody knows: it is taken as it is."""
    codings = codings_of(content_encoding)
    if len(codings) != 1:
        return None
    make = _UNPACKERS.get(codings[0])
    return None if make is None else _Bounded(make())


class _Bounded:
    """Holds an unpacker to the bound."""

    def __init__(self, inner: Unpacker) -> None:
        self._inner = inner
        self._size = 0

    def unpack(self, data: bytes) -> Iterator[bytes]:
        for piece in self._inner.unpack(data):
            self._size += len(piece)
            if self._size > MAX_UNPACKED:
                raise UnpackingError("too large")
            if piece:
                yield piece

    def finish(self) -> None:
        self._inner.finish()


class _Zlib:
    """gzip, of one member or more, and deflate with or without the zlib head that the name means."""

    def __init__(self, window: int | None) -> None:
        """`window` is zlib's; None finds out by the first two bytes."""
        self._window = window
        self._head = b""
        self._decoder = None if window is None else zlib.decompressobj(window)
        self._begun = False

    def unpack(self, data: bytes) -> Iterator[bytes]:
        if self._decoder is None:
            data = self._head + data
            if len(data) < 2:
                self._head = data
                return
            has_head = data[0] & 0x0F == 8 and (data[0] << 8 | data[1]) % 31 == 0
            self._window = 15 if has_head else -15
            self._decoder = zlib.decompressobj(self._window)
        try:
            while data:
                self._begun = True
                piece = self._decoder.decompress(data, _PIECE)
                yield piece
                while len(piece) == _PIECE and not self._decoder.unconsumed_tail:  # it may have more ready
                    piece = self._decoder.decompress(b"", _PIECE)
                    yield piece
                data = self._decoder.unconsumed_tail
                if self._decoder.eof:
                    data = self._next_member()
        except zlib.error as error:
            raise UnpackingError(str(error)) from error

    def _next_member(self) -> bytes:
        """What stands behind a member that has ended: of gzip it may be another one."""
        assert self._decoder is not None
        rest = self._decoder.unused_data
        if self._window != 31 or not rest.strip(b"\0"):
            return b""
        self._decoder = zlib.decompressobj(31)
        return rest

    def finish(self) -> None:
        if self._begun and self._decoder is not None and not self._decoder.eof:
            raise UnpackingError("the body is cut off")


class _Brotli:
    def __init__(self) -> None:
        self._decoder = brotli.Decompressor()
        self._begun = False

    def unpack(self, data: bytes) -> Iterator[bytes]:
        self._begun = self._begun or bool(data)
        try:
            while data or not self._decoder.can_accept_more_data():
                yield self._decoder.process(data, output_buffer_limit=_PIECE)
                data = b""
        except brotli.error as error:
            raise UnpackingError(str(error)) from error

    def finish(self) -> None:
        if self._begun and not self._decoder.is_finished():
            raise UnpackingError("the body is cut off")


class _Zstd:
    def __init__(self) -> None:
        self._decompressor = zstandard.ZstdDecompressor(max_window_size=MAX_ZSTD_WINDOW)
        self._decoder = self._decompressor.decompressobj(read_across_frames=True)

    def unpack(self, data: bytes) -> Iterator[bytes]:
        try:
            for at in range(0, len(data), _ZSTD_STEP):
                yield self._decoder.decompress(data[at : at + _ZSTD_STEP])
        except zstandard.ZstdError as error:
            raise UnpackingError(str(error)) from error

    def finish(self) -> None:
        """Frames may follow frames without end, so nothing is missing for certain."""


_UNPACKERS: dict[bytes, Callable[[], Unpacker]] = {
    b"gzip": lambda: _Zlib(31),
    b"x-gzip": lambda: _Zlib(31),
    b"deflate": lambda: _Zlib(None),
    b"br": _Brotli,
    b"zstd": _Zstd,
}
