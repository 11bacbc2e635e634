"""Durations as people and scripts of this field read them: Go's notation (`2m0s`, `301.728845ms`, `8.002µs`)."""

from __future__ import annotations

_UNITS = ((1_000, "ns", 1), (1_000_000, "µs", 1_000), (1_000_000_000, "ms", 1_000_000))


def go_duration(seconds: float) -> str:
    """`seconds` in Go's notation; negative ones count as zero."""
    nanoseconds = round(seconds * 1e9)
    if 1_000_000 <= nanoseconds < 1_000_000_000:  # by far the most of what is logged
        return f"{nanoseconds / 1e6:.6f}".rstrip("0").rstrip(".") + "ms"
    if nanoseconds <= 0:
        return "0s"
    for below, unit, scale in _UNITS:
        if nanoseconds < below:
            return f"{_decimal(nanoseconds, scale)}{unit}"
    minutes, rest = divmod(nanoseconds, 60_000_000_000)
    hours, minutes = divmod(minutes, 60)
    text = f"{_decimal(rest, 1_000_000_000)}s"
    if hours:
        return f"{hours}h{minutes}m{text}"
    return f"{minutes}m{text}" if minutes else text


def _decimal(amount: int, scale: int) -> str:
    whole, fraction = divmod(amount, scale)
    if not fraction:
        return str(whole)
    digits = len(str(scale)) - 1
    return f"{whole}.{fraction:0{digits}d}".rstrip("0")
