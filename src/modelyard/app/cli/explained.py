"""An explanation as text for people, 80 columns wide, and as data for programs."""

from __future__ import annotations

import shlex
import textwrap
from collections.abc import Iterator
from typing import Any

import msgspec

from modelyard.app.cli.paint import Paint
from modelyard.app.meaning.facts import Explanation, Fact
from modelyard.config.origins import Origin

WIDTH = 80
_LABEL = 24
_INDENT = " " * (2 + _LABEL)
_COMMANDS = ("cmd", "cmdStop")
_MOST_NAMES = 20
"""Names that are listed before the rest is only counted."""


def as_data(explanation: Explanation) -> dict[str, Any]:
    """Everything, the quiet facts too."""
    return {
        "asked": explanation.asked,
        "kind": explanation.kind,
        "name": explanation.name,
        "values": [_fact_as_data(fact) for facts in explanation.sections.values() for fact in facts],
    }


def as_text(explanation: Explanation, paint: Paint) -> str:
    """What people want to know."""
    lines = [f"{paint.bold(explanation.name)}: {explanation.summary}"]
    for title, facts in explanation.sections.items():
        shown = [fact for fact in facts if not fact.quiet]
        if shown:
            lines += ["", paint.bold(title), *(line for fact in shown for line in _fact_as_lines(fact, paint))]
    return "\n".join(lines)


def _fact_as_data(fact: Fact) -> dict[str, Any]:
    return {
        "key": fact.key,
        "value": fact.value,
        "from": [_origin_as_data(origin) for origin in fact.origins],
        "note": fact.note,
    }


def _origin_as_data(origin: Origin) -> dict[str, Any]:
    place = origin.place
    where = {} if place is None else {"file": place.file, "line": place.line, "column": place.column}
    return {"kind": origin.kind, "name": origin.name, **where, "text": str(origin)}


def _fact_as_lines(fact: Fact, paint: Paint) -> Iterator[str]:
    """The value beside its key, and behind it, or where it is too long below it, the note and the origins."""
    values = _value_as_lines(fact) or [""]
    origins = "; ".join(map(str, fact.origins))
    plain = f"  {fact.key:<{_LABEL}}{values[0]}"
    shown = plain
    below = [_INDENT + value for value in values[1:]]
    if fact.note:
        note = f"({fact.note})" if values[0] else fact.note
        if not below and len(plain) + 2 + len(note) <= WIDTH:
            shown = plain = f"{plain}{'  ' if values[0] else ''}{note}"
        else:
            below.append(_INDENT + note)
    if origins and not below and len(plain) + 4 + len(origins) <= WIDTH:
        shown = f"{plain}  {paint.dim(f'← {origins}')}"
        origins = ""
    yield shown
    yield from below
    for number, line in enumerate(_wrapped(origins, len("← "))):
        yield _INDENT + paint.dim(f"{'←' if number == 0 else ' '} {line}")


def _value_as_lines(fact: Fact) -> list[str]:
    value = fact.value
    if fact.key in _COMMANDS:
        words = [shlex.quote(word) for word in value]
        return [f"{word} \\" for word in words[:-1]] + words[-1:]
    if isinstance(value, list):
        return _names_as_lines([str(name) for name in value])
    if fact.key == "description":
        return _wrapped(value)
    if isinstance(value, str):
        return value.splitlines()
    return [msgspec.json.encode(value).decode()]


def _names_as_lines(names: list[str]) -> list[str]:
    if not names:
        return ["none"]
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    return _wrapped(", ".join(names[:_MOST_NAMES]) + more)


def _wrapped(text: str, prefix: int = 0) -> list[str]:
    width = WIDTH - len(_INDENT) - prefix
    return textwrap.wrap(text, width, break_on_hyphens=False, break_long_words=False)
