"""The door of the matrix: `compile_matrix` makes a program of the configuration's text, the program answers."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from modelyard.core.dsl.checks import Checker
from modelyard.core.dsl.cover import find_cover
from modelyard.core.dsl.errors import MatrixError, MatrixErrors
from modelyard.core.dsl.frontier import Entry, Query, members
from modelyard.core.dsl.graph import Graph, link

__all__ = ["MatrixError", "MatrixErrors", "MatrixProgram", "Solution", "compile_matrix"]


@dataclass(frozen=True, slots=True)
class Solution:
    """What must go so that the target may run, and why."""

    evict: tuple[str, ...]
    """In the order of the running models."""
    set_name: str
    """The set that allows the target with those that stay; empty where the target is in no set."""
    expression: str
    """That set's, as it is written, without white space around it."""
    cost: int
    """What the eviction costs; 0 where there is no choice, because the target is in no set."""
    witness: tuple[str, ...]
    """One whole member of the set that has the target and all that stay, sorted; empty where there is no set."""


def compile_matrix(
    models: Collection[str],
    variables: Mapping[str, str],
    evict_costs: Mapping[str, int],
    sets: Mapping[str, str],
) -> MatrixProgram:
    """Compile a matrix (spec config 18). Mappings are in order of definition; `models` are real ids, no aliases.

    Raises `MatrixErrors` with all mistakes. Takes time in proportion to the text, however many combinations it has.
    """
    checker = Checker(models, variables)
    checker.check_variables()
    costs = checker.read_costs(evict_costs)
    sources = checker.read_sets(sets)
    if checker.errors:
        raise MatrixErrors(checker.errors)
    return MatrixProgram(link(sources, checker.names), costs)


class MatrixProgram:
    """A compiled matrix. Immutable and pure: the same question gets the same answer; equal by content."""

    __slots__ = ("_graph", "costs")

    def __init__(self, graph: Graph, costs: Mapping[str, int]) -> None:
        self._graph = graph
        self.costs: Mapping[str, int] = MappingProxyType(dict(costs))
        """What it costs to evict a model, by id, where the configuration says so; otherwise 1."""

    def __repr__(self) -> str:
        return f"<MatrixProgram {[named.name for named in self._graph.sets]}>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, MatrixProgram) and self._graph == other._graph and self.costs == other.costs

    def __hash__(self) -> int:
        return hash((self._graph, tuple(sorted(self.costs.items()))))

    def solve(self, target: str, running: Sequence[str]) -> Solution:
        """Say who of `running` must go so that `target` may run: as little as possible by cost.

        Ties go to the set that comes first (a set that is referred to comes before the one that refers to it,
        otherwise the order of definition counts), within a set to the alternative further left. A target that runs
        already stays, whoever runs beside it. A target in no set runs alone.
        """
        if target in running:
            return self._solve_running(running)
        weights = {model: self._cost(model) for model in running}
        total = sum(weights.values())
        weights[target] = total + 1  # more than all others: the best member has the target, if any has
        query = Query(self._graph, weights)
        best: tuple[int, Entry] | None = None
        least = total + 1
        for number in self._sets_with((target,)):
            if self._cost_at_least(number, running) >= least:
                continue
            entry = query.best(number)
            cost = 2 * total + 1 - entry.weight
            if cost < least:
                best, least = (number, entry), cost
        if best is None:
            return Solution(tuple(running), "", "", 0, ())
        return self._solution(*best, running, least)

    def together(self, models: Collection[str]) -> bool:
        """Whether one member of one set has all of them. A model in no set is together with nothing, not even itself;
        nothing at all is always together."""
        wanted = set(models)
        if not wanted:
            return True
        found = [self._covers(number, wanted) for number in self._sets_with(wanted)]
        return any(found) or (None in found and self._covering(wanted) is not None)

    def _covers(self, number: int, wanted: Collection[str]) -> bool | None:
        return find_cover(self._graph, self._graph.sets[number].root, self._mask(wanted))

    def _solve_running(self, running: Sequence[str]) -> Solution:
        covering = self._covering(set(running))
        return Solution((), "", "", 0, ()) if covering is None else self._solution(*covering, (), 0)

    def _covering(self, wanted: Collection[str]) -> tuple[int, Entry] | None:
        """The first set with a member that has all of these, and the member."""
        query = Query(self._graph, dict.fromkeys(wanted, 1))
        for number in self._sets_with(wanted):
            entry = query.best(number)
            if entry.weight == len(wanted):
                return number, entry
        return None

    def _sets_with(self, models: Collection[str]) -> Iterable[int]:
        """The sets that mention all of these models, in order."""
        graph = self._graph
        if not graph.bits.keys() >= set(models):
            return []
        mask = self._mask(models)
        return [number for number, named in enumerate(graph.sets) if graph.mentions[named.root] & mask == mask]

    def _cost_at_least(self, number: int, running: Iterable[str]) -> int:
        """Models that a set does not mention can't stay with any of its members."""
        graph = self._graph
        mentioned = graph.mentions[graph.sets[number].root]
        return sum(self._cost(model) for model in running if not graph.bits.get(model, 0) & mentioned)

    def _solution(self, number: int, entry: Entry, running: Iterable[str], cost: int) -> Solution:
        graph = self._graph
        named = graph.sets[number]
        evict = tuple(model for model in running if not graph.bits.get(model, 0) & entry.mask)
        return Solution(evict, named.name, named.expression, cost, members(graph, entry.witness))

    def _mask(self, models: Iterable[str]) -> int:
        return sum(self._graph.bits[model] for model in models)

    def _cost(self, model: str) -> int:
        return self.costs.get(model, 1)
