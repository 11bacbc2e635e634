"""Sizes as people write them: `2GB`, `512 MiB`, `4096`."""

from __future__ import annotations

import re

_UNITS = {
    "": 1,
    "b": 1,
    **{letter + ending: 1000**power for power, letter in enumerate("kmgt", 1) for ending in ("", "b")},
    **{f"{letter}ib": 1024**power for power, letter in enumerate("kmgt", 1)},
}
_SIZE = re.compile(r"([0-9]+(?:\.[0-9]+)?) ?([a-z]*)", re.ASCII | re.IGNORECASE)
_MAX_DIGITS = 18


def parse_size(text: str) -> int | None:
    """Bytes; None where the text is no size. `MB` is a million, `MiB` is 1024 × 1024; a fraction of a byte is cut."""
    match = _SIZE.fullmatch(text)
    if match is None or len(match[1]) > _MAX_DIGITS or (factor := _UNITS.get(match[2].lower())) is None:
        return None
    number = match[1]
    return int(float(number) * factor) if "." in number else int(number) * factor
