"""Where a multipart form names its model, found as the form arrives (RFC 7578, RFC 2046 section 5.1).

A scanner of our own, because what it must say is *where* in the body the fields stand: then a new name is spliced in
and every other byte, the boundary and the heads of the parts included, stays as it came, in memory or on disk. It holds
the unfinished head or field of one part; files run through it.
"""

from __future__ import annotations

import re
from enum import Enum

FORM_DATA = b"multipart/form-data"
MAX_BOUNDARY = 200
"""Bytes. RFC 2046 allows 70; some clients know no limit."""
MAX_PART_HEAD = 16 * 1024
MAX_FIELD = 4096
"""Bytes of a model's name."""
MAX_PARTS = 1000
MAX_PADDING = 256
"""Blanks behind a boundary."""

Span = tuple[int, int]
"""Where a value begins in the body, and where it ends."""

_BOUNDARY = re.compile(rb';\s*boundary=(?:"((?:[^"\\]|\\.)*)"|([^\s;"]+))', re.IGNORECASE)
_DISPOSITION = re.compile(rb"^content-disposition:[ \t]*form-data[ \t]*(;.*)$", re.IGNORECASE | re.MULTILINE)
_PARAMETER = re.compile(rb';[ \t]*([^\s=;"]+)[ \t]*=[ \t]*(?:"((?:[^"\\\r\n]|\\.)*)"|([^\s;"]*))')


def is_form_data(content_type: bytes) -> bool:
    """Whether a body counts as a multipart form (spec http 4)."""
    return FORM_DATA in content_type


def boundary_of(content_type: bytes) -> bytes | None:
    """The boundary that the content type names; None where it names none that could be one."""
    match = _BOUNDARY.search(content_type)
    if match is None:
        return None
    boundary = _unquoted(match[1]) if match[1] is not None else match[2]
    return boundary if 0 < len(boundary) <= MAX_BOUNDARY and b"\r" not in boundary else None


class _State(Enum):
    DATA = "before, or inside, a part whose content does not matter"
    FIELD = "inside a field of the wanted name"
    BOUNDARY = "right behind a boundary"
    HEAD = "inside the head of a part"
    DONE = "behind the last boundary"
    BROKEN = "in something that is no form"


class FormScanner:
    """Finds the fields of one name in a multipart form that is fed piece by piece.

    A part with a file name is a file, whatever its name. A form that does not end, or that goes beyond the limits, is
    broken: nothing that was found in it counts.
    """

    def __init__(self, boundary: bytes, field: bytes = b"model") -> None:
        self._delimiter = b"\r\n--" + boundary
        self._field = field
        # the first boundary has no line before it: with one, it is like the others
        self._buffer = b"\r\n"
        self._offset = -2
        self._state = _State.DATA
        self._parts = 0
        self._values: list[bytes] = []
        self._spans: list[Span] = []

    def __repr__(self) -> str:
        return f"<FormScanner {self._state.name} {self._values}>"

    @property
    def is_complete(self) -> bool:
        """Whether the form was read to its end."""
        return self._state is _State.DONE

    @property
    def values(self) -> list[str]:
        """The values of the fields, in order, once the form is complete."""
        return [value.decode("utf-8", "replace") for value in self._values] if self.is_complete else []

    @property
    def spans(self) -> list[Span]:
        """Where they stand in the body, in order, once the form is complete."""
        return self._spans if self.is_complete else []

    def feed(self, data: bytes) -> None:
        """More of the body."""
        if self._state in (_State.DONE, _State.BROKEN):
            return
        self._buffer += data
        while self._step():
            pass

    def _step(self) -> bool:
        """Go one element further; whether there may be another in the buffer."""
        match self._state:
            case _State.DATA:
                return self._pass_data()
            case _State.FIELD:
                return self._take_field()
            case _State.BOUNDARY:
                return self._end_boundary()
            case _State.HEAD:
                return self._take_head()
            case _State.DONE | _State.BROKEN:
                self._buffer = b""
                return False

    def _advance(self, size: int, state: _State) -> bool:
        self._buffer = self._buffer[size:]
        self._offset += size
        self._state = state
        return True

    def _pass_data(self) -> bool:
        end = self._buffer.find(self._delimiter)
        if end < 0:  # what may be the beginning of a boundary stays
            self._advance(max(0, len(self._buffer) - len(self._delimiter) + 1), _State.DATA)
            return False
        return self._advance(end + len(self._delimiter), _State.BOUNDARY)

    def _take_field(self) -> bool:
        end = self._buffer.find(self._delimiter)
        if end > MAX_FIELD or (end < 0 and len(self._buffer) > MAX_FIELD + len(self._delimiter)):
            return self._advance(0, _State.BROKEN)
        if end < 0:
            return False
        self._values.append(self._buffer[:end])
        self._spans.append((self._offset, self._offset + end))
        return self._advance(end + len(self._delimiter), _State.BOUNDARY)

    def _end_boundary(self) -> bool:
        """What follows a boundary: `--`, or the rest of its line, or it was none."""
        if len(self._buffer) < 2:
            return False
        if self._buffer.startswith(b"--"):
            return self._advance(2, _State.DONE)
        padding = len(self._buffer) - len(self._buffer.lstrip(b" \t"))
        if padding > MAX_PADDING:
            return self._advance(0, _State.BROKEN)
        if len(self._buffer) < padding + 2:
            return False
        if self._buffer.startswith(b"\r\n", padding):
            self._parts += 1
            return self._advance(padding, _State.HEAD if self._parts <= MAX_PARTS else _State.BROKEN)
        if self._spans and self._spans[-1][1] == self._offset - len(self._delimiter):
            return self._advance(0, _State.BROKEN)  # a field with such a line in it is nobody's name of a model
        return self._advance(0, _State.DATA)  # a line of a file that begins like the boundary

    def _take_head(self) -> bool:
        """The head of a part, from the line end before it to the empty line behind it."""
        end = self._buffer.find(b"\r\n\r\n")
        if end > MAX_PART_HEAD or (end < 0 and len(self._buffer) > MAX_PART_HEAD + 4):
            return self._advance(0, _State.BROKEN)
        if end < 0:
            return False
        is_wanted = field_name(self._buffer[2:end]) == self._field
        return self._advance(end + 4, _State.FIELD if is_wanted else _State.DATA)


def field_name(head: bytes) -> bytes | None:
    """The name of the field that a part's head describes; None for files, and for what has no name."""
    disposition = _DISPOSITION.search(head.replace(b"\r\n", b"\n"))
    if disposition is None:
        return None
    parameters: dict[bytes, bytes] = {}
    for match in _PARAMETER.finditer(disposition[1]):
        value = _unquoted(match[2]) if match[2] is not None else match[3]
        parameters.setdefault(match[1].lower(), value)
    if b"filename" in parameters or b"filename*" in parameters:
        return None
    return parameters.get(b"name")


def _unquoted(text: bytes) -> bytes:
    return re.sub(rb"\\(.)", rb"\1", text)
