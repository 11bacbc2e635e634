"""What a YAML scalar means: the 1.2 core schema with the leniencies that existing files rely on (spec config 7)."""

from __future__ import annotations

import base64
import binascii
import datetime
import math
import re
from dataclasses import dataclass
from decimal import Decimal

INT64_MIN, INT64_MAX = -(2**63), 2**63 - 1
_UINT64_MAX = 2**64 - 1

_WORDS: dict[str, bool | float | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), math.inf),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), -math.inf),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
}
# A leading zero means octal, as in YAML 1.1; underscores are taken out before.
_INTEGERS = (
    (re.compile(r"[-+]?0[xX][0-9a-fA-F]+"), 16),
    (re.compile(r"[-+]?0[oO][0-7]+"), 8),
    (re.compile(r"[-+]?0[bB][01]+"), 2),
    (re.compile(r"[-+]?0[0-7]+"), 8),
    (re.compile(r"[-+]?(?:0|[1-9][0-9]*)"), 10),
)
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_TIMESTAMP = re.compile(
    r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})"
    r"(?:(?P<separator>[Tt ])(?P<hour>\d{1,2}):(?P<minute>\d{1,2}):(?P<second>\d{1,2})(?:\.(?P<fraction>\d+))?"
    r"(?P<zone>Z|[-+]\d\d:\d\d)?)?",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Timestamp:
    """A date or a time, as RFC 3339 text."""

    text: str


ScalarValue = None | bool | int | float | str | Timestamp


def resolve_plain(text: str) -> ScalarValue:
    """The value of a scalar that is written without quotes and without a tag."""
    if text in _WORDS:
        return _WORDS[text]
    if not (text[0].isascii() and (text[0].isdigit() or text[0] in "+-.")):
        return text
    timestamp = _timestamp(text)
    if timestamp is not None:
        return timestamp
    number = _number(text)
    return text if number is None else number


def resolve_tagged(tag: str, text: str) -> ScalarValue:
    """The value of a scalar with an explicit tag. Raises `ValueError` when the text does not fit a standard tag.

    A tag that is not one of the standard ones is dropped, its text stays a string.
    """
    kind = tag.removeprefix("tag:yaml.org,2002:")
    if kind == "binary":
        try:
            return base64.b64decode("".join(text.split()), validate=True).decode("utf-8", "replace")
        except binascii.Error as error:
            raise ValueError(f"!!binary is not base64: {error}") from error
    types = _TAGGED.get(kind)
    if types is None:
        return text
    value = resolve_plain(text)
    if type(value) not in types:
        raise ValueError(f"{text!r} is not a valid !!{kind}")
    return float(value) if kind == "float" and isinstance(value, int) else value


_TAGGED: dict[str, tuple[type, ...]] = {
    "null": (type(None),),
    "bool": (bool,),
    "int": (int,),
    "float": (int, float),
    "timestamp": (Timestamp,),
}


def text_of(value: ScalarValue) -> str:
    """The text of a value in a string field and inside another text: numbers are rendered anew, as Go does."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case float():
            return _float_text(value)
        case Timestamp():
            return value.text
        case _:
            return str(value)


def _number(text: str) -> int | float | None:
    digits = text.replace("_", "")
    for pattern, base in _INTEGERS:
        if pattern.fullmatch(digits):
            if len(digits) > 70:  # beyond 64 bits in every base; int() of megabytes of digits would take ages
                break
            value = int(digits, base)
            if INT64_MIN <= value <= _UINT64_MAX:
                return value
            break
    # a text that begins with a point may not hold underscores
    digits = text if text.startswith(".") else digits
    if not _FLOAT.fullmatch(digits):
        return None
    value_as_float = float(digits)
    return None if math.isinf(value_as_float) else value_as_float


def _timestamp(text: str) -> Timestamp | None:
    match = _TIMESTAMP.fullmatch(text)
    if match is None or (match["separator"] in ("T", "t")) != (match["zone"] is not None):
        return None
    year, month, day, hour, minute, second = (
        int(match[part] or 0) for part in ("year", "month", "day", "hour", "minute", "second")
    )
    try:
        moment = datetime.datetime(year, month, day, hour, minute, second, tzinfo=datetime.UTC)
    except ValueError:
        return None
    fraction = (match["fraction"] or "")[:9].rstrip("0")
    zone = match["zone"] or "Z"
    return Timestamp(
        moment.isoformat()[:19] + (f".{fraction}" if fraction else "") + ("Z" if zone in ("+00:00", "-00:00") else zone)
    )


def _float_text(value: float) -> str:
    """Go's `%g` with the shortest digits: an exponent below -4 or from 6 on is written out (spec config 7)."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    sign, digits, exponent = _shortest_digits(value)
    if -4 <= exponent < 6:
        return sign + _plain(digits, exponent)
    fraction = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{sign}{digits[0]}{fraction}e{'-' if exponent < 0 else '+'}{abs(exponent):02d}"


def _shortest_digits(value: float) -> tuple[str, str, int]:
    """Sign, the shortest digits that round-trip, and the decimal exponent of the first of them."""
    sign, digits, exponent = Decimal(repr(value)).as_tuple()  # repr() has the shortest digits
    assert isinstance(exponent, int)  # the value is finite
    text = "".join(map(str, digits))
    return "-" if sign else "", text.rstrip("0") or "0", len(text) + exponent - 1 if value else 0


def _plain(digits: str, exponent: int) -> str:
    if exponent < 0:
        return "0." + "0" * (-exponent - 1) + digits
    whole = digits[: exponent + 1].ljust(exponent + 1, "0")
    fraction = digits[exponent + 1 :]
    return f"{whole}.{fraction}" if fraction else whole
