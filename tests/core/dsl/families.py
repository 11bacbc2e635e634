"""The language by its definition: small random matrices as trees, and their families written out member by member."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hypothesis import strategies as st

from modelyard.core.dsl.program import MatrixProgram, compile_matrix

MODELS = "abcdef"
Tree = str | tuple["Tree", ...]
"""A model, a reference `+name`, or an operator with its operands: `("&", "a", ("|", "b", "+s"))`."""
Member = frozenset[str]


@dataclass(frozen=True, slots=True)
class Matrix:
    """Sets in order of definition, and what evictions cost."""

    sets: Mapping[str, Tree]
    costs: Mapping[str, int]

    def compile(self) -> MatrixProgram:
        """The program under test."""
        return compile_matrix(MODELS, {}, self.costs, {name: written(tree) for name, tree in self.sets.items()})

    def members(self, name: str) -> list[Member]:
        """All members of a set, from left to right."""
        return self._members(self.sets[name])

    def order(self) -> list[str]:
        """The sets with those that they refer to before them."""
        ordered: list[str] = []
        for name in self.sets:
            self._visit(name, ordered)
        return ordered

    def solve(self, target: str, running: Sequence[str]) -> tuple[tuple[str, ...], str, int]:
        """Who goes, by which set, at which cost."""
        if target in running:
            holding = (name for name in self.order() if any(m >= set(running) for m in self.members(name)))
            return (), next(holding, ""), 0
        choices = [(name, m) for name in self.order() for m in self.members(name) if target in m]
        if not choices:
            return tuple(running), "", 0
        name, member = min(choices, key=lambda choice: self._cost(running, choice[1]))
        return tuple(model for model in running if model not in member), name, self._cost(running, member)

    def together(self, models: Sequence[str]) -> bool:
        """Whether one member has them all."""
        return not models or any(m >= set(models) for name in self.sets for m in self.members(name))

    def _cost(self, running: Sequence[str], member: Member) -> int:
        return sum(self.costs.get(model, 1) for model in running if model not in member)

    def _members(self, tree: Tree) -> list[Member]:
        if isinstance(tree, str):
            return self.members(tree[1:]) if tree[0] == "+" else [frozenset((tree,))]
        operator, first, *others = tree
        members = self._members(first)
        for other in others:
            more = self._members(other)
            members = members + more if operator == "|" else [one | two for one in members for two in more]
        return members

    def _visit(self, name: str, ordered: list[str]) -> None:
        if name not in ordered:
            for reference in _references(self.sets[name]):
                self._visit(reference, ordered)
            ordered.append(name)


def written(tree: Tree) -> str:
    """The expression of a tree."""
    if isinstance(tree, str):
        return tree
    operator, *operands = tree
    shown = (written(operand) if isinstance(operand, str) else f"({written(operand)})" for operand in operands)
    return f" {operator} ".join(shown)


def _references(tree: Tree) -> list[str]:
    if isinstance(tree, str):
        return [tree[1:]] if tree[0] == "+" else []
    return [name for operand in tree[1:] for name in _references(operand)]


@st.composite
def matrices(draw: st.DrawFn) -> Matrix:
    """Up to four sets that refer to each other without circles, in any order; costs that are often equal."""
    names = [f"s{number}" for number in range(draw(st.integers(1, 4)))]
    trees = {name: draw(_trees(names[:number])) for number, name in enumerate(names)}
    order = draw(st.permutations(names))
    costs = draw(st.dictionaries(st.sampled_from(MODELS), st.integers(1, 3), max_size=3))
    return Matrix({name: trees[name] for name in order}, costs)


def _trees(referable: Sequence[str]) -> st.SearchStrategy[Tree]:
    leaves: st.SearchStrategy[Tree] = st.sampled_from([*MODELS, *(f"+{name}" for name in referable[-2:])])

    def grow(smaller: st.SearchStrategy[Tree]) -> st.SearchStrategy[Tree]:
        operands = st.lists(smaller, min_size=2, max_size=3)
        return st.tuples(st.sampled_from("&|"), operands).map(lambda grown: (grown[0], *grown[1]))

    return st.recursive(leaves, grow, max_leaves=5)
