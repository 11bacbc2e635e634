"""The contract between the scheduler and a planner."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from modelyard.core.model import ChildId, ModelFacts, Phase


@dataclass(frozen=True, slots=True)
class Resident:
    """One model that occupies memory, as a planner sees it."""

    child: ChildId
    phase: Phase

    @property
    def model(self) -> str:
        """The model's id."""
        return self.child.model


@dataclass(frozen=True, slots=True)
class Plan:
    """What must happen before the target may serve: these models go first. `reason` is one sentence for people."""

    evict: frozenset[str]
    reason: str


class Planner(Protocol):
    """A policy. Pure: the same arguments give the same plan; it does not log, remember or read state (law 6).

    It is asked for every request, also for a target that is ready: a policy may want neighbours gone even then
    (groups do, spec lifecycle 4.3).
    """

    name: str
    """The name under which the configuration selects it; it also prefixes messages ("group: model unloaded")."""

    def plan(self, target: str, residents: Sequence[Resident]) -> Plan:
        """Answer for `target` beside `residents`, which are sorted by model id. A plan never evicts its target.

        Residents are the models that run (starting, ready, stopping; asleep ones count as not running) plus the
        targets of swaps that are committed but not yet visible. The target is among them where a child of it runs: a
        policy may leave everything as it is then (the matrix does).
        """
        ...


PlannerFactory = Callable[[Mapping[str, Any], Mapping[str, ModelFacts]], Planner]
"""Makes a planner of its settings, as plain data, and of all models. Raises `ValueError` for settings that it can't
take. It is called anew at every load of the configuration."""
