"""Asks a target for work: plain requests with wrk, paced streams with our own client."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from yardstick import proc, tools
from yardstick.targets import Target
from yardstick.tools import BenchError

STREAMS = 64
EVENTS = 200
INTERVAL_US = 5000


@dataclass(frozen=True)
class RequestFigures:
    """What one run of wrk measured. Latencies in microseconds."""

    requests: int
    per_second: float
    p50: float
    p99: float


@dataclass(frozen=True)
class StreamFigures:
    """What paced streams cost the target and how long it kept their events. All in microseconds."""

    events: int
    cpu_per_event: float
    delay_p50: float
    delay_p99: float


def send_requests(target: Target, connections: int, seconds: int) -> RequestFigures:
    """Chat requests of one kilobyte, each connection sending the next when it has its answer.

    Raises:
        BenchError: an answer was missing or was no success.
    """
    argv = [tools.program("wrk", "wrk"), "-t1", f"-c{connections}", f"-d{seconds}s"]
    if target.key:
        argv += ["-H", f"Authorization: Bearer {target.key}"]
    found = _json_line([*argv, "-s", str(tools.BENCH / "chat.lua"), target.url])
    if found["failed"] or found["timeouts"] or not found["requests"]:
        raise BenchError(f"{target.name} failed under load: {found}")
    return RequestFigures(
        requests=found["requests"],
        per_second=found["requests"] / (found["duration_us"] / 1e6),
        p50=found["p50_us"],
        p99=found["p99_us"],
    )


def hold_streams(target: Target, repeats: int) -> StreamFigures:
    """Many paced streams at once, several times over since `/proc` shows CPU time in hundredths of a second.

    Raises:
        BenchError: an event was missing.
    """
    client = [tools.compiled("streams"), "--port", str(target.port), *(["--key", target.key] if target.key else [])]
    argv = [*client, "--streams", str(STREAMS), "--events", str(EVENTS), "--interval-us", str(INTERVAL_US)]
    workers = target.working()
    before = proc.cpu_seconds(workers)
    runs = [_json_line(argv) for _ in range(repeats)]
    used = proc.cpu_seconds(workers) - before
    events = sum(run["events"] for run in runs)
    return StreamFigures(
        events=events,
        cpu_per_event=used / events * 1e6,
        # Each run has the same number of events, so the mean of their percentiles is fair.
        delay_p50=sum(run["delay_us"]["p50"] for run in runs) / repeats,
        delay_p99=sum(run["delay_us"]["p99"] for run in runs) / repeats,
    )


def _json_line(argv: Sequence[str]) -> dict[str, Any]:
    """Run a client; its last line is its result."""
    result = subprocess.run(argv, capture_output=True, text=True, check=False, start_new_session=True)
    lines = result.stdout.splitlines()
    if result.returncode != 0 or not lines or not lines[-1].startswith("{"):
        raise BenchError(f"{' '.join(argv)} failed:\n{result.stdout}{result.stderr}")
    found: dict[str, Any] = json.loads(lines[-1])
    return found
