"""Random worlds for the simulation: what is configured, who asks for what and when, how the machine behaves.

A world is data and a pure function of its seed. Times are seconds, multiples of a quarter: so things happen at the
same instant often, which is where schedulers go wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from modelyard.core.dsl.program import compile_matrix
from modelyard.core.events import (
    CancelAsked,
    Fairness,
    HoldAsked,
    HoldReleased,
    ShutdownAsked,
    SpecsChanged,
    UnloadAsked,
)
from modelyard.core.model import ModelFacts
from modelyard.core.planners.base import Planner
from modelyard.core.planners.groups import GroupRule, GroupsPlanner
from modelyard.core.planners.matrix import MatrixPlanner

T = TypeVar("T")
Order = SpecsChanged | UnloadAsked | HoldAsked | HoldReleased | CancelAsked | ShutdownAsked
FAIRNESS: tuple[Fairness, ...] = ("none", "caller")
Policy = Callable[["Dice", tuple[str, ...]], Planner]
"""Makes up which of the models run side by side."""
_MASK = (1 << 64) - 1


class Dice:
    """Reproducible chance (splitmix64). The core may not import `random`, and a seed must mean the same for ever."""

    def __init__(self, seed: int) -> None:
        self._state = seed & _MASK

    def below(self, limit: int) -> int:
        """A whole number from 0 to `limit` - 1."""
        self._state = (self._state + 0x9E3779B97F4A7C15) & _MASK
        mixed = self._state
        mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & _MASK
        return (mixed ^ (mixed >> 31)) % limit

    def chance(self, percent: int) -> bool:
        """True so often in a hundred."""
        return self.below(100) < percent

    def pick(self, choices: Sequence[T]) -> T:
        """One of `choices`."""
        return choices[self.below(len(choices))]

    def time(self, longest: float) -> float:
        """A time up to `longest` seconds, in quarters of a second."""
        return self.below(int(longest * 4) + 1) / 4


@dataclass(frozen=True, slots=True)
class Visit:
    """One client: it asks for `model` at `at` and leaves after `patience` seconds, if it is not served by then."""

    at: float
    model: str
    patience: float | None = None
    priority: int | None = None
    caller: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """How long things take at most (seconds), and how often (percent) they go wrong."""

    load: float = 4.0
    stop: float = 2.0
    service: float = 3.0
    failing: int = 0
    crashing: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Everything that a simulation needs. `calm` worlds are those that law 5 gives its bound for."""

    seed: int
    specs: SpecsChanged
    machine: Machine
    visits: tuple[Visit, ...]
    orders: tuple[tuple[float, Order], ...] = ()
    calm: bool = False


def random_world(seed: int, *, models: int = 8, requests: int = 60) -> World:
    """Make up a world with at most so many models and requests.

    Every fourth is calm, every fifth has a matrix, and two in three have what a configuration leaves out unless it
    asks for it (`_enrich`).
    """
    dice = Dice(seed)
    calm = seed % 4 == 0
    policy = _matrix if seed % 5 == 4 else _groups
    names = tuple("abcdefghijklmnopqrstuvwxyz"[: 1 + dice.below(models)])
    specs = _specs(dice, names, policy, calm=calm)
    span = dice.pick((0.0, 5.0, 30.0, 120.0))
    visits = tuple(_visit(dice, names, span) for _ in range(1 + dice.below(requests)))
    world = World(
        seed=seed,
        specs=specs,
        machine=_machine(dice, calm=calm),
        visits=tuple(sorted(visits, key=lambda visit: visit.at)),
        orders=() if calm else _orders(dice, names, policy, span + 30.0),
        calm=calm,
    )
    return world if seed % 3 == 0 else _enrich(world, Dice(seed ^ 0x2545F4914F6CDD1D), span)


def _enrich(world: World, dice: Dice, span: float) -> World:
    """Add callers and priorities of requests, the disciplines that are off by default, models that must not be
    evicted, holds and cancellations. By dice of its own, so that the rest of the world is what it would be."""
    specs = _enriched_specs(world.specs, dice, calm=world.calm)
    visits = tuple(
        replace(visit, priority=dice.pick((None, None, 0, 7)), caller=dice.pick(("", "p", "p", "q", "r")))
        for visit in world.visits
    )
    orders: list[tuple[float, Order]] = [
        (at, _enriched_specs(order, dice, calm=False) if isinstance(order, SpecsChanged) else order)
        for at, order in world.orders
    ]
    names = tuple(specs.facts)
    if not world.calm:
        for _ in range(dice.pick((0, 2, 4))):
            at, model = dice.time(span), dice.pick(names)
            held: Order = HoldAsked(model, dice.pick((None, at + dice.time(10.0))))
            orders.append((at, held if dice.chance(66) else HoldReleased(model)))
            orders.append((dice.time(span), CancelAsked(1 + dice.below(len(visits)))))
    return replace(world, specs=specs, visits=visits, orders=tuple(orders))


def _enriched_specs(specs: SpecsChanged, dice: Dice, *, calm: bool) -> SpecsChanged:
    return SpecsChanged(
        {model: _guarded(facts, dice, calm=calm) for model, facts in specs.facts.items()},
        specs.planner,
        specs.restart,
        max_wait=specs.max_wait,
        min_residency=dice.pick((0.0, 0.0, 1.0, 5.0, 20.0)),
        fairness=dice.pick(FAIRNESS),
        economics=dice.chance(50),
        load_times={model: dice.time(8.0) for model in specs.facts if dice.chance(50)},
    )


def _guarded(facts: ModelFacts, dice: Dice, *, calm: bool) -> ModelFacts:
    """One that is reserved gets a `ttl`: otherwise nothing would ever end the wait for its place."""
    if dice.chance(80):
        return facts
    if calm or dice.chance(50):
        return replace(facts, evictable="never")
    return replace(facts, evictable="idle", ttl=facts.ttl or 2.0)


def _machine(dice: Dice, *, calm: bool) -> Machine:
    return Machine(
        load=dice.time(8.0),
        stop=dice.time(4.0),
        service=dice.pick((0.0, 1.0, 5.0, 20.0)),
        failing=0 if calm else dice.pick((0, 0, 20, 60)),
        crashing=0 if calm else dice.pick((0, 0, 20)),
    )


def _visit(dice: Dice, names: tuple[str, ...], span: float) -> Visit:
    patience = dice.time(20.0) if dice.chance(15) else None
    return Visit(dice.time(span), dice.pick(names), patience)


def _specs(dice: Dice, names: tuple[str, ...], policy: Policy, *, calm: bool) -> SpecsChanged:
    facts = {name: _calm_facts(dice, name) if calm else _facts(dice, name) for name in names}
    max_wait = dice.pick((0.25, 5.0, 20.0)) if calm else dice.pick((0.0, 5.0, 20.0, 300.0))
    return SpecsChanged(facts, policy(dice, names), max_wait=max_wait)


def _facts(dice: Dice, name: str) -> ModelFacts:
    return ModelFacts(
        model=name,
        parallel=dice.pick((1, 2, 10)),
        concurrency_limit=dice.pick((None, None, None, 1, 4)),
        queue_limit=dice.pick((512, 512, 3, 0)),
        priority=dice.pick((0, 0, 0, 5, -5)),
        ttl=dice.pick((0.0, 0.0, 1.0, 10.0)),
        unload_timeout=dice.pick((0.0, 1.0, 10.0)),
    )


def _calm_facts(dice: Dice, name: str) -> ModelFacts:
    return ModelFacts(
        model=name,
        parallel=1000,
        priority=dice.pick((0, 0, 5)),
        ttl=dice.pick((0.0, 0.0, 1.0)),
        unload_timeout=10.0,
    )


def _groups(dice: Dice, names: tuple[str, ...]) -> Planner:
    members: dict[str, list[str]] = {"": [], "g": [], "h": [], "i": []}
    alone = dice.chance(30)
    for name in names:
        members["" if alone else dice.pick(tuple(members))].append(name)
    del members[""]
    return GroupsPlanner(
        {
            group: GroupRule(
                swap=dice.chance(50),
                exclusive=dice.chance(60),
                persistent=dice.chance(25),
                members=tuple(inside),
            )
            for group, inside in members.items()
        }
    )


def _matrix(dice: Dice, names: tuple[str, ...]) -> Planner:
    """Up to four sets; a model that is in none runs alone. Now and then groups: a reload may change the policy."""
    if not names or dice.chance(10):
        return _groups(dice, names)
    sets: dict[str, str] = {}
    for number in range(1 + dice.below(4)):
        operands = [_operand(dice, names, tuple(sets)) for _ in range(1 + dice.below(4))]
        sets[f"s{number}"] = " & ".join(operands)
    costs = {name: 1 + dice.below(3) for name in names if dice.chance(30)}
    return MatrixPlanner(compile_matrix(names, {}, costs, sets))


def _operand(dice: Dice, names: tuple[str, ...], sets: tuple[str, ...]) -> str:
    if sets and dice.chance(20):
        return f"+{dice.pick(sets)}"
    return f"({' | '.join(dice.pick(names) for _ in range(1 + dice.below(3)))})"


def _orders(dice: Dice, names: tuple[str, ...], policy: Policy, span: float) -> tuple[tuple[float, Order], ...]:
    orders: list[tuple[float, Order]] = [
        (dice.time(span), UnloadAsked(None if dice.chance(30) else (dice.pick(names),)))
        for _ in range(dice.pick((0, 0, 1, 3)))
    ]
    orders.extend((dice.time(span), _reload(dice, names, policy)) for _ in range(dice.pick((0, 0, 1, 3))))
    if dice.chance(10):
        orders.append((dice.time(span), ShutdownAsked(grace=1.0)))
    return tuple(orders)


def _reload(dice: Dice, names: tuple[str, ...], policy: Policy) -> SpecsChanged:
    kept = tuple(name for name in names if dice.chance(80))
    fresh = _specs(dice, kept, policy, calm=False)
    restart = frozenset(name for name in kept if dice.chance(30))
    return SpecsChanged(fresh.facts, fresh.planner, restart, fresh.max_wait)
