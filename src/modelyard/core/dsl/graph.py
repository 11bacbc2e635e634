"""All sets of a matrix as one graph, in one list: a node stands behind its operands, a set behind those it refers to.

A reference needs no node of its own: whoever refers to a set has its last node as an operand. Two facts of every node
are worked out once, as bits over all models that the matrix names:

    mentions   the models that occur in or below it
    context    the models that occur beside it: in whatever is joined with it, here or further up, in any set

A model that is mentioned here and not in the context is decided here for good. `frontier.py` lives on that.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from modelyard.core.dsl.syntax import Both, Either, Name, Part, Reference


class Leaf(NamedTuple):
    """The family of one member set, which has this model alone."""

    model: str


Node = Leaf | Both | Either
"""As in an expression, but operands are indices in the graph, and names are resolved."""


@dataclass(frozen=True, slots=True)
class NamedSet:
    """One set: its nodes are those from `first` to `root`, which stands for the whole."""

    name: str
    expression: str
    first: int
    root: int
    references: tuple[int, ...]
    """The sets that it refers to directly, as indices in `Graph.sets`."""


@dataclass(frozen=True, slots=True)
class Graph:
    """What the sets mean. Immutable; equal where sets, order and models are."""

    sets: tuple[NamedSet, ...]
    """Those that are referred to stand before those that refer to them; otherwise in order of definition."""
    nodes: tuple[Node, ...]
    bits: Mapping[str, int] = field(compare=False, repr=False)
    """One bit for each model that is named."""
    mentions: Sequence[int] = field(compare=False, repr=False)
    contexts: Sequence[int] = field(compare=False, repr=False)


class SetSource(NamedTuple):
    """A set whose expression was read and found good."""

    name: str
    expression: str
    parts: tuple[Part, ...]


def link(sources: Iterable[SetSource], models: Mapping[str, str]) -> Graph:
    """Make one graph of sets that come after those they refer to. `models` says which model each name stands for."""
    linker = _Linker(models)
    for source in sources:
        linker.add(source)
    bits = {model: 1 << index for index, model in enumerate(linker.models)}
    mentions = _mentions(linker.nodes, bits)
    contexts = _contexts(linker.nodes, mentions)
    return Graph(tuple(linker.sets), tuple(linker.nodes), bits, mentions, contexts)


class _Linker:
    """Appends one set after the other."""

    def __init__(self, models: Mapping[str, str]) -> None:
        self._models = models
        self._numbers: dict[str, int] = {}
        self.sets: list[NamedSet] = []
        self.nodes: list[Node] = []
        self.models: dict[str, None] = {}
        """The models that are named, in order of first appearance."""

    def add(self, source: SetSource) -> None:
        """Append the nodes of a set."""
        first = len(self.nodes)
        places = [0] * len(source.parts)
        references: dict[int, None] = {}
        for index, part in enumerate(source.parts):
            if isinstance(part, Reference):
                number = self._numbers[part.text]
                references[number] = None
                places[index] = self.sets[number].root
                continue
            places[index] = len(self.nodes)
            self.nodes.append(self._node(part, places))
        self._numbers[source.name] = len(self.sets)
        root = places[-1]
        self.sets.append(NamedSet(source.name, source.expression, first, root, tuple(references)))

    def _node(self, part: Name | Both | Either, places: list[int]) -> Node:
        if isinstance(part, Name):
            model = self._models[part.text]
            self.models[model] = None
            return Leaf(model)
        return part._replace(left=places[part.left], right=places[part.right])


def _mentions(nodes: Sequence[Node], bits: Mapping[str, int]) -> list[int]:
    mentions: list[int] = []
    for node in nodes:
        mentions.append(bits[node.model] if isinstance(node, Leaf) else mentions[node.left] | mentions[node.right])
    return mentions


def _contexts(nodes: Sequence[Node], mentions: Sequence[int]) -> list[int]:
    """From the last node down, so that whoever has a node as an operand has been there before."""
    contexts = [0] * len(nodes)
    for index in range(len(nodes) - 1, -1, -1):
        node = nodes[index]
        if isinstance(node, Leaf):
            continue
        joined = isinstance(node, Both)
        contexts[node.left] |= contexts[index] | (mentions[node.right] if joined else 0)
        contexts[node.right] |= contexts[index] | (mentions[node.left] if joined else 0)
    return contexts
