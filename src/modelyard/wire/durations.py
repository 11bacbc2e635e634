"""Durations as people and scripts of this field read them: Go's notation (`2m0s`, `301.728845ms`, `8.002µs`)."""

from __future__ import annotations

_MICROSECOND = 1_000
_MILLISECOND = 1_000_000
_SECOND = 1_000_000_000


def go_duration(seconds: float) -> str:
    """`seconds` in Go's notation; negative ones count as zero."""
    nanoseconds = round(seconds * 1e9)
    if nanoseconds >= _SECOND:
        return _long(nanoseconds)
    if nanoseconds >= _MILLISECOND:
        return _trim("%d.%06d" % divmod(nanoseconds, _MILLISECOND)) + "ms"
    if nanoseconds >= _MICROSECOND:
        return _trim("%d.%03d" % divmod(nanoseconds, _MICROSECOND)) + "µs"
    return f"{nanoseconds}ns" if nanoseconds > 0 else "0s"


def _long(nanoseconds: int) -> str:
    minutes, rest = divmod(nanoseconds, 60 * _SECOND)
    hours, minutes = divmod(minutes, 60)
    text = _trim("%d.%09d" % divmod(rest, _SECOND)) + "s"
    if hours:
        return f"{hours}h{minutes}m{text}"
    return f"{minutes}m{text}" if minutes else text


def _trim(decimal: str) -> str:
    return decimal.rstrip("0").rstrip(".")
