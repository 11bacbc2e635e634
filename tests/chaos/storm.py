"""A storm from its calm before to its calm after, and what must be as it was."""

from __future__ import annotations

import os
import re
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.chaos.clients import Seen, ask
from tests.chaos.engines import STEADY, configuration
from tests.chaos.operators import Operator, descendants
from tests.support.daemon import Daemon
from tests.support.processes import wait_until

CLIENTS = 8
MEMORY_SLACK = 24 * 1024
"""Kilobytes that the server may have grown by from the first quarter of a storm to its end. The law keeper remembers
every request, which is most of what a long storm shows; the samples of one hour are the rest."""

TROUBLE = re.compile(r"LAW BROKEN|Traceback|task '.*' crashed|internal error|was not carried out|supervision of")


@dataclass
class Report:
    """What there was, and what was wrong."""

    seconds: float
    seen: Seen = field(default_factory=Seen)
    deeds: Counter[str] = field(default_factory=Counter)
    before: dict[str, int] = field(default_factory=dict)
    after: dict[str, int] = field(default_factory=dict)
    memory: list[int] = field(default_factory=list)
    """Kilobytes, ten times a storm."""
    wrong: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        steady = sorted(self.seen.steady) or [0.0]
        lines = [
            f"{self.seconds:.0f} s, {self.seen.statuses.total()} requests: {dict(self.seen.statuses.most_common())}",
            f"operators: {dict(self.deeds.most_common())}",
            f"{STEADY}: {len(self.seen.steady)} requests, p50 {steady[len(steady) // 2] * 1000:.0f} ms, "
            f"p99 {steady[len(steady) * 99 // 100] * 1000:.0f} ms, longest {steady[-1] * 1000:.0f} ms",
            f"before {self.before}, after {self.after}",
            f"memory (MB): {', '.join(f'{size / 1024:.0f}' for size in self.memory)}",
        ]
        return "\n".join([*lines, *(f"WRONG: {one}" for one in self.wrong)])


class WatchedDaemon(Daemon):
    """The server with the laws looking on."""

    module = "tests.chaos.watched"

    def tasks(self) -> int:
        """How many tasks it has now."""
        told = self.count(r"^TASKS ")
        self.signal(signal.SIGUSR1)
        wait_until(lambda: self.count(r"^TASKS ") > told)
        return int([line for line in self.lines if line.startswith("TASKS ")][-1].split()[1])

    def belongings(self) -> dict[str, int]:
        """What must not leak."""
        pid = self.process.pid
        return {
            "tasks": self.tasks(),
            "descriptors": len(os.listdir(f"/proc/{pid}/fd")),
            "processes": len(descendants(pid)),
        }


def storm(directory: Path, seconds: float, *, seed: int, flood: float, say: Callable[[str], None]) -> Report:
    """Run one. `flood` is how many megabytes a second the loud engine prints."""
    report = Report(seconds)
    config = configuration(flood)
    with WatchedDaemon(directory, config) as daemon:
        _warm_up(daemon)
        report.before = daemon.belongings()
        operator = Operator(daemon, directory / "config.yaml", flood, seed)
        stop = threading.Event()
        with ThreadPoolExecutor(CLIENTS + 1) as pool:
            clients = [pool.submit(ask, daemon.url, seed + number, stop) for number in range(CLIENTS)]
            work = pool.submit(operator.work, stop)
            _watch_memory(daemon, seconds, report, say)
            stop.set()
            for client in clients:
                report.seen.add(client.result())
            work.result()
        report.deeds = operator.done
        report.wrong += operator.oddities + report.seen.oddities
        _calm_down(daemon, report)
        everybody = descendants(daemon.process.pid)
        daemon.signal(signal.SIGTERM)
        if (code := daemon.wait_exit()) != 0:
            report.wrong.append(f"the exit code is {code}")
        report.wrong += [f"process {pid} is left" for pid in everybody if os.path.exists(f"/proc/{pid}")]
        report.wrong += [line for line in daemon.lines if TROUBLE.search(line)]
    return report


def _warm_up(daemon: Daemon) -> None:
    """Everything that is made once is made now."""
    for model in (STEADY, "stubborn", "failing"):
        daemon.chat(model)
    _unload_all(daemon)


def _unload_all(daemon: Daemon) -> None:
    httpx.post(daemon.url + "/api/models/unload", timeout=60)
    wait_until(lambda: daemon.running() == {}, within=60)


def _watch_memory(daemon: Daemon, seconds: float, report: Report, say: Callable[[str], None]) -> None:
    began = time.monotonic()
    for step in range(1, 11):
        time.sleep(max(0.0, began + seconds * step / 10 - time.monotonic()))
        if daemon.process.poll() is not None:
            report.wrong.append("the server ended in mid-storm")
            return
        report.memory.append(daemon.status("VmRSS"))
        say(f"{seconds * step / 10:.0f} s: {report.memory[-1] / 1024:.0f} MB, running {daemon.running()}")


def _calm_down(daemon: WatchedDaemon, report: Report) -> None:
    _unload_all(daemon)
    try:
        wait_until(lambda: _is_as_before(daemon, report), within=20)
    except AssertionError:
        report.wrong.append(f"before {report.before}, after {report.after}")
    ports = {int(match[1]) for line in daemon.lines if (match := re.search(r" --port (\d+)", line))}
    report.wrong += [f"somebody listens on port {port}" for port in sorted(ports) if _is_taken(port)]
    if len(report.memory) == 10 and report.memory[-1] - report.memory[2] > MEMORY_SLACK:
        report.wrong.append(f"memory grew: {report.memory}")


def _is_as_before(daemon: WatchedDaemon, report: Report) -> bool:
    report.after = daemon.belongings()
    return all(report.after[what] <= count for what, count in report.before.items())


def _is_taken(port: int) -> bool:
    line = f":{port:04X} 00000000:0000 0A"
    return line in Path("/proc/net/tcp").read_text(encoding="ascii")


def main_say(line: str) -> None:
    """Progress, for a terminal."""
    sys.stderr.write(f"{line}\n")
