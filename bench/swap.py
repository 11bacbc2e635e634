"""What a swap costs beyond the engines' own times: `scripts/bench swap`. It is no test: a slow result is a result."""

from __future__ import annotations

import argparse
import random
import shlex
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from yardstick import report
from yardstick.asking import chat, post
from yardstick.processes import Servers
from yardstick.program import run, say
from yardstick.targets import engine_command, start_daemon
from yardstick.times import Figure, table
from yardstick.tools import BENCH

LONGEST_LOAD_MS = 2000
STOP_SECONDS = 2
"""The `unloadTimeout` of the victim that ignores TERM."""
_SEED = 1


class Yard:
    """A daemon with three engines: `a` and `b` take turns, `c` ignores TERM and takes turns with them, and
    `bystander` stays whatever the others do."""

    def __init__(self, servers: Servers) -> None:
        self._loads = {name: servers.folder / f"{name}.load" for name in "ab"}
        models: dict[str, dict[str, object]] = {
            name: {"cmd": engine_command("--load-file", str(file))} for name, file in self._loads.items()
        }
        stubborn = f"trap '' TERM; exec {engine_command()}"
        models["c"] = {"cmd": f"sh -c {shlex.quote(stubborn)}", "unloadTimeout": STOP_SECONDS}
        models["bystander"] = {"cmd": engine_command()}
        groups: dict[str, object] = {"apart": {"persistent": True, "exclusive": False, "members": ["bystander"]}}
        for name in self._loads:
            self.loads(name, 0)
        _, self._port = start_daemon(servers, models, groups=groups)

    def loads(self, model: str, milliseconds: int) -> None:
        """How long the model's next load takes."""
        self._loads[model].write_text(str(milliseconds))

    def chat(self, model: str) -> float:
        """One request; how many milliseconds it took."""
        return chat(self._port, model)

    def unload(self) -> None:
        """Stop everything."""
        post(self._port, "/api/models/unload", {})


def cold_starts(yard: Yard, count: int, dice: random.Random) -> Figure:
    """Nothing runs; a request comes. What it takes beyond the engine's own load."""
    times = []
    for _ in range(count):
        yard.unload()
        load = dice.randint(0, LONGEST_LOAD_MS)
        yard.loads("a", load)
        times.append(yard.chat("a") - load)
    return Figure("cold start, beyond the load", times)


def swaps(yard: Yard, count: int, dice: random.Random) -> Figure:
    """The other one runs, and ends when it is told to."""
    times = []
    yard.chat("a")
    for number in range(count):
        target = "ba"[number % 2]
        load = dice.randint(0, LONGEST_LOAD_MS)
        yard.loads(target, load)
        times.append(yard.chat(target) - load)
    yard.loads("a", 0)
    yard.loads("b", 0)
    return Figure("swap, beyond the load", times)


def stubborn_swaps(yard: Yard, count: int) -> list[Figure]:
    """The other one ignores TERM; somebody uses a third model meanwhile."""
    before = [yard.chat("bystander") for _ in range(100 * count)]
    swaps_took: list[float] = []
    meanwhile: list[float] = []
    for _ in range(count):
        yard.chat("c")
        swap = threading.Thread(target=lambda: swaps_took.append(yard.chat("a")))
        swap.start()
        while swap.is_alive():
            meanwhile.append(yard.chat("bystander"))
        swap.join()
    beyond = [took - STOP_SECONDS * 1000 for took in swaps_took]
    return [
        Figure(f"swap, victim ignores TERM, beyond its {STOP_SECONDS} s", beyond),
        Figure("a third model, nothing swaps", before),
        Figure("a third model, during those swaps", meanwhile),
    ]


def main(words: Sequence[str] | None = None) -> int:
    """Measure; the exit code is 0, or 1 when it could not be measured."""
    parser = argparse.ArgumentParser(prog="scripts/bench swap", description=__doc__)
    parser.add_argument("--loads", type=int, default=100, help="cold starts, and swaps (default 100)")
    parser.add_argument("--stubborn", type=int, default=10, help="swaps with a victim that ignores TERM (default 10)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="default: bench/results/DATE-swap.json")
    asked = parser.parse_args(words)
    return run(lambda: _measure(asked))


def _measure(asked: argparse.Namespace) -> None:
    started = datetime.now(UTC)
    dice = random.Random(_SEED)
    say(", ".join(f"{name} {value}" for name, value in report.machine().items()))
    figures: list[Figure] = []
    with Servers() as servers:
        yard = Yard(servers)
        steps: list[Callable[[], list[Figure]]] = [
            lambda: [cold_starts(yard, asked.loads, dice)],
            lambda: [swaps(yard, asked.loads, dice)],
            lambda: stubborn_swaps(yard, asked.stubborn),
        ]
        for step in steps:
            figures += step()
            say(f"{figures[-1].measure}: done")
    print(f"\n{table(figures)}\n", flush=True)
    path = asked.json or BENCH / "results" / f"{started:%Y-%m-%dT%H-%M-%SZ}-swap.json"
    content = {"started": started.isoformat(), "machine": report.machine()}
    report.write_json(path, {**content, "figures": [asdict(figure) for figure in figures]})
    say(f"written to {path}")


if __name__ == "__main__":
    sys.exit(main())
