"""The `matrix` planner: which models run side by side is said by sets (spec lifecycle 5, config 18).

Of all member sets that have the target it keeps to the one that costs least, which is the sum of the costs of the
running models that are not in it: those go. Ties go by the order of definition. A target in no set runs alone.
"""

from __future__ import annotations

from collections.abc import Sequence

from modelyard.core.dsl.program import MatrixProgram, Solution
from modelyard.core.model import Phase
from modelyard.core.planners.base import Plan, Resident


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
        """Say who must go before `target` may serve (see `Planner.plan`). Asleep models count as not running."""
        running = [resident.model for resident in residents if resident.phase is not Phase.ASLEEP]
        solution = self._program.solve(target, running)
        return Plan(frozenset(solution.evict), _reason(solution))


def _reason(solution: Solution) -> str:
    going = " and ".join(solution.evict)
    if not solution.expression:
        return f"{going} must go, since it runs alone: it is in no set" if going else "nothing has to make room"
    set_shown = f"set {solution.set_name} ({solution.expression})"
    if not going:
        return f"nothing has to make room: {set_shown} allows it"
    return f"{going} must go, since {set_shown} allows it at the least cost, {solution.cost}"
