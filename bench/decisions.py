"""What the scheduler's decisions cost: a grant beside a long queue, a swap under a million combinations.

    python bench/decisions.py

Prints medians and the 99th percentile in microseconds. Nothing but the scheduler runs; time is the processor's own.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter_ns

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))

from modelyard.core.commands import Command, Grant, StartChild, StopChild
from modelyard.core.dsl.program import compile_matrix
from modelyard.core.events import ChildExited, ChildReady, Event, RequestArrived, ServeDone, SpecsChanged
from modelyard.core.model import ModelFacts
from modelyard.core.planners.base import Planner
from modelyard.core.planners.groups import GroupRule, GroupsPlanner
from modelyard.core.planners.matrix import MatrixPlanner
from modelyard.core.scheduler import Scheduler

MODELS, QUEUED, ROUNDS = 200, 1_000, 20_000
ALTERNATIVES, TIERS = 10, 6
"""Six tiers of ten models: any one of each tier runs beside any others, a million combinations."""


class Bench:
    """A scheduler under load, and the times that single steps took."""

    def __init__(self, planner: Planner, models: list[str], **policy: float) -> None:
        self.scheduler = Scheduler()
        self.requests = 0
        self.now = 0.0
        facts = {model: ModelFacts(model=model, parallel=100_000, queue_limit=100_000) for model in models}
        self.handle(SpecsChanged(facts, planner, max_wait=policy.get("max_wait", 300.0)))

    def handle(self, event: Event) -> list[Command]:
        return self.scheduler.handle(event, self.now)

    def ask(self, model: str) -> list[Command]:
        self.requests += 1
        return self.handle(RequestArrived(self.requests, model))

    def bring_up(self, model: str) -> None:
        """Load a model, whatever must stop for it."""
        commands = self.ask(model)
        while not any(isinstance(command, Grant) for command in commands):
            stops = [command.child for command in commands if isinstance(command, StopChild)]
            starts = [command.child for command in commands if isinstance(command, StartChild)]
            assert stops or starts, commands
            commands = [c for child in stops for c in self.handle(ChildExited(child))]
            commands += [c for child in starts for c in self.handle(ChildReady(child))]
        self.handle(ServeDone(self.requests))

    def swap_to(self, model: str) -> float:
        """Load a model where one other must stop for it; how long the decision took."""
        out: list[Command] = []
        took = timed(lambda: out.extend(self.ask(model)))
        (stop,) = [command for command in out if isinstance(command, StopChild)]
        (start,) = [command for command in self.handle(ChildExited(stop.child)) if isinstance(command, StartChild)]
        self.handle(ChildReady(start.child))
        self.handle(ServeDone(self.requests))
        return took


def timed(step: Callable[[], object]) -> float:
    """How many microseconds a step takes."""
    begin = perf_counter_ns()
    step()
    return (perf_counter_ns() - begin) / 1000


def report(what: str, times: list[float]) -> None:
    """Print one line."""
    print(f"{what:66} {median(times):9.2f} {quantiles(times, n=100)[98]:9.2f}")


def grants() -> Iterator[tuple[str, list[float]]]:
    """Grants of a ready model and their ends, while a thousand others wait for busy models."""
    models = [f"m{number:03}" for number in range(MODELS)]
    bench = Bench(
        GroupsPlanner({"free": GroupRule(swap=False, exclusive=False, persistent=True, members=("m000",))}), models
    )
    bench.bring_up("m000")
    bench.bring_up("m001")
    bench.ask("m001")
    for number in range(QUEUED):
        bench.ask(models[2 + number % (MODELS - 2)])
    arrivals, ends = [], []
    for _ in range(ROUNDS):
        bench.requests += 1
        event = RequestArrived(bench.requests, "m000")
        arrivals.append(timed(lambda event=event: bench.handle(event)))  # type: ignore[misc]
        done = ServeDone(bench.requests)
        ends.append(timed(lambda done=done: bench.handle(done)))  # type: ignore[misc]
    yield f"grant on a ready model, {QUEUED} queued, {MODELS} models", arrivals
    yield "  its end, when it was the last in flight: the whole decision", ends
    yield "  one more request that waits", [timed(lambda: bench.ask("m050")) for _ in range(500)]


def swaps() -> Iterator[tuple[str, list[float]]]:
    """Swap decisions under a matrix of a million combinations, and under groups of as many models."""
    tiers = [[f"t{tier}m{number}" for number in range(ALTERNATIVES)] for tier in range(TIERS)]
    models = [model for tier in tiers for model in tier]
    expression = " & ".join(f"({' | '.join(tier)})" for tier in tiers)
    matrix = MatrixPlanner(compile_matrix(models, {}, {}, {"all": expression}))
    groups = GroupsPlanner({f"g{n}": GroupRule(exclusive=False, members=tuple(tier)) for n, tier in enumerate(tiers)})
    for name, planner in (("a matrix of a million combinations", matrix), ("six groups of ten", groups)):
        bench = Bench(planner, models)
        for tier in tiers:
            bench.bring_up(tier[0])
        turns = [tiers[turn % TIERS][1 + turn // TIERS % (ALTERNATIVES - 1)] for turn in range(600)]
        yield f"swap decision, {name}", [bench.swap_to(model) for model in turns]


def main() -> None:
    """Measure and print."""
    print(f"{'microseconds':66} {'median':>9} {'p99':>9}")
    gc.disable()
    for measured in (*grants(), *swaps()):
        report(*measured)


if __name__ == "__main__":
    main()
