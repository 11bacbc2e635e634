"""The `matrix` planner: which models run side by side is said by sets (spec lifecycle 5, config 18).

Of all member sets that have the target it keeps to the one that costs least, which is the sum of the costs of the
running models that are not in it: those go. Ties go by the order of definition. A target in no set runs alone. A target
that runs already is left in peace, and leaves others in peace, whoever runs beside it.
"""

from __future__ import annotations

from collections.abc import Sequence

from modelyard.core.dsl.program import MatrixProgram, Solution
from modelyard.core.model import Phase
from modelyard.core.planners.base import Plan, Resident

_STAYS = frozenset({Phase.STARTING, Phase.READY, Phase.WAKING})
_LONGEST_SHOWN = 80
"""Characters of an expression that fit into a line for people."""


class MatrixPlanner:
    """Plans by a compiled matrix. Every configured model can run, whether a set names it or not."""

    name = "matrix"

    def __init__(self, program: MatrixProgram) -> None:
        self._program = program

    def __repr__(self) -> str:
        return f"<MatrixPlanner {self._program!r}>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, MatrixPlanner) and self._program == other._program

    def __hash__(self) -> int:
        return hash(self._program)

    def plan(self, target: str, residents: Sequence[Resident]) -> Plan:
        """Say who must go before `target` may serve (see `Planner.plan`). Asleep models count as not running, and so
        does the target when it is about to leave: it must come back beside those that run then."""
        running = [
            resident.model
            for resident in residents
            if resident.phase is not Phase.ASLEEP and (resident.model != target or resident.phase in _STAYS)
        ]
        if target in running:
            return Plan(frozenset(), "nothing has to make room: it runs")
        solution = self._program.solve(target, running)
        return Plan(frozenset(solution.evict), _reason(target, solution))


def _reason(target: str, solution: Solution) -> str:
    going = " and ".join(solution.evict)
    if not solution.expression:
        return f"{going} must go: {target} is in no set and runs alone" if going else "nothing has to make room"
    by_set = f"by set {solution.set_name} ({_shortened(solution.expression)})"
    if not going:
        return f"nothing has to make room, {by_set}"
    return f"{going} must go at a cost of {solution.cost}, {by_set}"


def _shortened(expression: str) -> str:
    return expression if len(expression) <= _LONGEST_SHOWN else expression[: _LONGEST_SHOWN - 2] + " …"
