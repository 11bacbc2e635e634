"""Which models of a list can be loaded beside each other, and in which order: for preloading (R9)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from modelyard.core.model import ChildId, Phase
from modelyard.core.planners.base import Planner, Resident


def loadable_together(models: Sequence[str], planner: Planner) -> list[str]:
    """As many of the models as the policy lets run together, so ordered that loading one evicts none of the others.

    Where two exclude each other, the later one of the list wins, as if all had been loaded one after the other.
    """
    wanted = list(dict.fromkeys(models))
    if not wanted or _can_go_first(wanted[0], wanted[1:], planner):
        return wanted  # mostly so, and much quicker to see than model by model
    chosen: list[str] = []
    for model in dict.fromkeys(reversed(models)):
        if _can_go_first(model, chosen, planner):
            chosen.insert(0, model)
        elif not planner.plan(model, _running(chosen)).evict:
            chosen.append(model)
    return chosen


def _can_go_first(model: str, others: Sequence[str], planner: Planner) -> bool:
    """Whether the others can be loaded in their order while the model runs: policies need not be symmetric."""
    before = [model]
    for other in others:
        if planner.plan(other, _running(before)).evict:
            return False
        before.append(other)
    return True


def _running(models: Iterable[str]) -> list[Resident]:
    return [Resident(ChildId(model, 1), Phase.READY) for model in sorted(models)]
