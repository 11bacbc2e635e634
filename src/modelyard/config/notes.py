"""Notes about values, at the places where they stand in the file.

Once the tree is decoded, checks work on plain values and name them by their path in the document:
`("models", "alpha", "aliases", 1)`. `Notes` finds the place, or that of the nearest ancestor that has one.
"""

from __future__ import annotations

from collections.abc import Iterable

from modelyard.config.convert import is_broken, is_nothing
from modelyard.config.errors import Place, Problem, Report
from modelyard.config.nodes import Entry, MappingNode, Node, ScalarNode, SequenceNode

Path = tuple[str | int, ...]


def dotted(path: Path) -> str:
    """A path as messages show it: `models.alpha.aliases[1]`."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).removeprefix(".")


class Notes:
    """Notes problems and warnings of one document by the paths of values."""

    def __init__(self, root: Node, report: Report) -> None:
        self._root = root
        self._report = report
        self._items: dict[int, list[Node]] = {}

    def place(self, path: Path) -> Place:
        """Where the value of a path stands."""
        entry = self._nearest(path)
        return entry.node.place

    def key_place(self, path: Path) -> Place:
        """Where the last key of a path stands."""
        return self._nearest(path).place

    def problem(self, path: Path, message: str, remedy: str = "") -> None:
        """Note a mistake in a value, unless one is noted of it already: what follows from that is no news."""
        if not self.is_broken(path):
            self._report.problem(self.place(path), dotted(path), message, remedy)

    def problem_of_absence(self, path: Path, message: str, remedy: str) -> None:
        """Note that nothing is there, unless something is that is a mistake itself."""
        if not self._report.has_problem_below(dotted(path)):
            self.problem(path, message, remedy)

    def problem_of_key(self, path: Path, message: str, remedy: str = "") -> None:
        """Note a mistake in a name that stands as a key."""
        if not self.is_broken(path):
            self._report.problem(self.key_place(path), dotted(path), message, remedy)

    def described(self, path: Path, message: str, remedy: str = "") -> Problem:
        """A mistake in a value that this load does not fail for."""
        return self._report.described(self.place(path), dotted(path), message, remedy)

    def warning(self, path: Path, message: str, remedy: str = "") -> None:
        """Note something doubtful about a value."""
        self._report.warning(self.place(path), dotted(path), message, remedy)

    def warning_of_key(self, path: Path, message: str, remedy: str = "") -> None:
        """Note something doubtful about an entry, or its name."""
        self._report.warning(self.key_place(path), dotted(path), message, remedy)

    def is_broken(self, path: Path) -> bool:
        """Whether a problem is noted of the value, or of something that it stands in or is made of."""
        if is_broken(self._nearest(path).node):
            return True
        return any(self._report.has_problem(dotted(path[:end])) for end in range(1, len(path) + 1))

    def is_null(self, path: Path) -> bool:
        """Whether just this path is null in the file."""
        node = self._nearest(path).node
        return isinstance(node, ScalarNode) and node.value is None

    def did_you_mean(self, name: str, known: Iterable[str]) -> str:
        """A remedy that names the most similar known name, or nothing."""
        return self._report.did_you_mean(name, known)

    def _nearest(self, path: Path) -> Entry:
        entry = Entry(self._root.place, self._root)
        for step in path:
            below = self._below(entry.node, step)
            if below is None:
                return entry
            entry = below
        return entry

    def _below(self, node: Node, step: str | int) -> Entry | None:
        if isinstance(node, MappingNode) and isinstance(step, str):
            return node.entries.get(step)
        if isinstance(node, SequenceNode) and isinstance(step, int):
            items = self._items_of(node)
            return Entry(items[step].place, items[step]) if step < len(items) else None
        return None

    def _items_of(self, node: SequenceNode) -> list[Node]:
        """The items that a decoded list has: nulls are dropped. Remembered, as one list may have many mistakes."""
        items = self._items.get(id(node))
        if items is None:
            items = self._items[id(node)] = [item for item in node.items if not is_nothing(item)]
        return items
