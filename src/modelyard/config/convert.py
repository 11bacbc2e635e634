"""Single values: what a key of each type accepts, and how it says no (the table of spec config 7).

A reader turns a node into a value. It notes what is wrong and returns `BROKEN` then. Nodes that are null, or that a
problem was noted about already, are never given to one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Protocol

from modelyard.config.durations import parse_duration
from modelyard.config.errors import Report
from modelyard.config.nodes import BROKEN, Broken, MappingNode, Node, ScalarNode, SequenceNode
from modelyard.config.scalars import INT64_MAX, INT64_MIN, Timestamp, text_of
from modelyard.config.secrets import is_secret, masked
from modelyard.config.sizes import parse_size

_BOOLEAN_WORDS = {
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "on", "On", "ON"), True),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "off", "Off", "OFF"), False),
}
_EXAMPLES = {"seconds": 300}
_SHOWN = 40
_EXACT_IN_FLOATS = 2**53


class Reader(Protocol):
    """Turns a node into a value."""

    def __call__(self, node: Node, path: str, report: Report) -> Any:
        """The value, or `BROKEN` after noting what is wrong at `path`."""


def read_boolean(node: Node, path: str, report: Report) -> bool | Broken:
    """A boolean, or one of the words yes, no, on, off, y, n."""
    if isinstance(node, ScalarNode):
        if isinstance(node.value, bool):
            return node.value
        if isinstance(node.value, str) and node.value in _BOOLEAN_WORDS:
            return _BOOLEAN_WORDS[node.value]
    key = _key(path)
    return wrong(node, path, report, "a boolean", f"write {key}: true or {key}: false")


def integer_reader(*, least: int | None, unit: str, default: int) -> Reader:
    """Reads whole numbers; fractions are cut off. `unit`, a plural noun, and `default` are for messages."""
    example = default if default > 0 else _EXAMPLES.get(unit, 1)

    def read(node: Node, path: str, report: Report) -> int | Broken:
        value = node.value if isinstance(node, ScalarNode) else None
        if isinstance(value, float) and math.isfinite(value):
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool) or not INT64_MIN <= value <= INT64_MAX:
            expected = f"an integer number of {unit}" if unit else "an integer"
            return wrong(node, path, report, expected, f"write {_key(path)}: {_meant(value, example)}")
        if least is not None and value < least:
            remedy = f"write {_key(path)}: {max(default, least)}"
            report.problem(node.place, path, f"must be at least {least}, found {value}", remedy)
            return BROKEN
        return value

    return read


def read_string(node: Node, path: str, report: Report) -> str | Broken:
    """A text; numbers, booleans and dates are turned into one."""
    if isinstance(node, ScalarNode) and not isinstance(node.value, Broken):
        return text_of(node.value)
    return wrong(node, path, report, "a string", f"write {_key(path)}: text")


def read_duration(node: Node, path: str, report: Report) -> float | Broken:
    """Seconds, written as in `1m30s`. A number without a unit is refused."""
    value = node.value if isinstance(node, ScalarNode) else None
    seconds = parse_duration(value) if isinstance(value, str) else None
    if seconds is not None:
        return seconds
    meant = f"{text_of(value)}s" if isinstance(value, int | float) and not isinstance(value, bool) else "15s"
    return wrong(node, path, report, "a duration with units, ns us ms s m h", f"write {_key(path)}: {meant}")


def read_size(node: Node, path: str, report: Report) -> int | Broken:
    """Bytes, as a number or a text with a unit."""
    value = node.value if isinstance(node, ScalarNode) else None
    size = parse_size(value.strip()) if isinstance(value, str) else None
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= INT64_MAX:
        size = value
    if size is None or size > INT64_MAX:
        return wrong(node, path, report, "a size, in bytes or with a unit", f"write {_key(path)}: 2GB")
    return size


def word_reader(words: Sequence[str]) -> Reader:
    """Reads one of several words."""

    def read(node: Node, path: str, report: Report) -> str | Broken:
        text = read_string(node, path, report)
        if text is BROKEN or text in words:
            return text
        report.problem(node.place, path, f'"{text}" is none of {", ".join(words)}', report.did_you_mean(text, words))
        return BROKEN

    return read


def free_value(node: Node) -> Any:
    """Anything, as JSON has it: whole floats become integers, dates their text (spec config 7, free-form values)."""
    match node:
        case MappingNode():
            return {key: free_value(entry.node) for key, entry in node.entries.items()}
        case SequenceNode():
            return [free_value(item) for item in node.items]
        case ScalarNode(value=Timestamp() as value):
            return value.text
        case ScalarNode(value=float() as value) if value.is_integer() and abs(value) <= _EXACT_IN_FLOATS:
            return int(value)
        case ScalarNode(value=Broken()):
            return None
        case _:
            return node.value


def wrong(node: Node, path: str, report: Report, expected: str, remedy: str = "") -> Broken:
    """Note that a node is not what was expected; a secret is not repeated."""
    found = "something else" if is_secret(path) else describe(node)
    report.problem(node.place, path, f"expected {expected}, found {found}", remedy)
    return BROKEN


def is_nothing(node: Node | None) -> bool:
    """Whether there is nothing to read: no node, null, or a value that a problem was noted about."""
    return node is None or (isinstance(node, ScalarNode) and (node.value is None or node.value is BROKEN))


def is_broken(node: Node) -> bool:
    """Whether a problem was noted about the node already."""
    return isinstance(node, ScalarNode) and node.value is BROKEN


def is_empty(node: Node) -> bool:
    """Whether ignoring the node loses nothing."""
    if isinstance(node, MappingNode):
        return not node.entries
    if isinstance(node, SequenceNode):
        return not node.items
    return is_nothing(node)


def describe(node: Node) -> str:
    """A node in words, for a message, without secrets."""
    match node:
        case MappingNode():
            return "a mapping"
        case SequenceNode():
            return "a sequence"
        case ScalarNode(value=bool() as value):
            return f"the boolean {text_of(value)}"
        case ScalarNode(value=int() | float() as value):
            return f"the number {text_of(value)}"
        case ScalarNode(value=Timestamp() as value):
            return f"the date {value.text}"
        case ScalarNode(value=str() as value):
            shown = masked(value if len(value) <= _SHOWN else value[:_SHOWN] + "…")
            return f'the string "{shown}"'
        case _:
            return "nothing"


def _key(path: str) -> str:
    return path.rpartition(".")[2]


def _meant(value: object, default: int) -> int:
    """A number to show as the remedy: the one that was meant where that is plain, else the default."""
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 19 else default
