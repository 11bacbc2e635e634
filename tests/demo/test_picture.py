"""Pictures drawn from prompts, read back with nothing but zlib."""

from __future__ import annotations

import struct
import zlib

import pytest

from modelyard.demo.picture import draw
from modelyard.demo.sight import describe


def test_a_picture_is_a_png_of_its_size_whose_every_part_is_whole() -> None:
    chunks = _chunks(draw("a night over the mountains", 64, 48, 1))
    assert list(chunks) == [b"IHDR", b"tEXt", b"PLTE", b"IDAT", b"IEND"]
    assert struct.unpack(">IIBBBBB", chunks[b"IHDR"]) == (64, 48, 8, 3, 0, 0, 0)
    rows = zlib.decompress(chunks[b"IDAT"])
    assert len(rows) == 48 * 65
    assert max(rows) < len(chunks[b"PLTE"]) // 3


def test_the_prompt_and_the_seed_make_the_picture() -> None:
    assert draw("sea", 32, 32, 1) == draw("sea", 32, 32, 1)
    assert draw("sea", 32, 32, 1) != draw("sea", 32, 32, 2)
    assert draw("sea", 32, 32, 1) != draw("sand", 32, 32, 1)


def test_words_for_the_hour_are_understood() -> None:
    assert sum(_first_pixel("a dark night", seed) < _first_pixel("bright noon", seed) for seed in range(5)) == 5


@pytest.mark.parametrize("size", [(16, 16), (1, 1), (333, 17)])
def test_every_size_can_be_drawn(size: tuple[int, int]) -> None:
    assert describe(draw("sunset by the sea", *size, 3)) == f"PNG picture of {size[0]} × {size[1]} pixels"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"GIF89a" + struct.pack("<HH", 7, 9), "GIF picture of 7 × 9 pixels"),
        (
            b"\xff\xd8\xff\xe0\x00\x04ab\xff\xc0\x00\x0b\x08" + struct.pack(">HH", 20, 30),
            "JPEG picture of 30 × 20 pixels",
        ),
        (
            b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0" + b"\x63\0\0\x31\0\0",
            "WebP picture of 100 × 50 pixels",
        ),
        (b"\xff\xd8\xff", None),
        (b"\x89PNG\r\n\x1a\n", None),
        (b"", None),
    ],
)
def test_pictures_are_known_by_their_first_bytes(data: bytes, said: str | None) -> None:
    assert describe(data) == said


def _first_pixel(prompt: str, seed: int) -> int:
    """How bright the upper left corner is."""
    chunks = _chunks(draw(prompt, 16, 64, seed))
    index = zlib.decompress(chunks[b"IDAT"])[1]
    return sum(chunks[b"PLTE"][3 * index : 3 * index + 3])


def _chunks(png: bytes) -> dict[bytes, bytes]:
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    found, at = {}, 8
    while at < len(png):
        length, kind = struct.unpack_from(">I4s", png, at)
        found[kind] = png[at + 8 : at + 8 + length]
        assert struct.unpack_from(">I", png, at + 8 + length)[0] == zlib.crc32(kind + found[kind])
        at += 12 + length
    return found
