"""Filters: what is removed from JSON requests and set in them, on the raw text (spec http 6.1, config 15).

A body is taken apart only along the paths that a filter names. Every value on the way there, and beside it, stays the
bytes that it was: no number is spelled anew, no order changes, and a long prompt is never decoded. Of a member that
comes twice the last one is kept, as the engines read it.

Keys are paths. A dot descends, a number is an index where an array is met, a backslash makes the next character
plain, and a colon in front makes a number the name of a member. `-1` is the end of an array.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, cast

import msgspec

from modelyard.wire.body import Buffer

PROTECTED = "model"
QUERY_CHARACTERS = frozenset("*?#@|")
"""Of the path language that llama-swap borrows. Nobody relies on them: such a key can't be stripped, nor set."""
INDEX_DIGITS = 4
"""Setting beyond the end of an array pads it with nulls, so a longer number is no index, only a name."""

_decode_members = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_decode_elements = msgspec.json.Decoder(list[msgspec.Raw]).decode
_encode = msgspec.json.encode
_NULL = msgspec.Raw(b"null")
_END = -1


class FilterError(ValueError):
    """A body can't be filtered as configured. The text is for the client."""


class Step(NamedTuple):
    """One part of a path: the name of a member, and its position where an array is met (None: none)."""

    name: str
    position: int | None


Path = tuple[Step, ...]


class Setting(NamedTuple):
    """A value to set, as it is written."""

    key: str
    path: Path
    value: msgspec.Raw


@dataclass(frozen=True, slots=True)
class Filter:
    """What happens to a body: first everything of `strip`, then everything of `settings`, in order."""

    strip: tuple[Path, ...] = ()
    settings: tuple[Setting, ...] = ()
    refused: str = ""
    """A key that can't be stripped, so that no body passes; empty: none."""


def compile_filter(strip: Iterable[str], *blocks: Mapping[str, Any] | None) -> Filter | None:
    """The filter that strips these keys, then sets what the blocks say, a later one over an earlier one.

    None where nothing is left to do. `model` is never touched.
    """
    paths, refused = [], ""
    for key in strip:
        if (path := parse_path(key)) is None:
            refused = refused or key
        elif path[0].name != PROTECTED:
            paths.append(path)
    settings = [setting for block in blocks if block for setting in _settings(block)]
    if not paths and not settings and not refused:
        return None
    return Filter(tuple(paths), tuple(settings), refused)


def _settings(block: Mapping[str, Any]) -> Iterable[Setting]:
    for key in sorted(block):
        path = parse_path(key)
        if path is not None and path[0].name != PROTECTED:
            yield Setting(key, path, msgspec.Raw(_encode(block[key])))


def parse_path(key: str) -> Path | None:
    """The steps of a key; None where it is empty or has a query character that is not escaped."""
    parts: list[tuple[str, bool]] = []
    text, plain, escaped = "", True, False
    for character in key:
        if escaped:
            text, plain, escaped = text + character, False, False
        elif character == "\\":
            escaped = True
        elif character == ".":
            parts.append((text, plain))
            text, plain = "", True
        elif character in QUERY_CHARACTERS:
            return None
        else:
            text += character
    if not key:
        return None
    return tuple(_step(*part) for part in [*parts, (text, plain)])


def _step(text: str, plain: bool) -> Step:
    if plain and len(text) > 1 and text[0] == ":":
        return Step(text[1:], None)
    if plain and text == "-1":
        return Step(text, _END)
    is_index = text.isascii() and text.isdecimal() and len(text) <= INDEX_DIGITS
    return Step(text, int(text) if is_index else None)


def rewrite(body: Buffer, model: str, filter_: Filter | None) -> bytes:
    """The JSON object with its `model` set (empty: left as it is) and the filter applied.

    Raises FilterError where the filter can't be applied, ValueError where the body is no JSON object.
    """
    try:
        members: dict[str, msgspec.Raw] = _decode_members(body)
        if model:
            members[PROTECTED] = msgspec.Raw(_encode(model))
        if filter_ is not None:
            _apply(members, filter_)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise ValueError(str(error)) from error
    return _encode(members)


def _apply(members: dict[str, msgspec.Raw], filter_: Filter) -> None:
    if filter_.refused:
        raise FilterError(f"error stripping parameter {filter_.refused} from request")
    for path in filter_.strip:
        _strip(members, path)
    for setting in filter_.settings:
        try:
            _set(members, setting.path, setting.value)
        except _UnsettableError:
            raise FilterError(f"error setting parameter {setting.key} in request") from None


class _UnsettableError(Exception):
    """An array is met where the path has a name."""


Members = dict[str, msgspec.Raw]
Elements = list[msgspec.Raw]


def _opened(raw: msgspec.Raw) -> Members | Elements | None:
    """The object or array one level deep; None where it is neither."""
    first = bytes(memoryview(raw)[:1])
    if first == b"{":
        return _decode_members(raw)
    if first == b"[":
        return _decode_elements(raw)
    return None


def _strip(container: Members | Elements, path: Path) -> bool:
    """Remove what the path leads to; whether anything was there."""
    place, rest = _place_of(container, path[0]), path[1:]
    if place is None:
        return False
    places = cast("dict[str | int, msgspec.Raw]", container)  # or a list, which is used alike
    if not rest:
        del places[place]
        return True
    inner = _opened(places[place])
    if inner is None or not _strip(inner, rest):
        return False
    places[place] = msgspec.Raw(_encode(inner))
    return True


def _place_of(container: Members | Elements, step: Step) -> str | int | None:
    """Where in the container the step leads; None where there is nothing."""
    if isinstance(container, dict):
        return step.name if step.name in container else None
    if step.position == _END and container:
        return len(container) - 1
    return step.position if step.position is not None and 0 <= step.position < len(container) else None


def _set(container: Members | Elements, path: Path, value: msgspec.Raw) -> None:
    step, rest = path[0], path[1:]
    if isinstance(container, list):
        if step.position is None:
            raise _UnsettableError
        place = len(container) if step.position == _END else step.position
        container.extend([_NULL] * (place + 1 - len(container)))
        container[place] = _changed(container[place], rest, value)
    else:
        container[step.name] = _changed(container.get(step.name, _NULL), rest, value)


def _changed(before: msgspec.Raw, rest: Path, value: msgspec.Raw) -> msgspec.Raw:
    """What stands at a place once the rest of the path, from there on, leads to the value."""
    if not rest:
        return value
    inner = _opened(before)
    if inner is None:  # as in llama-swap: what can't be descended into gives way to what the path needs
        inner = {} if rest[0].position is None else []
    _set(inner, rest, value)
    return msgspec.Raw(_encode(inner))
