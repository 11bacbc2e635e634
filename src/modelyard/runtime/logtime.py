"""The time prefixes of `logTimeFormat` (spec config 12), by name."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime


def time_prefix(name: str) -> Callable[[float], str] | None:
    """How to write seconds since the epoch as local time in the format called `name`; None if unknown or
    empty."""
    layout = _LAYOUTS.get(name.strip().lower())
    if layout is None:
        return None
    return lambda wall: layout(datetime.fromtimestamp(wall, tz=UTC).astimezone())


def _offset(moment: datetime) -> str:
    text = moment.strftime("%z")
    return "Z" if text == "+0000" else f"{text[:3]}:{text[3:]}"


def _rfc3339_nano(moment: datetime) -> str:
    fraction = f".{moment.microsecond:06d}".rstrip("0").rstrip(".")
    return f"{moment:%Y-%m-%dT%H:%M:%S}{fraction}{_offset(moment)}"


def _stamp(moment: datetime) -> str:
    return f"{moment:%b %e %H:%M:%S}"


_LAYOUTS: dict[str, Callable[[datetime], str]] = {
    "ansic": lambda at: f"{at:%a %b %e %H:%M:%S %Y}",
    "unixdate": lambda at: f"{at:%a %b %e %H:%M:%S %Z %Y}",
    "rubydate": lambda at: f"{at:%a %b %d %H:%M:%S %z %Y}",
    "rfc822": lambda at: f"{at:%d %b %y %H:%M %Z}",
    "rfc822z": lambda at: f"{at:%d %b %y %H:%M %z}",
    "rfc850": lambda at: f"{at:%A, %d-%b-%y %H:%M:%S %Z}",
    "rfc1123": lambda at: f"{at:%a, %d %b %Y %H:%M:%S %Z}",
    "rfc1123z": lambda at: f"{at:%a, %d %b %Y %H:%M:%S %z}",
    "rfc3339": lambda at: f"{at:%Y-%m-%dT%H:%M:%S}{_offset(at)}",
    "rfc3339nano": _rfc3339_nano,
    "kitchen": lambda at: f"{at:%I:%M%p}".lstrip("0"),
    "stamp": _stamp,
    "stampmilli": lambda at: f"{_stamp(at)}.{at.microsecond // 1000:03d}",
    "stampmicro": lambda at: f"{_stamp(at)}.{at.microsecond:06d}",
    "stampnano": lambda at: f"{_stamp(at)}.{at.microsecond:06d}000",
}
