"""Run the scheduler through random worlds under virtual time, or replay one of them.

scripts/simulate --worlds 2000 --first-seed 0
scripts/simulate --seed 1234 --trace
"""

from __future__ import annotations

import argparse
import signal
import sys
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))

from modelyard.core.commands import Command
from modelyard.core.events import Event
from modelyard.core.simulation import SimulationError, simulate
from modelyard.core.worlds import random_world


def main() -> int:
    """Say what happened; 1 where a law was broken."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--worlds", type=int, default=1000, help="how many worlds to run")
    parser.add_argument("--first-seed", type=int, default=0, help="the seed of the first one")
    parser.add_argument("--seed", type=int, help="run this one only")
    parser.add_argument("--trace", action="store_true", help="print the dialogue")
    options = parser.parse_args()
    if options.seed is not None:
        options.first_seed, options.worlds = options.seed, 1
    totals: Counter[str] = Counter()
    try:
        for seed in range(options.first_seed, options.first_seed + options.worlds):
            outcome = simulate(random_world(seed), show if options.trace else None)
            if options.trace:
                print(f"{outcome.duration:.1f} s; the median wait was {outcome.median_wait:.1f} s")
            totals.update(requests=outcome.requests, granted=outcome.granted, swaps=outcome.swaps)
            totals.update(rejected=outcome.rejected, steps=outcome.steps)
    except SimulationError as failure:
        print(f"{failure}\nreplay it: scripts/simulate --seed {seed} --trace", file=sys.stderr)
        return 1
    print(f"{options.worlds} worlds: " + ", ".join(f"{count} {name}" for name, count in totals.items()))
    return 0


def show(now: float, event: Event, commands: list[Command]) -> None:
    """Print one step."""
    print(f"{now:9.2f}  {event}")
    for command in commands:
        print(f"{'':11}→ {command}")


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # `… --trace | head` is no failure
    sys.exit(main())
