"""Command texts to argument lists, without a shell (spec config 11).

Not `shlex`: that one raises on an open quote, leaves `$` and the backtick unescapable inside double quotes,
takes a carriage return for white space and keeps an escaped newline.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

WHITE_SPACE = "\t\n\v\f\r \x85\xa0\u1680" + "".join(map(chr, range(0x2000, 0x200B))) + "\u2028\u2029\u202f\u205f\u3000"
"""What a line is trimmed of. `str.strip()` alone would take the separators U+001C to U+001F as well."""

_SEPARATORS = frozenset(" \t\n")
_WINDOWS_TOKEN = re.compile(r"""(?P<slashes>\\*)"|(?P<space>[ \t\r\n])|(?P<text>\\+|[^\\" \t\r\n]+)""")
_ESCAPABLE_IN_DOUBLE_QUOTES = frozenset('$`"\\')


class EmptyCommand(ValueError):  # noqa: N818 - named by what is the case, as all our errors are
    """There is nothing to run in the text."""

    def __init__(self) -> None:
        super().__init__("empty command")


def split_command(text: str, *, windows: bool = False) -> list[str]:
    """The arguments of a command text: several lines, `#` lines dropped, `\\` joins lines.

    Quotes are those of POSIX shells, or of `windows` programs. Nothing is expanded: no variable, glob, pipe or `~`.
    An open quote extends to the end of the text. Raises `EmptyCommand` when no argument is left.
    """
    logical = "\n".join(_logical_lines(text))
    arguments = list(_windows_arguments(logical) if windows else _Tokeniser(logical))
    if not arguments:
        raise EmptyCommand
    return arguments


def leaves_quote_open(text: str) -> bool:
    """Whether a quote in the command text is never closed: legal, and nearly always a mistake."""
    if "'" not in text and '"' not in text:
        return False
    tokeniser = _Tokeniser("\n".join(_logical_lines(text)))
    for _ in tokeniser:
        pass
    return tokeniser.quote_left_open


def drop_comment_lines(text: str) -> str:
    """The text without the lines whose first visible character is `#`; nothing else changes."""
    if "#" not in text:
        return text
    return "\n".join(line for line in text.split("\n") if not line.strip(WHITE_SPACE).startswith("#"))


def _logical_lines(text: str) -> Iterator[str]:
    for line in text.split("\n"):
        trimmed = line.strip(WHITE_SPACE)
        if trimmed.startswith("#"):
            continue
        yield trimmed[:-1] + " " if trimmed.endswith("\\") else line


class _Tokeniser:
    """Yields the arguments of one text. The characters are consumed by whichever rule is in force."""

    def __init__(self, text: str) -> None:
        self._characters = iter(text)
        self.quote_left_open = False

    def __iter__(self) -> Iterator[str]:
        argument: str | None = None  # None: between arguments; "" is an argument, written as '' or ""
        for character in self._characters:
            if character in _SEPARATORS:
                if argument is not None:
                    yield argument
                argument = None
                continue
            part = self._part(character)
            if part is not None:
                argument = (argument or "") + part
        if argument is not None:
            yield argument

    def _part(self, character: str) -> str | None:
        """What `character`, and what belongs to it, adds to the argument; None opens no argument."""
        if character == "'":
            return "".join(self._single_quoted())
        if character == '"':
            return "".join(self._double_quoted())
        if character == "\\":
            escaped = next(self._characters, "\n")
            return None if escaped == "\n" else escaped
        return character

    def _single_quoted(self) -> Iterator[str]:
        for character in self._characters:
            if character == "'":
                return
            yield character
        self.quote_left_open = True

    def _double_quoted(self) -> Iterator[str]:
        for character in self._characters:
            if character == '"':
                return
            if character == "\\":
                yield self._escaped_in_double_quotes()
            else:
                yield character
        self.quote_left_open = True

    def _escaped_in_double_quotes(self) -> str:
        escaped = next(self._characters, "")
        if escaped == "\n":
            return ""
        return escaped if escaped in _ESCAPABLE_IN_DOUBLE_QUOTES else "\\" + escaped


def _windows_arguments(text: str) -> Iterator[str]:
    """Only `"` quotes. Backslashes are ordinary but before a `"`: each pair of them is one, a single one escapes it."""
    argument: str | None = None
    quoted = False
    index = 0
    while (token := _WINDOWS_TOKEN.match(text, index)) is not None:
        index = token.end()
        if token["slashes"] is not None:
            backslashes, escaped = divmod(len(token["slashes"]), 2)
            doubled = quoted and not escaped and text.startswith('"', index)
            index += doubled
            quoted ^= not (escaped or doubled)
            part = "\\" * backslashes + ('"' if escaped or doubled else "")
        elif token["space"] is not None and not quoted:
            if argument is not None:
                yield argument
            argument = None
            continue
        else:
            part = token[0]
        argument = (argument or "") + part
    if argument is not None:
        yield argument
