"""A planner of somebody else's, held to its contract.

The scheduler trusts its planners: one that raises, or names a model that does not run, would end every request, and
one that wants its target gone would restart it for each. Those of other packages are wrapped. A broken promise costs
the shared residency, not the service: the target runs alone, and the reason says whose fault that is.
"""

from __future__ import annotations

from collections.abc import Sequence

from modelyard.core.planners.base import Plan, Planner, Resident


class CheckedPlanner:
    """Plans as `planner` does, as long as it keeps to the contract of `Planner`."""

    def __init__(self, planner: Planner) -> None:
        self._planner = planner
        self.name = planner.name

    def __repr__(self) -> str:
        return f"<CheckedPlanner {self._planner!r}>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, CheckedPlanner) and self._planner == other._planner

    def __hash__(self) -> int:
        return hash(self._planner)

    def plan(self, target: str, residents: Sequence[Resident]) -> Plan:
        """Say who must go before `target` may serve (see `Planner.plan`)."""
        models = frozenset(resident.model for resident in residents) - {target}
        try:
            plan = self._planner.plan(target, tuple(residents))
            strangers = frozenset(plan.evict) - models - {target}
        except Exception as error:
            return Plan(models, f"{target} runs alone: planner {self.name} failed ({type(error).__name__}: {error})")
        if strangers:
            named = ", ".join(sorted(map(str, strangers)))
            return Plan(models, f"{target} runs alone: planner {self.name} wants {named} gone, which does not run")
        return Plan(frozenset(plan.evict) - {target}, str(plan.reason))
