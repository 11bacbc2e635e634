"""Content codings of requests: gzip, deflate, br, zstd, decoded within a bound (RFC 9110 section 8.4.1)."""

from __future__ import annotations

import zlib
from collections.abc import Callable

import brotli
import zstandard

from modelyard.wire.body import Buffer
from modelyard.wire.headers import tokens

MAX_CODINGS = 3
"""One over the other. Nobody has a use for two."""
MAX_ZSTD_WINDOW = 1 << 27
"""Bytes that a decoder must keep at hand: what `zstd --long` asks for."""
MAX_MEMBERS = 16
"""Of one gzip body. Each copies what is behind it."""
_PIECE = 1 << 20


class TooLargeError(ValueError):
    """What comes out of a coding is beyond the bound."""


class UnknownCodingError(ValueError):
    """A coding that we can't read."""


def codings_of(content_encoding: bytes) -> list[bytes]:
    """The codings of a body in the order in which they were applied; `identity` is none."""
    return [coding for coding in tokens(content_encoding) if coding != b"identity"]


def decode(body: Buffer, codings: list[bytes], limit: int) -> bytes:
    """The body without its codings.

    Raises TooLargeError beyond `limit` bytes, UnknownCodingError, and ValueError for what is not what it says.
    """
    if len(codings) > MAX_CODINGS:
        raise UnknownCodingError("too many content codings")
    for coding in reversed(codings):
        decoder = _DECODERS.get(coding)
        if decoder is None:
            raise UnknownCodingError(f"content coding {coding.decode('latin-1')} is not supported")
        body = decoder(body, limit)
    return bytes(body)


def _inflate(body: Buffer, limit: int, window: int) -> bytes:
    """One or more members, as gzip allows."""
    found, rest = b"", bytes(body)
    for _ in range(MAX_MEMBERS):
        member = zlib.decompressobj(window)
        try:
            found += member.decompress(rest, limit + 1 - len(found))
        except zlib.error as error:
            raise ValueError(str(error)) from error
        if len(found) > limit:
            raise TooLargeError
        if not member.eof:
            raise ValueError("the compressed body is cut off")
        rest = member.unused_data
        if window < 0 or not rest:
            return found
    raise ValueError("too many members")


def _gunzip(body: Buffer, limit: int) -> bytes:
    return _inflate(body, limit, 31)


def _deflate(body: Buffer, limit: int) -> bytes:
    """With the zlib head that the name means, or without, as many send it."""
    has_head = len(body) > 1 and body[0] & 0x0F == 8 and (body[0] << 8 | body[1]) % 31 == 0
    return _inflate(body, limit, 15 if has_head else -15)


def _unbrotli(body: Buffer, limit: int) -> bytes:
    decoder = brotli.Decompressor()
    found: list[bytes] = []
    size = 0
    data = bytes(body)
    try:
        while not decoder.is_finished():
            if not data and decoder.can_accept_more_data():
                raise ValueError("the compressed body is cut off")
            piece = decoder.process(data, output_buffer_limit=_PIECE)
            data = b""
            size += len(piece)
            if size > limit:
                raise TooLargeError
            found.append(piece)
    except brotli.error as error:
        raise ValueError(str(error)) from error
    return b"".join(found)


def _unzstd(body: Buffer, limit: int) -> bytes:
    """One or more frames. A last one that is cut off gives what there is of it; whoever reads the content notices."""
    decompressor = zstandard.ZstdDecompressor(max_window_size=MAX_ZSTD_WINDOW)
    found: list[bytes] = []
    size = 0
    try:
        with decompressor.stream_reader(bytes(body), read_across_frames=True) as reader:
            while piece := reader.read(_PIECE):
                found.append(piece)
                size += len(piece)
                if size > limit:
                    raise TooLargeError
    except zstandard.ZstdError as error:
        raise ValueError(str(error)) from error
    return b"".join(found)


_DECODERS: dict[bytes, Callable[[Buffer, int], bytes]] = {
    b"gzip": _gunzip,
    b"x-gzip": _gunzip,
    b"deflate": _deflate,
    b"br": _unbrotli,
    b"zstd": _unzstd,
}
