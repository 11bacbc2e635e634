"""What must not be shown: what is said of a configuration ends in logs, in answers and on screens.

A value is secret by the name of its key, wherever that stands: under `apiKeys`, in a macro, in `env`, in a command.
Too much is hidden rather than too little, for a file that is no YAML can't be read any better.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterator, Sequence
from typing import Any

HIDDEN = "(hidden)"
"""Stands for a secret that is not revealed."""

_SECRET_PATH = re.compile(r"(^|\.)apiKeys?(\[[0-9]+\](\.key)?)?$")
_NAME = r"(?:api[_-]?keys?|authorization|secrets?|passwords?|passwd|token|credentials?)"
_NAMED = re.compile(rf"""{_NAME}["']?(?:\s*[:=]\s*|\s+)(?=[^\s:=])""", re.IGNORECASE)
_NAMES = re.compile(rf"""{_NAME}["']?$""", re.IGNORECASE)
_KEY = re.compile(rf"""{_NAME}["']?\s*:(?=\s|$)""", re.IGNORECASE)
_USER = re.compile(r"(?<=://)[^/?#\s\"']+(?=@)")
_NAME_CHARACTERS = string.ascii_letters + string.digits + "_-.\"'"


def is_secret(path: str) -> bool:
    """Whether the value of a path must not be shown."""
    return _SECRET_PATH.search(path) is not None


def masked(text: str) -> str:
    """The text without what it names a secret, to its end, and without the users of URLs."""
    if (named := _NAMED.search(text)) is not None:
        text = text[: named.end()] + HIDDEN
    return _USER.sub(HIDDEN, text) if "@" in text else text


def names_secret(name: str) -> bool:
    """Whether what has such a name is a secret: `HF_TOKEN`, `--api-key`."""
    return _NAMES.search(name) is not None


def concealed(value: Any) -> Any:
    """Data without what it names a secret: in texts, under keys, and as the argument after a switch."""
    match value:
        case str():
            return masked(value)
        case dict():
            return {key: HIDDEN if item and names_secret(str(key)) else concealed(item) for key, item in value.items()}
        case list() | tuple():
            return list(_concealed_items(value))
        case _:
            return value


def _concealed_items(items: Sequence[Any]) -> Iterator[Any]:
    named = False
    for item in items:
        yield HIDDEN if named else concealed(item)
        named = isinstance(item, str) and names_secret(item)


class SourceLines:
    """The lines of a file as they may be shown."""

    def __init__(self, lines: Sequence[str]) -> None:
        self._lines = lines
        self._hidden: frozenset[int] | None = None
        self._masked: dict[int, str] = {}

    def line(self, number: int) -> str:
        """A line by its number, from 1; empty where there is none, or nothing of it may be shown."""
        if not 0 < number <= len(self._lines):
            return ""
        if self._hidden is None:
            self._hidden = frozenset(_continuing_lines(self._lines))
        if number in self._hidden:
            return ""
        if number not in self._masked:
            self._masked[number] = masked(self._lines[number - 1])
        return self._masked[number]


def _continuing_lines(lines: Sequence[str]) -> list[int]:
    """The numbers of the lines that go on with the value of a secret key above them."""
    found = []
    indent: int | None = None
    open_brackets = 0
    for number, line in enumerate(lines, start=1):
        if indent is not None and (open_brackets > 0 or _goes_on(line, indent)):
            found.append(number)
            open_brackets += _opened(line)
            continue
        key = _KEY.search(line)
        indent = None if key is None else len(line[: key.start()].rstrip(_NAME_CHARACTERS))
        open_brackets = 0 if key is None else _opened(line)
    return found


def _goes_on(line: str, indent: int) -> bool:
    """Whether a line belongs to the value of a key with that indent: it is deeper, or an item of its list."""
    text = line.lstrip(" \t")
    column = len(line) - len(text)
    return not text or column > indent or (column == indent and text.startswith("-"))


def _opened(line: str) -> int:
    return line.count("[") + line.count("{") - line.count("]") - line.count("}")
