"""What can be told of a picture from its first bytes: its format and its size."""

from __future__ import annotations

import struct

_SIZED_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""JPEG's segments that begin a frame, and so tell its size."""


def describe(data: bytes) -> str | None:
    """`PNG picture of 64 × 48 pixels`; None where it is no PNG, JPEG, GIF or WebP."""
    for name, measure in (("PNG", _png), ("GIF", _gif), ("JPEG", _jpeg), ("WebP", _webp)):
        try:
            size = measure(data)
        except (struct.error, IndexError):
            size = None
        if size is not None:
            return f"{name} picture of {size[0]} × {size[1]} pixels"
    return None


def _png(data: bytes) -> tuple[int, ...] | None:
    if data[:8] != b"\x89PNG\r\n\x1a\n" or data[12:16] != b"IHDR":
        return None
    return struct.unpack_from(">II", data, 16)


def _gif(data: bytes) -> tuple[int, ...] | None:
    return struct.unpack_from("<HH", data, 6) if data[:6] in (b"GIF87a", b"GIF89a") else None


def _jpeg(data: bytes) -> tuple[int, ...] | None:
    if data[:2] != b"\xff\xd8":
        return None
    at = 2
    while data[at] == 0xFF:
        kind, length = data[at + 1], struct.unpack_from(">H", data, at + 2)[0]
        if kind in _SIZED_FRAMES:
            height, width = struct.unpack_from(">HH", data, at + 5)
            return width, height
        at += 2 + length
    return None


def _webp(data: bytes) -> tuple[int, ...] | None:
    if data[:4] != b"RIFF" or data[8:12] != b"WEBP":
        return None
    if data[12:16] == b"VP8 ":
        width, height = struct.unpack_from("<HH", data, 26)
        return width & 0x3FFF, height & 0x3FFF
    if data[12:16] == b"VP8L":
        bits = struct.unpack_from("<I", data, 21)[0]
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if data[12:16] == b"VP8X":
        return 1 + int.from_bytes(data[24:27], "little"), 1 + int.from_bytes(data[27:30], "little")
    return None
