"""Where a value comes from: the place in the file, and what led there or was filled in.

The configuration itself forgets this. So the files are read once more into a tree of what is written, and the
references of a value are expanded once more with a scope that listens. Nothing is guessed: what expands here is what
expanded the configuration. It is for configurations that load; mistakes are not noted a second time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec import Struct

from modelyard.config.cmdline import drop_comment_lines
from modelyard.config.convert import free_value, is_nothing
from modelyard.config.document import MacroValue
from modelyard.config.environment import REFERENCE, Text, substitute
from modelyard.config.errors import Place, Report
from modelyard.config.macros import MODEL_ID, PORT, Expander, Macros, Scope, declare
from modelyard.config.merge import merge
from modelyard.config.nodes import Broken, MappingNode, Node, ScalarNode, SequenceNode, Unparsable, compose
from modelyard.config.notes import Path, dotted
from modelyard.config.sources import Source

_COMMANDS = ("cmd", "cmdStop")


class Origin(Struct, frozen=True):
    """One reason why a value is what it is."""

    kind: str
    """`file`: written there; `key`: taken from another key; `merge`, `anchor`: brought from there; `macro`,
    `environment`: filled in; `default`; `rule`: in words."""
    name: str = ""
    place: Place | None = None

    def __str__(self) -> str:
        at = "" if self.place is None else f" at {self.place}"
        match self.kind:
            case "file":
                return str(self.place)
            case "merge":
                return f"merge key <<{at}"
            case "anchor":
                return f"alias of an anchor{at}"
            case "macro":
                return f"macro {self.name}{at}"
            case "environment":
                return f"environment variable {self.name}"
            case "default":
                return f"default of {self.name}" if self.name else "default"
            case _:
                return f"{self.name}{at}"


DEFAULT = Origin("default")


def rule(words: str, place: Place | None = None) -> Origin:
    """A reason in words."""
    return Origin("rule", words, place)


class Origins:
    """Answers for one configuration. Paths are those of the file: `("models", "alpha", "env", 0)`."""

    def __init__(self, sources: Sequence[Source], environment: Mapping[str, str]) -> None:
        self._tree = _tree(sources, environment)
        self._written = _tree(sources, None)

    def of(self, *path: str | int) -> tuple[Origin, ...]:
        """Where the value of a path comes from, its place first; nothing when nothing is written there."""
        found = self._find(path)
        if found is None or is_nothing(found[0]):
            return ()
        node, detours = found
        return (Origin("file", place=node.place), *detours, *self._filled_in(path, node), *self._variables(path))

    def value(self, *path: str | int) -> object:
        """What the value that is written comes to; None when nothing is written."""
        found = self._find(path)
        return None if found is None else free_value(self._expanded(path, found[0])[0])

    def of_key(self, *path: str) -> tuple[Origin, ...]:
        """Where the last key of a path stands; nothing when it does not."""
        parent = self._find(path[:-1])
        if parent is None or not isinstance(parent[0], MappingNode) or path[-1] not in parent[0].entries:
            return ()
        return (Origin("file", place=parent[0].entries[path[-1]].place), *parent[1])

    def inherited(self, *path: str) -> tuple[Origin, ...]:
        """The same for a value that another key passes on: it is named."""
        name = dotted(path)
        found = self.of(*path)
        return (Origin("key", name, found[0].place), *found[1:]) if found else (Origin("default", name),)

    def _find(self, path: Path) -> tuple[Node, tuple[Origin, ...]] | None:
        """The node of a path as it is written, and the detours on the way to it, the last one first."""
        node: Node = self._tree
        detours: list[Origin] = []
        for step in path:
            below = _step(node, step)
            if below is None:
                return None
            key_place, child = below
            if isinstance(node, MappingNode) and node.merge_key is not None and _is_before(key_place, node.place):
                detours.insert(0, Origin("merge", place=node.merge_key))
            if _is_before(child.place, key_place):
                detours.insert(0, Origin("anchor", place=key_place))
            node = child
        return node, tuple(detours)

    def _filled_in(self, path: Path, node: Node) -> Iterator[Origin]:
        """The macros that a value uses, directly or through others, in the order in which they are filled in."""
        expanded, names = self._expanded(path, node)
        for name in names:
            yield from self._macro(name, path)
        if _uses_port(expanded):
            yield rule("the port that is handed out")

    def _expanded(self, path: Path, node: Node) -> tuple[Node, Iterable[str]]:
        """A node with its macros filled in, and their names."""
        if path[-1] in _COMMANDS and isinstance(node, ScalarNode) and isinstance(node.value, str):
            node = ScalarNode(node.place, drop_comment_lines(node.value))
        scope = _ListeningScope(declare(self._tree.get("macros"), "macros", Report()))
        inner: Scope = scope
        if _is_in_model(path):
            own = self._find((*path[:2], "macros"))
            macros = declare(own[0] if own else None, "macros", Report())
            inner = scope.of_model(str(path[1]), macros)
        return Expander(Report()).expand(node, inner), scope.used

    def _macro(self, name: str, user: Path) -> Iterator[Origin]:
        """Where a macro stands that the value of a path uses: in its model, else at the top level."""
        if name == MODEL_ID:
            yield rule("the model's id")
            return
        own: list[Path] = [(*user[:2], "macros", name)] if _is_in_model(user) else []
        for path in (*own, ("macros", name)):
            found = self._find(path)
            if found is not None:
                yield Origin("macro", name, found[0].place)
                yield from self._variables(path)
                return

    def _variables(self, path: Path) -> Iterator[Origin]:
        """The environment variables that stood in a value before they were filled in."""
        node: Node = self._written
        for step in path:
            below = _step(node, step)
            if below is None:
                return
            node = below[1]
        names = (name for text in _texts(node) for name in REFERENCE.findall(text))
        yield from (Origin("environment", name) for name in dict.fromkeys(names))


class _ListeningScope(Scope):
    """A scope that remembers which of its macros were filled in; the scopes made from it tell it, too."""

    def __init__(self, macros: Macros) -> None:
        super().__init__(macros)
        self.used: dict[str, None] = {}

    def value(self, name: str) -> MacroValue | Broken:
        self.used[name] = None
        return super().value(name)


def _is_in_model(path: Path) -> bool:
    return path[0] == "models" and len(path) > 1


def _uses_port(node: Node) -> bool:
    scope = _ListeningScope({PORT: 0})
    Expander(Report()).expand(node, scope)
    return bool(scope.used)


def _tree(sources: Iterable[Source], environment: Mapping[str, str] | None) -> MappingNode:
    """What is written in all sources; without an environment as it stands there, where that is YAML at all."""
    report = Report()
    trees = []
    for source in sources:
        text = Text.of(source.name, source.text)
        if environment is not None:
            substitute(text, environment, report)
        try:
            root = compose(text.content, text.place_of, report)
        except Unparsable:
            continue  # `[${env.LIST}]` is YAML only once it is filled in
        if isinstance(root, MappingNode):
            trees.append(root)
    return merge(trees, report) if trees else MappingNode(Place(""))


def _step(node: Node, step: str | int) -> tuple[Place, Node] | None:
    """What stands below a node, and the place of its key."""
    if isinstance(node, MappingNode) and isinstance(step, str):
        entry = node.entries.get(step)
        return None if entry is None else (entry.place, entry.node)
    if isinstance(node, SequenceNode) and isinstance(step, int):
        items = [item for item in node.items if not is_nothing(item)]  # as a list is decoded
        return (node.place, items[step]) if step < len(items) else None
    return None


def _is_before(one: Place, other: Place) -> bool:
    """What is used where something stands, and stands before that, was brought there."""
    return one.file == other.file and one < other


def _texts(node: Node) -> Iterator[str]:
    match node:
        case ScalarNode(value=str() as text):
            yield text
        case SequenceNode(items=items):
            for item in items:
                yield from _texts(item)
        case MappingNode(entries=entries):
            for entry in entries.values():
                yield from _texts(entry.node)
