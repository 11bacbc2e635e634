"""Run the scheduler through random worlds under virtual time, or replay one of them.

scripts/simulate-worlds --worlds 100000 --processes 2
scripts/simulate-worlds --seed 1234 --trace
"""

from __future__ import annotations

import argparse
import signal
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))

from modelyard.core.commands import Command
from modelyard.core.events import Event
from modelyard.core.planners.groups import GroupsPlanner
from modelyard.core.simulation import SimulationError, simulate
from modelyard.core.worlds import World, random_world

CHUNK = 250
"""Worlds that a process runs before it reports."""
EVERY = 30.0
"""Seconds between two lines of progress."""


@dataclass
class Report:
    """What some worlds came to."""

    totals: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    """How many worlds had what."""
    closest: float = 0.0
    """The largest part of law 5's bound that an overdue request waited for."""
    failures: list[tuple[int, str]] = field(default_factory=list)

    def add(self, other: Report) -> None:
        """Take another report in."""
        self.totals += other.totals
        self.kinds += other.kinds
        self.closest = max(self.closest, other.closest)
        self.failures += other.failures


def main() -> int:
    """Say what happened; 1 where a law was broken."""
    parser = argparse.ArgumentParser(prog="scripts/simulate-worlds", description=__doc__.splitlines()[0])
    parser.add_argument("--worlds", type=int, default=1000, help="how many worlds to run (1000)")
    parser.add_argument("--first-seed", type=int, default=0, help="the seed of the first one (0)")
    parser.add_argument("--processes", type=int, default=1, help="how many to run at a time (1)")
    parser.add_argument("--seed", type=int, help="run this one only")
    parser.add_argument("--trace", action="store_true", help="with --seed: print the dialogue")
    options = parser.parse_args()
    if options.seed is not None:
        return replay(options.seed, traced=options.trace)
    return run_all(range(options.first_seed, options.first_seed + options.worlds), options.processes)


def replay(seed: int, *, traced: bool) -> int:
    """Run one world again."""
    try:
        outcome = simulate(random_world(seed), show if traced else None)
    except SimulationError as failure:
        print(failure, file=sys.stderr)
        return 1
    print(f"{outcome.duration:.1f} s; {outcome.granted} granted, {outcome.rejected} rejected, {outcome.swaps} swaps")
    print(f"waits: median {outcome.median_wait:.1f} s, longest {outcome.longest_wait:.1f} s")
    return 0


def run_all(seeds: range, processes: int) -> int:
    """Run many worlds, and say now and then how far it is."""
    began = said = monotonic()
    whole = Report()
    for report in _reports([seeds[start : start + CHUNK] for start in range(0, len(seeds), CHUNK)], processes):
        whole.add(report)
        for seed, what in report.failures:
            print(f"{what}\nreplay it: scripts/simulate-worlds --seed {seed} --trace", file=sys.stderr, flush=True)
        if monotonic() - said > EVERY:
            said = monotonic()
            done = whole.kinds["worlds"]
            print(f"{done} of {len(seeds)} worlds in {said - began:.0f} s, {len(whole.failures)} failed", flush=True)
    print(f"seeds {seeds.start} to {seeds.stop - 1} in {monotonic() - began:.0f} s: {len(whole.failures)} broke a law")
    print(_list(whole.kinds))
    print(_list(whole.totals))
    print(f"overdue requests in calm worlds waited for at most {whole.closest:.1%} of what law 5 allows them")
    return 1 if whole.failures else 0


def _reports(chunks: list[range], processes: int) -> Iterator[Report]:
    if processes == 1:
        yield from map(run_chunk, chunks)
        return
    with ProcessPoolExecutor(processes) as pool:
        yield from pool.map(run_chunk, chunks)


def run_chunk(seeds: range) -> Report:
    """Run some worlds; a world in which a law is broken ends none of the others."""
    report = Report()
    for seed in seeds:
        world = random_world(seed)
        report.kinds.update(_kinds(world))
        try:
            outcome = simulate(world)
        except SimulationError as failure:
            report.failures.append((seed, str(failure)))
            continue
        report.totals.update(requests=outcome.requests, granted=outcome.granted, rejected=outcome.rejected)
        report.totals.update(swaps=outcome.swaps, steps=outcome.steps, overdue=outcome.overdue)
        report.closest = max(report.closest, outcome.closest)
    return report


def _kinds(world: World) -> Iterator[str]:
    """What a world has, for people who want to know what was tried. In calm worlds law 5's bound is checked."""
    yield "worlds"
    policy = "groups" if isinstance(world.specs.planner, GroupsPlanner) else "matrix"
    yield f"with {policy}"
    if not world.calm:
        return
    yield "calm"
    yield f"calm with {policy}"
    own = {visit.priority for visit in world.visits} - {None}
    if own or len({facts.priority for facts in world.specs.facts.values()}) > 1:
        yield "calm with priorities"


def _list(counts: Counter[str]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.items())


def show(now: float, event: Event, commands: list[Command]) -> None:
    """Print one step."""
    print(f"{now:9.2f}  {event}")
    for command in commands:
        print(f"{'':11}→ {command}")


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # `… --trace | head` is no failure
    sys.exit(main())
