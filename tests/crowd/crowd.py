"""One evening of a server: who comes, what the others notice of it, and what is left when all have gone."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from modelyard.runtime.http.pool import IDLE_PER_POOL
from tests.support.daemon import Daemon

ROOT = Path(__file__).parents[2]
STEADY = 8
"""Well-behaved clients, who are watched."""
WATCHED = 0.9
"""The part of the time in which the well-behaved are watched: at its end those who read slowly all begin to hurry."""
KEPT = dict.fromkeys(("descriptors", "descriptors of the engines"), IDLE_PER_POOL + STEADY)
"""What may stay: connections that are kept for the next requests, to the engine of the crowd and to that of the
well-behaved."""
PATIENCE = 30.0
"""Seconds in which all must have been given back once everybody has left."""
SLOW_CLIENT_KB = 300
"""Kilobytes that the server may hold for one client who does not read (docs/operations.md)."""
WORKING_KB = 40_000
"""Kilobytes that it may take to work at all, however few there are; half of it for captures of unfinished answers."""
STREAM_KB = 40
"""Kilobytes that it may hold for one that does."""

BEHIND_ALL = ("chrt", "--idle", "0")
"""How the crowd and its engine are run where a machine is theirs alone: they stand for other machines, so they get the
processor when nobody else wants it, and give it up at once. (Those that are merely nice keep it for milliseconds.)"""
CONFIG = """
models:
  short: {{cmd: '{fountain}', parallel: 5000}}
  long: {{cmd: '{crowded} {fountain}', parallel: 5000, queueLimit: 5000}}
groups:
  both: {{swap: false, members: [short, long]}}
"""


@dataclass(frozen=True)
class Watched:
    """What the well-behaved saw, in milliseconds: 99 of 100 requests took no longer.

    Others ask the engine itself at the same time: what they see is the machine's doing, and not the server's.
    """

    p99: float
    direct_p99: float

    @property
    def ratio(self) -> float:
        """How many times longer it takes through the server."""
        return self.p99 / self.direct_p99

    def __str__(self) -> str:
        return f"{self.p99:.1f} ms, {self.ratio:.1f} times the engine's own {self.direct_p99:.1f} ms"


@dataclass(frozen=True)
class Visit:
    """One crowd: how its clients fared, what the well-behaved noticed, the server's processor time (seconds) and peak
    of memory so far (kilobytes)."""

    ends: dict[str, Any]
    watched: Watched
    cpu: float
    peak: int

    def __str__(self) -> str:
        ends = ", ".join(f"{number} {end}" for end, number in self.ends.items() if end != "failures")
        failures = f", failures {self.ends['failures']}" if self.ends["failures"] else ""
        return (
            f"{ends}{failures}; the well-behaved {self.watched};"
            f" {self.cpu:.1f} s of processor time, peak {self.peak / 1000:.1f} MB"
        )


@dataclass(frozen=True)
class Evening:
    """What was seen."""

    alone: Sequence[Watched]
    """The well-behaved with nobody else there, before and after."""
    peak_before: int
    streams: Visit
    slow: Visit
    left: dict[str, int]
    """What the server and its engines hold more than before, when all have gone."""

    @property
    def slowdown(self) -> float:
        """How many times longer than alone the well-behaved take beside the worst crowd, beyond what the machine does
        to all."""
        return max(self.streams.watched.ratio, self.slow.watched.ratio) / max(seen.ratio for seen in self.alone)

    def __str__(self) -> str:
        return "\n".join(
            (
                *(f"alone: the well-behaved {seen}" for seen in self.alone),
                f"streams: {self.streams}",
                f"slow clients: {self.slow}",
                f"peak memory before: {self.peak_before / 1000:.1f} MB; slowdown: {self.slowdown:.2f}",
                f"left when all have gone: {self.left or 'nothing'}",
            )
        )


def spend(
    directory: Path,
    *,
    streams: int,
    slow: int,
    seconds: float,
    seed: int,
    say: Callable[[str], None],
    run_by: Sequence[str] = (),
) -> Evening:
    """Have them come: nobody but the well-behaved, then the streams, then the slow ones.

    `run_by` is what the commands of the crowd and its engine are prefixed with.
    """
    fountain = shlex.join([sys.executable, "-m", "tests.crowd.fountain"]) + " --port ${PORT}"
    config = CONFIG.format(fountain=fountain, crowded=shlex.join(run_by))
    with Daemon(directory, config, wrapper=("env", f"PYTHONPATH={ROOT}")) as daemon:
        for model in ("short", "long"):
            daemon.chat(model).raise_for_status()
        crowd = _Crowd(daemon, seconds, seed, run_by)
        say("the well-behaved alone")
        before_all = crowd.watched(seconds / 2)
        held, peak = crowd.held(), daemon.status("VmHWM")
        say(f"{streams} streams")
        beside_streams = crowd.beside("streams", streams)
        say(f"{slow} slow clients")
        beside_slow = crowd.beside("slow", slow)
        left = crowd.left_over(held)
        say("the well-behaved alone again")
        return Evening((before_all, crowd.watched(seconds / 2)), peak, beside_streams, beside_slow, left)


class _Crowd:
    """The clients of one server."""

    def __init__(self, daemon: Daemon, seconds: float, seed: int, run_by: Sequence[str]) -> None:
        self._daemon = daemon
        self._port = daemon.url.rpartition(":")[2]
        running = daemon.get("/running").json()["running"]
        self._engine_port = next(one["proxy"].rpartition(":")[2] for one in running if one["model"] == "short")
        self._seconds = seconds
        self._seed = seed
        self._run_by = run_by

    def watched(self, seconds: float) -> Watched:
        """What the well-behaved see for a while, through the server and at the engine itself."""
        both = [self._come("steady", STEADY, seconds, port=port) for port in (self._port, self._engine_port)]
        through, direct = (_result(clients) for clients in both)
        assert not through["failures"], through
        return Watched(1000 * through["p99"], 1000 * direct["p99"])

    def beside(self, role: str, number: int) -> Visit:
        """Others come, and the well-behaved are watched meanwhile."""
        before = self._cpu_seconds()
        others = self._come(role, number, self._seconds, port=self._port)
        watched = self.watched(self._seconds * WATCHED)
        ends = _result(others)
        return Visit(ends, watched, self._cpu_seconds() - before, self._daemon.status("VmHWM"))

    def _cpu_seconds(self) -> float:
        fields = Path(f"/proc/{self._daemon.process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def _come(self, role: str, number: int, seconds: float, *, port: str) -> subprocess.Popen[str]:
        command = [*(() if role == "steady" else self._run_by), sys.executable, "-m", "tests.crowd.clients", role]
        options = {"port": port, "clients": number, "seconds": seconds, "seed": self._seed}
        words = [word for name, value in options.items() for word in (f"--{name}", str(value))]
        return subprocess.Popen([*command, *words], cwd=ROOT, stdout=subprocess.PIPE, text=True)

    def held(self) -> dict[str, int]:
        """What the server and its engines hold, as the system knows it."""
        pid = self._daemon.process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
        return {
            "descriptors": len(os.listdir(f"/proc/{pid}/fd")),
            "descriptors of the engines": sum(len(os.listdir(f"/proc/{child}/fd")) for child in children),
            "in flight": len(self._daemon.get("/api/inflight").json()["requests"]),
            "threads": self._daemon.status("Threads"),
        }

    def left_over(self, before: dict[str, int]) -> dict[str, int]:
        """What is held more than before, once it is little, or after a while."""
        deadline = time.monotonic() + PATIENCE
        while True:
            left = {name: number - before[name] - KEPT.get(name, 0) for name, number in self.held().items()}
            left = {name: number for name, number in left.items() if number > 0}
            if not left or time.monotonic() > deadline:
                return left
            time.sleep(0.1)


def _result(clients: subprocess.Popen[str]) -> dict[str, Any]:
    said, _ = clients.communicate(timeout=600)
    found: dict[str, Any] = json.loads(said)
    return found


def complaints(evening: Evening, *, streams: int, slow: int) -> list[str]:
    """What is not as it should be, whatever the machine does."""
    wrong = []
    if evening.streams.ends != {"whole": streams, "failures": {}}:
        wrong.append("streams were not whole")
    if sum(evening.slow.ends.get(end, 0) for end in ("whole", "left")) != slow or evening.slow.ends["failures"]:
        wrong.append("slow clients were not served")
    if evening.left:
        wrong.append(f"left over: {evening.left}")
    if evening.streams.peak - evening.peak_before > WORKING_KB + STREAM_KB * streams:
        wrong.append(f"more than {STREAM_KB} KB for a stream")
    if evening.slow.peak - evening.peak_before > WORKING_KB + SLOW_CLIENT_KB * slow:
        wrong.append(f"more than {SLOW_CLIENT_KB} KB for a slow client")
    return wrong
