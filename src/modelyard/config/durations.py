"""Durations as they are written in the file: Go's syntax, `1h2m3.5s` (spec config 7)."""

from __future__ import annotations

import re
from decimal import Decimal

_UNITS = {
    "ns": Decimal("1e-9"),
    "us": Decimal("1e-6"),
    "µs": Decimal("1e-6"),  # U+00B5
    "μs": Decimal("1e-6"),  # U+03BC
    "ms": Decimal("1e-3"),
    "s": Decimal(1),
    "m": Decimal(60),
    "h": Decimal(3600),
}
_PART = re.compile(r"([0-9]{1,30}(?:\.[0-9]{0,30})?|\.[0-9]{1,30})(ns|us|µs|μs|ms|s|m|h)")
_LONGEST = Decimal(2**63 - 1).scaleb(-9)
"""Seconds: what nanoseconds in 64 bits can hold, some 292 years."""


def parse_duration(text: str) -> float | None:
    """The seconds that a text means; None when it is no duration.

    A sign, then numbers that each have a unit right behind them; or just `0`.
    """
    negative = text.startswith("-")
    rest = text[1:] if text[:1] in ("+", "-") else text
    if rest == "0":
        return 0.0
    seconds = Decimal(0)
    end = 0
    while (part := _PART.match(rest, end)) is not None:
        seconds += Decimal(part[1]) * _UNITS[part[2]]
        end = part.end()
    if not end or end < len(rest) or seconds > _LONGEST:
        return None
    return float(-seconds if negative else seconds)
