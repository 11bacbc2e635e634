"""What a model that floods its log costs the others: `scripts/bench flood`. It is no test: a slow result is a result.

Each round asks a second model, one request after the other, while it is quiet, while the flood goes into a pipe that
`cat` reads (what it costs to have such a program on the machine at all), and while it goes into a model's log.
"""

from __future__ import annotations

import argparse
import contextlib
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from yardstick import proc, report
from yardstick.asking import chat, post
from yardstick.processes import Servers
from yardstick.program import run, say
from yardstick.targets import engine_command, start_daemon
from yardstick.times import Figure, table
from yardstick.tools import BENCH, BenchError

FLOODER = """
import os, sys, time
megabytes_per_second, file = float(sys.argv[1]), sys.argv[2]
piece = (b"x" * 127 + b"\\n") * 512
count, began, noted = 0, time.monotonic(), 0.0
note = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
while True:
    now = time.monotonic() - began
    if count > now * megabytes_per_second * 1e6:
        time.sleep(0.002)
        continue
    count += os.write(1, piece)
    if now > noted + 0.05:
        noted = now
        os.pwrite(note, b"%020d" % count, 0)
"""
"""Prints so many megabytes a second, as far as they are taken, and notes in a file how many bytes were."""


class Yard:
    """A daemon with `calm`, which answers, and `loud`, which prints."""

    def __init__(self, servers: Servers, megabytes_per_second: float) -> None:
        self._count = servers.folder / "count"
        self._flooder = shlex.join([sys.executable, "-c", FLOODER, str(megabytes_per_second), str(self._count)])
        loud = f"{self._flooder} & exec {engine_command()}"
        models: dict[str, dict[str, object]] = {
            "calm": {"cmd": engine_command()},
            "loud": {"cmd": f"sh -c {shlex.quote(loud)}"},
        }
        groups: dict[str, object] = {"all": {"swap": False, "members": ["calm", "loud"]}}
        self._daemon, self._port = start_daemon(servers, models, groups=groups)
        self.rates: dict[str, list[float]] = {}
        """Megabytes per second that were taken, by who took them."""

    def ask(self, seconds: float) -> list[float]:
        """Requests for `calm` for so long; how many milliseconds each took."""
        end = time.monotonic() + seconds
        times = []
        while time.monotonic() < end:
            times.append(chat(self._port, "calm"))
        return times

    def cpu_seconds(self) -> float:
        """What the daemon has used so far."""
        return proc.cpu_seconds([self._daemon.pid])

    @contextlib.contextmanager
    def flood_elsewhere(self) -> Iterator[None]:
        """The same program prints, and nobody of ours reads it."""
        self._count.unlink(missing_ok=True)
        shell = ["sh", "-c", f"{self._flooder} | cat >/dev/null"]
        process = subprocess.Popen(shell, start_new_session=True)
        try:
            with self._measured("elsewhere"):
                yield
        finally:
            with contextlib.suppress(ProcessLookupError):
                subprocess.run(["kill", "-KILL", "--", f"-{process.pid}"], check=False)
            process.wait()

    @contextlib.contextmanager
    def flood_into_log(self) -> Iterator[None]:
        """It prints into the log of a model."""
        self._count.unlink(missing_ok=True)
        post(self._port, "/api/models/load/loud", {})
        try:
            with self._measured("log"):
                yield
        finally:
            post(self._port, "/api/models/unload/loud", {})

    @contextlib.contextmanager
    def _measured(self, who: str) -> Iterator[None]:
        before = self._counted()
        began = time.monotonic()
        yield
        taken = self._counted() - before
        self.rates.setdefault(who, []).append(taken / 1e6 / (time.monotonic() - began))

    def _counted(self) -> int:
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError, ValueError):
                return int(self._count.read_text())
            time.sleep(0.01)
        raise BenchError("the flooding program counts nothing")


def main(words: Sequence[str] | None = None) -> int:
    """Measure; the exit code is 0, or 1 when it could not be measured."""
    parser = argparse.ArgumentParser(prog="scripts/bench flood", description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=7, help="rounds of all three (default 7)")
    parser.add_argument("--seconds", type=float, default=3.0, help="length of each part of a round (default 3)")
    parser.add_argument("--rate", type=float, default=100.0, metavar="MB", help="printed per second (default 100)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="default: bench/results/DATE-flood.json")
    asked = parser.parse_args(words)
    return run(lambda: _measure(asked))


def _measure(asked: argparse.Namespace) -> None:
    started = datetime.now(UTC)
    say(", ".join(f"{name} {value}" for name, value in report.machine().items()))
    quiet: list[float] = []
    elsewhere: list[float] = []
    flooded: list[float] = []
    busy = 0.0
    with Servers() as servers:
        yard = Yard(servers, asked.rate)
        yard.ask(0.5)
        for number in range(asked.rounds):
            quiet += yard.ask(asked.seconds)
            with yard.flood_elsewhere():
                elsewhere += yard.ask(asked.seconds)
            with yard.flood_into_log():
                before = yard.cpu_seconds()
                flooded += yard.ask(asked.seconds)
                busy += yard.cpu_seconds() - before
            say(f"round {number + 1} of {asked.rounds}")
    figures = [
        Figure("nothing floods", quiet),
        Figure("a flood that cat reads", elsewhere),
        Figure("a flood into the log of a model", flooded),
    ]
    rates = {who: sum(rates) / len(rates) for who, rates in yard.rates.items()}
    share = busy / (asked.rounds * asked.seconds)
    print(f"\n{table(figures)}\n", flush=True)
    print(f"MB/s taken: {rates['elsewhere']:.0f} by cat, {rates['log']:.0f} by the log")
    print(f"CPU of Modelyard during the latter, requests included: {share:.2f} of a core\n", flush=True)
    path = asked.json or BENCH / "results" / f"{started:%Y-%m-%dT%H-%M-%SZ}-flood.json"
    content = {"started": started.isoformat(), "machine": report.machine(), "rates": rates, "cpu": share}
    report.write_json(path, {**content, "figures": [asdict(figure) for figure in figures]})
    say(f"written to {path}")


if __name__ == "__main__":
    sys.exit(main())
