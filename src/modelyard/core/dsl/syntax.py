"""Reading one expression (spec config 18.1).

    expression = term , { "|" , term } ;
    term       = atom , { "&" , atom } ;
    atom       = identifier | "+" , identifier | "(" , expression , ")" ;

The outcome is no tree of objects but a list of parts in which every part stands behind those that it is made of: no
expression is too long or too deep for whoever walks a list, and none can be so for a stack.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import takewhile
from typing import NamedTuple

WANTED = 'a name, "+" and the name of a set, or "(" must stand'
"""What may begin an operand, at the end of a sentence that says where."""

_OPERATORS = "&|()"
_WIDE_IDENTIFIER = re.compile(r"[\w.-]+")
"""Right for ASCII; beyond that it also takes numerals such as "²", which are no digits."""
_NO_SPACE = "\x1c\x1d\x1e\x1f"
"""Python calls these white space; Unicode's property, which the format goes by, does not include them."""


class ExpressionError(ValueError):
    """An expression that can't be read. `position` is in characters from 0, None for the expression as a whole."""

    def __init__(self, message: str, position: int | None = None, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.position = position
        self.remedy = remedy


class Name(NamedTuple):
    """A var or a model, as it is written."""

    text: str
    position: int


class Reference(NamedTuple):
    """`+text`: whatever the set of this name allows."""

    text: str
    position: int


class Both(NamedTuple):
    """`left & right`. The sides are indices in the list of parts."""

    left: int
    right: int


class Either(NamedTuple):
    """`left | right`."""

    left: int
    right: int


Part = Name | Reference | Both | Either


class _Token(NamedTuple):
    text: str
    """An operator, an identifier, or `+` and an identifier."""
    position: int


def trim(text: str) -> str:
    """The expression without the white space around it. Positions count in what is left."""
    start, end = 0, len(text)
    while start < end and _is_space(text[start]):
        start += 1
    while end > start and _is_space(text[end - 1]):
        end -= 1
    return text[start:end]


def parse(text: str) -> tuple[Part, ...]:
    """Read a trimmed expression; the last part is the whole. Raises `ExpressionError` for the first mistake."""
    parser = _Parser()
    for token in _tokens(text):
        parser.take(token)
    return parser.finish()


def _is_identifier_character(character: str) -> bool:
    return character.isalpha() or character.isdecimal() or character in "_-."


def _is_space(character: str) -> bool:
    return character.isspace() and character not in _NO_SPACE


def _tokens(text: str) -> Iterator[_Token]:
    position, end = 0, len(text)
    while position < end:
        character = text[position]
        if _is_space(character):
            position += 1
        elif character in _OPERATORS:
            yield _Token(character, position)
            position += 1
        else:
            word = _word(text, position)
            yield _Token(word, position)
            position += len(word)


def _word(text: str, start: int) -> str:
    """The identifier or reference that begins here."""
    is_reference = text[start] == "+"
    identifier = _identifier(text, start + is_reference)
    if identifier:
        return "+" + identifier if is_reference else identifier
    if is_reference:
        raise ExpressionError(
            f'"+" at position {start} must be followed directly by the name of a set', start, "write +name, no space"
        )
    raise ExpressionError(
        f'"{text[start]}" at position {start} is not allowed in an expression',
        start,
        'names are made of letters, digits, "_", "-" and "."; a model with another id needs a var',
    )


def _identifier(text: str, start: int) -> str:
    """The longest identifier that begins here, or nothing."""
    match = _WIDE_IDENTIFIER.match(text, start)
    word = match.group() if match else ""
    return word if word.isascii() else "".join(takewhile(_is_identifier_character, word))


class _Level:
    """What was read since a parenthesis was opened: the alternatives so far, and the one that is being read."""

    __slots__ = ("alternatives", "opened", "term")

    def __init__(self, opened: int) -> None:
        self.opened = opened
        self.alternatives: int | None = None
        self.term: int | None = None


class _Parser:
    """Takes tokens one by one. Open parentheses are a list of its own, so that none is too many."""

    def __init__(self) -> None:
        self._parts: list[Part] = []
        self._levels = [_Level(-1)]
        self._last: _Token | None = None
        self._wants_operand = True

    def take(self, token: _Token) -> None:
        """Read on."""
        if token.text in ("&", "|", ")"):
            self._take_after_operand(token)
        else:
            self._take_operand(token)
        self._last = token

    def finish(self) -> tuple[Part, ...]:
        """Everything is read."""
        if self._last is None:
            raise ExpressionError("the expression is empty", None, "name the models that may run together")
        if self._wants_operand:
            text, position = self._last
            raise ExpressionError(
                f'the expression ends after "{text}" at position {position}, where {WANTED}', position
            )
        if len(self._levels) > 1:
            opened = self._levels[-1].opened
            raise ExpressionError(f'the parenthesis "(" at position {opened} is never closed', opened)
        self._close_alternative(self._levels[0])
        return tuple(self._parts)

    def _take_operand(self, token: _Token) -> None:
        text, position = token
        if not self._wants_operand:
            assert self._last is not None
            raise ExpressionError(
                f'"{text}" at position {position} follows "{self._last.text}" without "&" or "|" between them', position
            )
        if text == "(":
            self._levels.append(_Level(position))
            return
        is_reference = text[0] == "+"
        part = Reference(text[1:], position) if is_reference else Name(text, position)
        self._operand(self._add(part))

    def _take_after_operand(self, token: _Token) -> None:
        text, position = token
        level = self._levels[-1]
        if self._wants_operand:
            raise ExpressionError(f'"{text}" at position {position} stands where {WANTED}', position)
        if text == ")":
            if len(self._levels) == 1:
                raise ExpressionError(f'the parenthesis ")" at position {position} was never opened', position)
            self._levels.pop()
            self._operand(self._close_alternative(level))
        else:
            if text == "|":
                level.alternatives = self._close_alternative(level)
                level.term = None
            self._wants_operand = True

    def _operand(self, part: int) -> None:
        level = self._levels[-1]
        level.term = part if level.term is None else self._add(Both(level.term, part))
        self._wants_operand = False

    def _close_alternative(self, level: _Level) -> int:
        assert level.term is not None
        return level.term if level.alternatives is None else self._add(Either(level.alternatives, level.term))

    def _add(self, part: Part) -> int:
        self._parts.append(part)
        return len(self._parts) - 1
