"""Members of a long JSON object, found as it passes: no copy is made of the rest, and nothing of it is decoded.

Numbers and texts are jumped over by searches in C, so megabytes of vectors or of pictures cost next to nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

LONGEST = 64 * 1024
"""Bytes of a member that are kept; one that is longer is not what we look for."""
_IN_STRING = re.compile(rb'["\\]')
_AT_TOP = re.compile(rb'["{}\[\],:]')
_DEEPER = re.compile(rb'["{}\[\]]')


class MemberScanner:
    """Finds the values of the wanted names at the top level of one object."""

    def __init__(self, wanted: Iterable[bytes]) -> None:
        self._wanted = frozenset(wanted)
        self._longest_name = max(map(len, self._wanted))
        self._depth = 0
        self._in_string = False
        self._escaped = False
        self._is_name = False
        """Whether a string at the top level is the name of a member."""
        self._name = bytearray()
        self._reading = b""
        self._value: bytearray | None = None
        self._found: dict[bytes, bytes] = {}
        self._ended = False
        self._broken = False

    def __repr__(self) -> str:
        return f"<MemberScanner found {sorted(self._found)}>"

    def found(self) -> dict[bytes, bytes]:
        """The values by their names, the last one of each; nothing unless the object is complete."""
        return self._found if self._ended and not self._broken else {}

    def feed(self, data: bytes) -> None:
        """More of the text."""
        at, size = 0, len(data)
        while at < size and not self._broken:
            at = self._in_text(data, at) if self._in_string else self._between(data, at)

    def _in_text(self, data: bytes, at: int) -> int:
        """On to the end of a string, or of the data."""
        if self._escaped:
            self._escaped = False
            self._note(data, at, at + 1)
            return at + 1
        match = _IN_STRING.search(data, at)
        until = len(data) if match is None else match.end()
        self._note(data, at, until)
        if match is not None:
            if match[0] == b"\\":
                self._escaped = True
            else:
                self._in_string = False
        return until

    def _between(self, data: bytes, at: int) -> int:
        """On to the next thing that has a meaning."""
        match = (_AT_TOP if self._depth == 1 else _DEEPER).search(data, at)
        until = len(data) if match is None else match.end()
        if match is None:
            self._note(data, at, until)
            return until
        sign = match[0]
        ends_value = self._depth == 1 and sign in (b",", b"}")
        self._note(data, at, until - 1 if ends_value else until)
        if ends_value:
            self._end_value()
        if sign == b'"':
            self._in_string = True
            if self._depth == 1 and self._is_name:
                self._name.clear()
        elif sign == b":":
            self._begin_value()
        elif sign == b",":
            self._is_name = True
        else:
            self._nest(sign)
        return until

    def _nest(self, sign: bytes) -> None:
        if sign in b"{[":
            self._depth += 1
            self._is_name = self._depth == 1
            self._broken = self._broken or self._ended or (self._depth == 1 and sign == b"[")
        else:
            self._depth -= 1
            self._ended = self._depth == 0
            self._broken = self._broken or self._depth < 0

    def _begin_value(self) -> None:
        if self._is_name:
            self._is_name = False
            self._reading = bytes(self._name[:-1])  # without its closing quote
            self._value = bytearray() if self._reading in self._wanted else None
            self._name.clear()

    def _end_value(self) -> None:
        if self._value is not None and 0 < len(self._value) <= LONGEST:
            self._found[self._reading] = bytes(self._value)
        self._value = None

    def _note(self, data: bytes, begin: int, end: int) -> None:
        """Keep what is of use of this stretch."""
        if self._value is not None:
            if len(self._value) <= LONGEST:
                self._value += data[begin:end]
        elif self._is_name and self._in_string and len(self._name) <= self._longest_name + 1:
            self._name += data[begin:end]
