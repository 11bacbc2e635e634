"""Nodes to typed values, with the conversions that existing files rely on (the table of spec config 7)."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping

from modelyard.config.errors import Place, Report
from modelyard.config.nodes import BROKEN, Entry, MappingNode, Node, ScalarNode, SequenceNode
from modelyard.config.scalars import INT64_MAX, INT64_MIN, Timestamp, text_of

_BOOLEAN_WORDS = {
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "on", "On", "ON"), True),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "off", "Off", "OFF"), False),
}
_SHOWN = 40
_EXAMPLE = {"seconds": 300}


class Section:
    """Reads one mapping key by key.

    A reader returns the default where the key is missing, null or wrong; what is wrong is noted. The keys that were
    read are the known ones: `finish` warns of the others.
    """

    def __init__(self, node: Node | None, path: str, report: Report) -> None:
        self.path = path
        self._report = report
        self._known: set[str] = set()
        self._entries: Mapping[str, Entry] = {}
        if isinstance(node, MappingNode):
            self._entries = node.entries
        elif not is_nothing(node):
            self._wrong(node, path, "a mapping", "write its keys below it, indented")

    def node(self, key: str) -> Node | None:
        """What stands under the key; None where there is nothing, or null, or something that was noted before."""
        self._known.add(key)
        entry = self._entries.get(key)
        return None if entry is None or is_nothing(entry.node) else entry.node

    def place(self, key: str) -> Place:
        """Where the value of a key that is present stands."""
        return self._entries[key].node.place

    def at(self, key: str) -> str:
        """The dotted path of a key."""
        return f"{self.path}.{key}" if self.path else key

    def section(self, key: str) -> Section:
        """The mapping under the key; an empty one where it is missing."""
        return Section(self.node(key), self.at(key), self._report)

    def entries(self, key: str) -> Mapping[str, Entry]:
        """The entries of the mapping under the key, in their order."""
        return Section(self.node(key), self.at(key), self._report)._entries

    def integer(self, key: str, default: int, *, at_least: int | None = None, unit: str = "") -> int:
        """A whole number; fractions are cut off. `unit` is a plural noun for the message."""
        node = self.node(key)
        if node is None:
            return default
        example = default if default > 0 else _EXAMPLE.get(unit, 1)
        value = self.integer_of(node, self.at(key), unit=unit, example=example)
        if value is None:
            return default
        if at_least is not None and value < at_least:
            self.problem(key, f"must be at least {at_least}, found {value}", f"write {key}: {max(default, at_least)}")
            return default
        return value

    def integer_of(self, node: Node, path: str, *, unit: str = "", example: int = 1) -> int | None:
        """The whole number that a node is; None after noting that it is none."""
        value = node.value if isinstance(node, ScalarNode) else None
        if isinstance(value, float) and math.isfinite(value):
            value = int(value)
        if isinstance(value, int) and not isinstance(value, bool) and INT64_MIN <= value <= INT64_MAX:
            return value
        name = path.rpartition(".")[2]
        expected = f"an integer number of {unit}" if unit else "an integer"
        self._wrong(node, path, expected, f"write {name}: {_example(value, example)}")
        return None

    def boolean(self, key: str, default: bool) -> bool:
        """A boolean, or one of the words yes, no, on, off, y, n."""
        node = self.node(key)
        if node is None:
            return default
        if isinstance(node, ScalarNode):
            if isinstance(node.value, bool):
                return node.value
            if isinstance(node.value, str) and node.value in _BOOLEAN_WORDS:
                return _BOOLEAN_WORDS[node.value]
        self._wrong(node, self.at(key), "a boolean", f"write {key}: true or {key}: false")
        return default

    def string(self, key: str, default: str = "") -> str:
        """A text; numbers, booleans and dates are turned into one."""
        node = self.node(key)
        if node is None:
            return default
        text = self._text_of(node, self.at(key), "a string", f"write {key}: text")
        return default if text is None else text

    def strings(self, key: str) -> tuple[str, ...]:
        """A list of texts without its nulls."""
        return tuple(text for text, _ in self.placed_strings(key))

    def placed_strings(self, key: str) -> list[tuple[str, Place]]:
        """A list of texts without its nulls, each with its place."""
        node = self.node(key)
        if node is None:
            return []
        if not isinstance(node, SequenceNode):
            self._wrong(node, self.at(key), "a list of strings ([]string)", f"write {key}: [a, b]")
            return []
        found = []
        for index, item in enumerate(node.items):
            if is_nothing(item):
                continue
            text = self._text_of(item, f"{self.at(key)}[{index}]", "a string", "")
            if text is not None:
                found.append((text, item.place))
        return found

    def problem(self, key: str, message: str, remedy: str = "") -> None:
        """Note a mistake in the value of a key that is present."""
        self._report.problem(self.place(key), self.at(key), message, remedy)

    def warning(self, key: str, message: str, remedy: str = "") -> None:
        """Note something doubtful about the value of a key that is present."""
        self._report.warning(self.place(key), self.at(key), message, remedy)

    def finish(self, later: Collection[str] = ()) -> None:
        """Warn of the keys that were not read. `later`: keys that exist and are not supported yet."""
        for key, entry in self._unread():
            if key in later:
                if not _is_empty(entry.node):
                    self._report.warning(entry.place, self.at(key), "not supported yet, ignored")
            elif not key.startswith("x-"):
                remedy = self._report.did_you_mean(key, [*self._known, *later])
                self._report.warning(entry.place, self.at(key), "unknown key, ignored", remedy)

    def _unread(self) -> Iterator[tuple[str, Entry]]:
        return ((key, entry) for key, entry in self._entries.items() if key not in self._known)

    def _text_of(self, node: Node, path: str, expected: str, remedy: str) -> str | None:
        if isinstance(node, ScalarNode) and node.value is not BROKEN:
            return text_of(node.value)
        self._wrong(node, path, expected, remedy)
        return None

    def _wrong(self, node: Node | None, path: str, expected: str, remedy: str) -> None:
        if node is not None:
            self._report.problem(node.place, path, f"expected {expected}, found {describe(node)}", remedy)


def is_nothing(node: Node | None) -> bool:
    """Whether there is nothing to read: no node, null, or a value that a problem was noted about."""
    return node is None or (isinstance(node, ScalarNode) and (node.value is None or node.value is BROKEN))


def describe(node: Node) -> str:
    """A node in words, for a message."""
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
            shown = value if len(value) <= _SHOWN else value[:_SHOWN] + "…"
            return f'the string "{shown}"'
        case _:
            return "nothing"


def _is_empty(node: Node) -> bool:
    """Whether ignoring the node loses nothing."""
    if isinstance(node, MappingNode):
        return not node.entries
    if isinstance(node, SequenceNode):
        return not node.items
    return is_nothing(node)


def _example(value: object, default: int) -> int:
    """A number to show as the remedy: the one that was meant where that is plain, else the default."""
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 19 else default
