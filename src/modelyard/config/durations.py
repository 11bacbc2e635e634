"""Durations as they are written in the file: Go's syntax, `1h2m3.5s` (spec config 7)."""

from __future__ import annotations

import re
from decimal import Decimal

_NANOSECONDS = {
    "ns": 1,
    "us": 10**3,
    "µs": 10**3,  # U+00B5
    "μs": 10**3,  # U+03BC
    "ms": 10**6,
    "s": 10**9,
    "m": 60 * 10**9,
    "h": 3600 * 10**9,
}
_PART = re.compile(r"([0-9]{1,30}(?:\.[0-9]{0,30})?|\.[0-9]{1,30})(ns|us|µs|μs|ms|s|m|h)")
_LONGEST = 2**63 - 1
"""Nanoseconds, some 292 years."""


def parse_duration(text: str) -> float | None:
    """The seconds that a text means; None when it is no duration.

    A sign, then numbers that each have a unit right behind them; or just `0`. Less than a nanosecond is nothing.
    """
    negative = text.startswith("-")
    rest = text[1:] if text[:1] in ("+", "-") else text
    if rest == "0":
        return 0.0
    nanoseconds = 0
    end = 0
    while (part := _PART.match(rest, end)) is not None:
        nanoseconds += int(Decimal(part[1]) * _NANOSECONDS[part[2]])
        end = part.end()
    if not end or end < len(rest) or nanoseconds > _LONGEST:
        return None
    return (-nanoseconds if negative else nanoseconds) / 1e9
