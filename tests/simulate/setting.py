"""Settings for the tests of the simulator: models named by letters, one at a time unless groups say otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from modelyard.core.events import SpecsChanged
from modelyard.core.model import ModelFacts
from modelyard.core.planners.base import Planner
from modelyard.core.planners.groups import GroupsPlanner
from modelyard.simulate.clients import Ask, Client, Crowd
from modelyard.simulate.machine import Machine
from modelyard.simulate.policies import Policy, parse_policies
from modelyard.simulate.room import Setting
from modelyard.simulate.workload import parse_workload

LETTERS = "abcdefghijklmnopqrstuvwxyz"
NAMES = {letter: letter for letter in LETTERS}
MACHINE = Machine(load=10.0, stop=1.0, service=2.0)


def asks(pattern: str, *, apart: float = 0.0, service: float = 2.0, patience: float | None = None) -> list[Ask]:
    """One request after the other for the models of `pattern`; each model has a caller of its own."""
    return [
        Ask(at=index * apart, model=model, caller=f"for {model}", service=service, patience=patience)
        for index, model in enumerate(pattern)
    ]


def setting(
    requests: Sequence[Ask] = (),
    *,
    text: str = "",
    machine: Machine = MACHINE,
    planner: Planner | None = None,
    seed: int = 1,
    **facts: Any,
) -> Setting:
    """The requests given, or those of a workload's text, which brings its own machine."""
    workload = parse_workload(text, "workload.yaml", NAMES) if text else None
    specs = SpecsChanged(
        {letter: ModelFacts(model=letter, **facts) for letter in LETTERS}, planner or GroupsPlanner({}), max_wait=300.0
    )

    def clients() -> list[Client]:
        return [Crowd(requests)] if workload is None else workload.clients(seed)

    return Setting(specs=specs, machine=machine if workload is None else workload.machine, clients=clients, seed=seed)


def policy(name: str = "fifo") -> Policy:
    """One policy by its name."""
    return parse_policies(name)[0]
