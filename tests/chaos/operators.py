"""Operators: unload, load, hold, reload, and do what operating systems do."""

from __future__ import annotations

import os
import random
import signal
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import httpx

from modelyard.runtime.platform.linux import all_processes
from tests.chaos.engines import MODELS, STEADY, configuration
from tests.support.daemon import Daemon

UNSTEADY = tuple(model for model in MODELS if model != STEADY)
"""Unloading breaks off what a model answers, and the steady one's answers must all be whole."""


class Operator:
    """One at random, until the storm is over."""

    def __init__(self, daemon: Daemon, file: Path, flood: float, seed: int) -> None:
        self._daemon = daemon
        self._file = file
        self._head = file.read_text(encoding="utf-8").partition("\n")[0]
        self._flood = flood
        self._dice = random.Random(seed)
        self._url = daemon.url
        self.done: Counter[str] = Counter()
        self.oddities: list[str] = []

    def work(self, stop: threading.Event) -> None:
        """Until the storm is over; the configuration is then the first one again."""
        deeds: list[Callable[[], None]] = [
            self._unload_one,
            self._unload_one,
            self._unload_many,
            self._load,
            self._hold,
            self._reload,
            self._reload,
            self._break_file,
            self._kill,
            self._freeze,
            self._kill_sidecar,
        ]
        while not stop.is_set():
            deed = self._dice.choice(deeds)
            self.done[deed.__name__.strip("_")] += 1
            deed()
            stop.wait(self._dice.uniform(0.1, 0.6))
        self._write(configuration(self._flood))
        self._daemon.signal(signal.SIGHUP)

    def _unload_one(self) -> None:
        self._post(f"/api/models/unload/{self._dice.choice(UNSTEADY)}")

    def _unload_many(self) -> None:
        for model in UNSTEADY:
            self._post(f"/api/models/unload/{model}")

    def _load(self) -> None:
        self._post(f"/api/models/load/{self._dice.choice(MODELS)}?wait=false")

    def _hold(self) -> None:
        self._post(f"/api/models/hold/{self._dice.choice(MODELS)}?seconds=1")

    def _reload(self) -> None:
        self._write(configuration(self._flood, self._dice))
        self._daemon.signal(signal.SIGHUP)

    def _break_file(self) -> None:
        self._write("models: [\n")
        self._daemon.signal(signal.SIGHUP)

    def _kill(self) -> None:
        if (pid := self._some_engine()) is not None:
            _signal(pid, signal.SIGKILL)

    def _freeze(self) -> None:
        if (pid := self._some_engine()) is not None:
            _signal(pid, signal.SIGSTOP)

    def _kill_sidecar(self) -> None:
        for pid in self._descendants():
            if b"guard_main" in _command_of(pid):
                _signal(pid, signal.SIGKILL)

    def _write(self, text: str) -> None:
        self._file.write_text(f"{self._head}\n{text}", encoding="utf-8")

    def _post(self, path: str) -> None:
        answer = httpx.post(self._url + path, timeout=60)
        if answer.status_code >= 500:
            self.oddities.append(f"POST {path}: {answer.status_code} {answer.text}")

    def _some_engine(self) -> int | None:
        """An engine, but not the steady one."""
        engines = [pid for pid in self._descendants() if _is_fair_game(_command_of(pid))]
        return self._dice.choice(engines) if engines else None

    def _descendants(self) -> list[int]:
        return descendants(self._daemon.process.pid)


def descendants(parent: int) -> list[int]:
    """All living processes below one, sorted."""
    children: dict[int, list[int]] = {}
    for stat in all_processes():
        if stat.alive:
            children.setdefault(stat.parent, []).append(stat.pid)
    found: list[int] = []
    queue = [parent]
    while queue:
        below = children.get(queue.pop(), [])
        found += below
        queue += below
    return sorted(found)


def _is_fair_game(command: bytes) -> bool:
    return b"modelyard.demo.engine" in command and b"--name calm" not in command.replace(b"\0", b" ")


def _command_of(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def _signal(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass
