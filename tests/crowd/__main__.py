"""`scripts/crowd`: the whole crowd. Exit 1: something was lost, was left over, or took more than it may."""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
from pathlib import Path

from tests.crowd.crowd import BEHIND_ALL, complaints, spend

SLOWDOWN = 2.0
"""How many times longer than alone the well-behaved may take."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/crowd", description=__doc__)
    parser.add_argument("--streams", type=int, default=1000)
    parser.add_argument("--slow", type=int, default=2000)
    parser.add_argument("--seconds", type=float, default=60.0, help="of each crowd; few make a flood of the slow")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))  # for the clients and the engine

    def say(line: str) -> None:
        sys.stderr.write(f"{line}\n")

    with tempfile.TemporaryDirectory() as directory:
        evening = spend(
            Path(directory),
            streams=asked.streams,
            slow=asked.slow,
            seconds=asked.seconds,
            seed=asked.seed,
            say=say,
            run_by=BEHIND_ALL,
        )
    wrong = complaints(evening, streams=asked.streams, slow=asked.slow)
    if evening.slowdown > SLOWDOWN:
        wrong.append(f"the well-behaved waited more than {SLOWDOWN:g} times as long as alone")
    sys.stdout.write("\n".join([str(evening), *wrong, ""]))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
