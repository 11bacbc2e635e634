"""What is wrong with a configuration, and where: problems are collected, never raised one by one.

Place     a position in a file
Problem   one mistake at one place, with its remedy
Report    collects the problems and warnings of one load
ConfigError   carries all problems of a load to the caller
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from modelyard.config.secrets import SourceLines, is_secret

_SHOWN_AROUND = 100
"""Characters of a long line that are shown on each side of the place."""
_LONGEST_COMPARED = 200
"""Characters of a name; what is longer is no misspelt one."""
_STEP = re.compile(r"[.\[]")
_BOLD, _RED, _DIM, _PLAIN = "\x1b[1m", "\x1b[31m", "\x1b[2m", "\x1b[0m"


class Place(NamedTuple):
    """A position in a file, counted from 1. Line 0 means the file as a whole."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One mistake. `path` is dotted (`models.alpha.ttl`), empty for the file as a whole; `remedy` may be empty."""

    place: Place
    path: str
    message: str
    remedy: str = ""
    source_line: str = ""
    """The line of the file as it is written there, before environment references are filled in, without secrets."""

    @property
    def file(self) -> str:
        """The name of the file, as it was given."""
        return self.place.file

    @property
    def line(self) -> int:
        """The line, from 1; 0 for the file as a whole."""
        return self.place.line

    @property
    def column(self) -> int:
        """The column in characters, from 1; 0 for the file as a whole."""
        return self.place.column

    def __str__(self) -> str:
        return f"{self.place}: {self._what()}"

    def render(self, color: bool) -> str:
        """The problem with its source line and a caret under the place."""
        bold, red, dim, plain = (_BOLD, _RED, _DIM, _PLAIN) if color else ("", "", "", "")
        head = f"{bold}{self.place}:{plain} {red}{self._what()}{plain}"
        line, column = self._excerpt()
        if not line.strip():
            return head
        # tabs are copied, so that the caret stands right whatever their width is
        indent = "".join("\t" if character == "\t" else " " for character in line[: column - 1])
        return f"{head}\n  {dim}{line}{plain}\n  {indent}{red}^{plain}"

    def _excerpt(self) -> tuple[str, int]:
        """What to show of the source line, and the column in that: a line may be as long as a book."""
        line, column = self.source_line, self.column
        if len(line) <= 2 * _SHOWN_AROUND:
            return line, column
        start = max(0, column - 1 - _SHOWN_AROUND)
        shown = line[start : column - 1 + _SHOWN_AROUND]
        return (f"…{shown}", column - start + 1) if start else (shown, column)

    def _what(self) -> str:
        path = f"{self.path}: " if self.path else ""
        remedy = f" ({self.remedy})" if self.remedy else ""
        return f"{path}{self.message}{remedy}"


class ConfigError(Exception):
    """A configuration that can't be used.

    `problems` holds every mistake that was found, sorted by place; `warnings` what is odd beside them, and often the
    cause: a misspelled key is one, that the right one is missing the other.
    """

    def __init__(self, problems: Iterable[Problem], warnings: Iterable[str] = ()) -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        self.warnings: tuple[str, ...] = tuple(warnings)
        super().__init__("\n".join(map(str, self.problems)))

    def render(self, color: bool) -> str:
        """Everything as a compiler prints it: problems with their source lines, and their count at the end."""
        count = len(self.problems)
        total = "1 problem" if count == 1 else f"{count} problems"
        warnings = (f"warning: {warning}" for warning in self.warnings)
        return "\n".join([*warnings, *(problem.render(color) for problem in self.problems), total])


@dataclass(slots=True)
class Report:
    """Collects what one load finds."""

    _lines: dict[str, SourceLines] = field(default_factory=dict)
    # keys in order: an anchored value is read at each of its uses and would be noted as often
    _problems: dict[Problem, None] = field(default_factory=dict)
    _warnings: dict[Problem, None] = field(default_factory=dict)
    _paths: set[str] = field(default_factory=set)
    _above: set[str] = field(default_factory=set)
    _suggestions_left: int = 50
    _comparisons_left: int = 50_000

    def know_source(self, file: str, lines: Sequence[str]) -> None:
        """Remember the lines of a file, to show them with its problems."""
        self._lines[file] = SourceLines(lines)

    def problem(self, place: Place, path: str, message: str, remedy: str = "") -> None:
        """Note a mistake: the load will fail."""
        self._note(self._problems, place, path, message, remedy)
        self._paths.add(path)
        self._above.update(path[: found.start()] for found in _STEP.finditer(path))

    def has_problem(self, path: str) -> bool:
        """Whether a problem was noted at just this path."""
        return path in self._paths

    def has_problem_below(self, path: str) -> bool:
        """Whether a problem was noted of something in the value of a path."""
        return path in self._above

    def warning(self, place: Place, path: str, message: str, remedy: str = "") -> None:
        """Note something that loads and is probably not meant."""
        self._note(self._warnings, place, path, message, remedy)

    def did_you_mean(self, name: str, known: Iterable[str]) -> str:
        """A remedy that names the most similar known name, or nothing.

        Only the first fifty mistakes of a load get one, fewer where there are many names to compare with: a thousand
        names against a thousand take a minute.
        """
        if not self._suggestions_left:
            return ""
        self._suggestions_left -= 1
        names = list(known)
        if len(names) > self._comparisons_left or len(name) > _LONGEST_COMPARED:
            return ""
        self._comparisons_left -= len(names)
        close = difflib.get_close_matches(name, names, n=1)
        return f'did you mean "{close[0]}"?' if close else ""

    def raise_problems(self) -> None:
        """Raise `ConfigError` with all problems so far, if there are any."""
        if self._problems:
            raise ConfigError(sorted(self._problems, key=lambda problem: problem.place), self.warnings())

    def warnings(self) -> tuple[str, ...]:
        """The warnings, one line each, sorted by place."""
        return tuple(map(str, sorted(self._warnings, key=lambda warning: warning.place)))

    def described(self, place: Place, path: str, message: str, remedy: str = "") -> Problem:
        """A mistake with the line that it stands in, not noted."""
        lines = self._lines.get(place.file)
        line = "" if lines is None or is_secret(path) else lines.line(place.line)
        return Problem(place=place, path=path, message=message, remedy=remedy, source_line=line)

    def _note(self, notes: dict[Problem, None], place: Place, path: str, message: str, remedy: str) -> None:
        notes[self.described(place, path, message, remedy)] = None
