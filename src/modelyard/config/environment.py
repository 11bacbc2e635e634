"""References to environment variables, `${env.NAME}`, replaced in the text before it is parsed (spec config 9)."""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from yaml import events

from modelyard.config.errors import Place, Report
from modelyard.config.nodes import UNKNOWN_VALUE, AnyMark, Unparsable, end_of, first_document, start_of

_BYTE_ORDER_MARK = "\ufeff"
REFERENCE = re.compile(r"\$\{env\.([A-Za-z_][A-Za-z0-9_]*)\}")
_LINE_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")  # the line breaks of YAML 1.1, which libyaml counts by


def split_lines(text: str) -> list[str]:
    """The lines as libyaml counts them."""
    return _LINE_BREAK.split(text)


@dataclass(slots=True)
class Text:
    """A text whose references are being replaced, and the way back from its characters to places in the file."""

    file: str
    content: str
    _line_starts: list[int]
    _edits: list[_Edits] = field(default_factory=list)

    @classmethod
    def of(cls, file: str, content: str) -> Text:
        """A text as it stands in the file, but for a byte order mark."""
        content = content.removeprefix(_BYTE_ORDER_MARK)
        return cls(file, content, [0, *(found.end() for found in _LINE_BREAK.finditer(content))])

    def place(self, index: int) -> Place:
        """The place in the file of a character of `content`."""
        for edits in reversed(self._edits):
            index = edits.before(index)
        line = bisect.bisect_right(self._line_starts, index)
        return Place(self.file, line, index - self._line_starts[line - 1] + 1)

    def place_of(self, mark: AnyMark) -> Place:
        """The place in the file of a mark in `content`."""
        if self._edits:
            return self.place(mark.index)
        return Place(self.file, mark.line + 1, mark.column + 1)

    def replace(self, values: Mapping[str, str]) -> None:
        """Replace every reference to one of the names."""
        edits = _Edits()
        pieces: list[str] = []
        end = 0
        for found in REFERENCE.finditer(self.content):
            value = values.get(found[1])
            if value is None:
                continue
            pieces += (self.content[end : found.start()], value)
            end = found.end()
            edits.add(found.start(), found.end(), len(value))
        self.content = "".join([*pieces, self.content[end:]])
        self._edits.append(edits)


class _Edits:
    """One pass of replacements: which piece of the new text stood where in the old one."""

    def __init__(self) -> None:
        self._new_starts: list[int] = []
        self._pieces: list[tuple[int, int, int]] = []  # old start, new end, what to add behind the piece
        self._shift = 0

    def add(self, old_start: int, old_end: int, new_length: int) -> None:
        new_start = old_start - self._shift
        self._shift += old_end - old_start - new_length
        self._new_starts.append(new_start)
        self._pieces.append((old_start, new_start + new_length, self._shift))

    def before(self, index: int) -> int:
        piece = bisect.bisect_right(self._new_starts, index) - 1
        if piece < 0:
            return index
        old_start, new_end, shift = self._pieces[piece]
        return old_start if index < new_end else index + shift


def substitute(text: Text, environment: Mapping[str, str], report: Report) -> None:
    """Replace the references in `text`, twice: a value may hold references of its own (spec config 6, row 28).

    Variables that are not set, or that hold a line break, are noted. `UNKNOWN_VALUE` takes the place of their
    references, which could make the text unreadable and hide all other problems.
    """
    for _ in range(2):
        if "${env." not in text.content:
            return
        values: dict[str, str] = {}
        for name, index in _references(text.content):
            if name in values:
                continue
            fault = _fault(environment.get(name))
            if fault:
                values[name] = UNKNOWN_VALUE
                message = f"the environment variable {name} {fault[0]}"
                report.problem(text.place(index), "", message, fault[1])
            else:
                # right for double-quoted scalars, visible elsewhere: compatible (spec config 9)
                values[name] = environment[name].replace("\\", "\\\\").replace('"', '\\"')
        text.replace(values)


def _fault(value: str | None) -> tuple[str, str] | None:
    if value is None:
        return "is not set", "set it, or remove the reference"
    if any(character in value for character in "\n\r\0"):
        return "holds a line break or a NUL", "give it a value of one line"
    return None


def _references(text: str) -> Iterator[tuple[str, int]]:
    """Names and indices of the references that count: those in comments do not, unless the text is not YAML."""
    try:
        spans = [
            (start_of(event), end_of(event)) for event in first_document(text) if isinstance(event, events.ScalarEvent)
        ]
    except Unparsable:
        spans = [(0, len(text))]
    for start, end in spans:
        for found in REFERENCE.finditer(text, start, end):
            yield found[1], found.start()
