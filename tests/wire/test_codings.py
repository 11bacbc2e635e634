"""Content codings of requests."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable

import brotli
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from modelyard.wire.codings import TooLargeError, UnknownCodingError, codings_of, decode

Encoder = Callable[[bytes], bytes]
LIMIT = 1 << 20
TEXT = b'{"model":"m","messages":["' + b"hello " * 500 + b'"]}'


def raw_deflate(data: bytes) -> bytes:
    return zlib.compress(data)[2:-4]


def brotli_in_a_hurry(data: bytes) -> bytes:
    return bytes(brotli.compress(data, quality=1))


ENCODERS = [
    pytest.param(b"gzip", gzip.compress, id="gzip"),
    pytest.param(b"x-gzip", gzip.compress, id="x-gzip"),
    pytest.param(b"deflate", zlib.compress, id="deflate"),
    pytest.param(b"deflate", raw_deflate, id="raw deflate"),
    pytest.param(b"br", brotli_in_a_hurry, id="br"),
    pytest.param(b"zstd", zstandard.compress, id="zstd"),
]


@pytest.mark.parametrize(
    ("header", "codings"),
    [
        (b"", []),
        (b"identity", []),
        (b"GZIP", [b"gzip"]),
        (b" gzip , br,identity", [b"gzip", b"br"]),
    ],
)
def test_which_codings_a_body_has(header: bytes, codings: list[bytes]) -> None:
    assert codings_of(header) == codings


@pytest.mark.parametrize(("coding", "encode"), ENCODERS)
def test_what_was_encoded_comes_back(coding: bytes, encode: Encoder) -> None:
    assert decode(encode(TEXT), [coding], len(TEXT)) == TEXT
    assert decode(memoryview(encode(b"")), [coding], 0) == b""


@pytest.mark.parametrize(("coding", "encode"), ENCODERS)
def test_a_bomb_is_refused_before_it_goes_off(coding: bytes, encode: Encoder) -> None:
    """R41, R43: what would fill the memory is given up at the bound."""
    with pytest.raises(TooLargeError):
        decode(encode(bytes(40 << 20)), [coding], LIMIT)
    with pytest.raises(TooLargeError):
        decode(encode(TEXT), [coding], len(TEXT) - 1)


@pytest.mark.parametrize(("coding", "encode"), ENCODERS[:-1])
def test_what_is_cut_off_is_no_body(coding: bytes, encode: Encoder) -> None:
    whole = encode(TEXT)
    for size in (0, 1, len(whole) // 2, len(whole) - 1):
        with pytest.raises(ValueError, match="cut off"):
            decode(whole[:size], [coding], LIMIT)


@pytest.mark.parametrize("coding", [b"gzip", b"deflate", b"br", b"zstd"])
def test_what_is_something_else_is_no_body(coding: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        decode(TEXT, [coding], LIMIT)


@pytest.mark.parametrize(
    ("coding", "encode"), [pytest.param(b"gzip", gzip.compress), pytest.param(b"zstd", zstandard.compress)]
)
def test_members_follow_each_other(coding: bytes, encode: Encoder) -> None:
    assert decode(b"".join(encode(TEXT[at : at + 1000]) for at in range(0, len(TEXT), 1000)), [coding], LIMIT) == TEXT


def test_a_frame_that_is_cut_off_gives_what_there_is() -> None:
    assert TEXT.startswith(decode(zstandard.compress(TEXT)[:-1], [b"zstd"], LIMIT))


def test_members_without_end_are_refused() -> None:
    with pytest.raises(ValueError, match="too many members"):
        decode(gzip.compress(b"") * 1000, [b"gzip"], LIMIT)


def test_codings_are_taken_off_from_the_last_on() -> None:
    assert decode(brotli.compress(gzip.compress(TEXT)), [b"gzip", b"br"], LIMIT) == TEXT


@pytest.mark.parametrize("codings", [[b"compress"], [b"gzip"] * 4])
def test_what_we_cannot_read_is_said(codings: list[bytes]) -> None:
    with pytest.raises(UnknownCodingError, match=r"."):
        decode(TEXT, codings, LIMIT)


@given(st.binary(max_size=300), st.sampled_from([b"gzip", b"deflate", b"br", b"zstd"]))
def test_no_bytes_raise_anything_else(body: bytes, coding: bytes) -> None:
    try:
        decode(body, [coding], LIMIT)
    except ValueError:
        pass
