"""How late Modelyard notices that an engine can answer.

The engine itself writes down when it can answer and when the first request reached it, both on the machine's
monotonic clock, so the driver's own delays don't count. Two kinds of engine: one that listens while it loads and
answers 503, as llama.cpp's server does, and one that refuses connections until it has loaded, as vLLM does.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from yardstick.asking import post
from yardstick.dataplane import Say
from yardstick.processes import Servers
from yardstick.targets import engine_command, start_daemon
from yardstick.tools import BenchError

LONGEST_LOAD_MS = 2000
_KINDS = {"answers-503": [], "refuses": ["--refuse"]}
# The loads are drawn anew from the same seed, so that two runs of the benchmark ask the same.
_SEED = 1


@dataclass(frozen=True)
class Load:
    """One load of an engine, and how long after it the waiting request came through."""

    kind: str
    load_ms: int
    late_ms: float


@dataclass(frozen=True)
class _Engine:
    """The files through which the driver tells an engine how long to load, and learns what happened."""

    kind: str
    folder: Path

    @property
    def load_file(self) -> Path:
        return self.folder / f"{self.kind}.load"

    @property
    def record(self) -> Path:
        return self.folder / f"{self.kind}.record"

    def command(self) -> str:
        options = ["--load-file", str(self.load_file), "--record", str(self.record), *_KINDS[self.kind]]
        return engine_command(*options)


def measure(servers: Servers, loads: int, say: Say) -> Sequence[Load]:
    """Load each kind of engine `loads` times, for a random time of at most two seconds each."""
    engines = [_Engine(kind, servers.folder) for kind in _KINDS]
    for engine in engines:
        engine.load_file.write_text("0")
    _, port = start_daemon(servers, {engine.kind: {"cmd": engine.command()} for engine in engines})
    dice = random.Random(_SEED)
    found: list[Load] = []
    for number in range(loads):
        found += [_one_load(engine, port, dice.randint(0, LONGEST_LOAD_MS)) for engine in engines]
        if (number + 1) % 5 == 0 or number + 1 == loads:
            say(f"load {number + 1} of {loads}: worst so far {max(load.late_ms for load in found):.1f} ms")
    return found


def _one_load(engine: _Engine, port: int, load_ms: int) -> Load:
    engine.load_file.write_text(str(load_ms))
    engine.record.unlink(missing_ok=True)
    message = {"role": "user", "content": "Are you there?"}
    post(port, "/v1/chat/completions", {"model": engine.kind, "messages": [message]})
    moments = dict(line.split() for line in engine.record.read_text().splitlines())
    late_ms = (int(moments["request"]) - int(moments["ready"])) / 1e6
    if late_ms < 0:
        raise BenchError(f"{engine.kind}: a request was forwarded {-late_ms:.1f} ms before the engine was ready")
    post(port, f"/api/models/unload/{engine.kind}", {})
    return Load(engine.kind, load_ms, late_ms)
