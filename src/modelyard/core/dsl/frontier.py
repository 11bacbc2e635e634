"""Queries: which member set of a family keeps most, without writing the family out.

A query gives a weight to a few models. The best member of a set is the one whose models weigh most together; among
equals the one that comes first when all members are written out from left to right (in `x & y` the members of x
with the first of y come after the first of x with all of y).

Each node is folded to its *frontier*: a list, in that order, of the only members that can still become the best.
Seen from above, a member is told from another only by the models that are weighed, and of these only those of the
node's context matter one by one: the others occur nowhere else that the member could be joined with, so that it is
enough to know their weight. Hence this rule, in which `shared` are a member's models of the context and `weight`
what the rest weighs:

    a later member is superfluous if an earlier one has at least its shared models and at least its weight
    an earlier one is superfluous if a later one has at least its shared models and more weight

Whatever a superfluous member would be joined with, the other one is better there, or as good and first: the rule
changes no answer. A matrix in which no model occurs twice folds to one entry per node, however many millions of
combinations it has. The work grows exponentially only with the number of models that are both weighed and shared
by the same joins, as it must: the general problem is as hard as the covering of sets.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import inf
from typing import NamedTuple

from modelyard.core.dsl.graph import Graph, Leaf, NamedSet
from modelyard.core.dsl.syntax import Both

Witness = int | tuple["Witness", "Witness"]
"""How to name a whole member set, if somebody asks: a node stands for its first member, a pair for both joined."""


class Entry(NamedTuple):
    """A member, as far as the query is concerned."""

    mask: int
    """The models of it that are weighed."""
    weight: int
    """What those weigh that the context does not mention."""
    witness: Witness


class Frontier:
    """The members of one node that can still become the best, in their order."""

    __slots__ = ("_by_size", "_entries", "_lightest", "_shared", "_weights")

    def __init__(self, context: int, weights: Mapping[int, int]) -> None:
        self._shared = context
        self._weights = weights
        self._entries: dict[int, Entry] = {}
        """By their shared models."""
        self._by_size: dict[int, set[int]] = {}
        """The same by the number of shared models: only larger ones can include a member, only smaller be included."""
        self._lightest = inf

    def add(self, mask: int, witness: Witness) -> None:
        """Take the next member in, unless it is superfluous; those that it makes superfluous go."""
        shared = mask & self._shared
        weight = weigh(mask ^ shared, self._weights)
        twin = self._entries.get(shared)
        if (twin is not None and weight <= twin.weight) or self._is_superfluous(shared, weight):
            return
        if weight > self._lightest:
            self._remove_beaten(shared, weight)
        self._lightest = min(self._lightest, weight)
        self._entries[shared] = Entry(mask, weight, witness)
        self._by_size.setdefault(shared.bit_count(), set()).add(shared)

    def _is_superfluous(self, shared: int, weight: int) -> bool:
        size = shared.bit_count()
        return any(
            other & shared == shared and weight <= self._entries[other].weight
            for larger, others in self._by_size.items()
            if larger > size
            for other in others
        )

    def _remove_beaten(self, shared: int, weight: int) -> None:
        size = shared.bit_count()
        for smaller, others in self._by_size.items():
            if smaller > size:
                continue
            beaten = [o for o in others if o & shared == o and self._entries[o].weight < weight]
            for other in beaten:
                del self._entries[other]
                others.remove(other)

    def entries(self) -> Iterable[Entry]:
        """The members, in order."""
        return self._entries.values()


def weigh(mask: int, weights: Mapping[int, int]) -> int:
    """The sum of the weights of a mask's bits."""
    total = 0
    while mask:
        lowest = mask & -mask
        total += weights[lowest]
        mask ^= lowest
    return total


class Query:
    """One question to a graph. Every node is folded once at most, and only where a set that is asked for needs it."""

    def __init__(self, graph: Graph, weights: Mapping[str, int]) -> None:
        """`weights` are positive. Models that the graph does not name are in no member."""
        self._graph = graph
        self._weights = {graph.bits[model]: weight for model, weight in weights.items() if model in graph.bits}
        self._relevant = sum(self._weights)
        self._folded: dict[int, Frontier] = {}
        """The frontiers of joins and choices, by node; those without a relevant model are left out."""
        self._done: set[int] = set()
        """The sets that are folded."""

    def best(self, number: int) -> Entry:
        """The best member of a set, by its index in `Graph.sets`. `weight` is the whole of it."""
        self._fold_with_references(number)
        entries = self._entries(self._graph.sets[number].root)
        whole = (Entry(entry.mask, weigh(entry.mask, self._weights), entry.witness) for entry in entries)
        return max(whole, key=lambda entry: entry.weight)

    def _fold_with_references(self, number: int) -> None:
        pending = [number]
        while pending:
            missing = [other for other in self._graph.sets[pending[-1]].references if other not in self._done]
            if missing:
                pending.extend(missing)
                continue
            folded = pending.pop()
            if folded not in self._done:
                self._fold_set(self._graph.sets[folded])
                self._done.add(folded)

    def _fold_set(self, named: NamedSet) -> None:
        mentions, relevant = self._graph.mentions, self._relevant
        for index in range(named.first, named.root + 1):
            if mentions[index] & relevant and not isinstance(self._graph.nodes[index], Leaf):
                self._folded[index] = self._fold(index, named.first)

    def _fold(self, index: int, first: int) -> Frontier:
        """The frontier of a join or choice whose operands are folded. Nothing else uses nodes from `first` on."""
        node = self._graph.nodes[index]
        assert not isinstance(node, Leaf)
        frontier = Frontier(self._graph.contexts[index] & self._relevant, self._weights)
        if isinstance(node, Both):
            for left in self._entries(node.left):
                for right in self._entries(node.right):
                    frontier.add(left.mask | right.mask, (left.witness, right.witness))
        else:
            own = self._folded.get(node.left) if node.left >= first else None
            if own is None:
                _extend(frontier, self._entries(node.left))
            else:
                # It has the same context and no other user: long alternations are not copied at each step.
                frontier = own
            _extend(frontier, self._entries(node.right))
        return frontier

    def _entries(self, index: int) -> Iterable[Entry]:
        frontier = self._folded.get(index)
        if frontier is None:
            return (Entry(self._graph.mentions[index] & self._relevant, 0, index),)
        return frontier.entries()


def _extend(frontier: Frontier, entries: Iterable[Entry]) -> None:
    for entry in entries:
        frontier.add(entry.mask, entry.witness)


def members(graph: Graph, witness: Witness) -> tuple[str, ...]:
    """Name all models of a member set, sorted."""
    found: set[str] = set()
    pending = [witness]
    # Sets that are referred to are shared many times over, so each node and each pair is looked at once only.
    seen_nodes: set[int] = set()
    seen_pairs: set[int] = set()
    while pending:
        current = pending.pop()
        if isinstance(current, tuple):
            if id(current) not in seen_pairs:
                seen_pairs.add(id(current))
                pending.extend(current)
        elif current not in seen_nodes:
            seen_nodes.add(current)
            node = graph.nodes[current]
            if isinstance(node, Leaf):
                found.add(node.model)
            else:
                pending.append(node.left)
                if isinstance(node, Both):
                    pending.append(node.right)
    return tuple(sorted(found))
