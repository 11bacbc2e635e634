"""A child process whose output is read line by line, so that tests can wait for what it says."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence

from tests.support.processes import PATIENCE


class LoggedProcess:
    """Starts a command in a session of its own and keeps its lines. Close it, or use it as a context manager."""

    def __init__(self, command: Sequence[str], *, env: Mapping[str, str] | None = None) -> None:
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            env={**os.environ, **(env or {})},
        )
        self.lines: list[str] = []
        self._news = threading.Condition()
        self._is_over = False
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            with self._news:
                self.lines.append(line.rstrip("\n"))
                self._news.notify_all()
        with self._news:
            self._is_over = True
            self._news.notify_all()

    def wait_for_line(self, pattern: str) -> re.Match[str]:
        """The first match among all lines of the log, past and to come."""
        deadline = time.monotonic() + PATIENCE
        with self._news:
            while True:
                for line in self.lines:
                    if match := re.search(pattern, line):
                        return match
                left = deadline - time.monotonic()
                if self._is_over or left <= 0:
                    raise AssertionError(f"no line matches {pattern!r} in {self.lines}")
                self._news.wait(left)

    def count(self, pattern: str) -> int:
        """How many lines match so far."""
        with self._news:
            return sum(1 for line in self.lines if re.search(pattern, line))

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the process alone."""
        self.process.send_signal(number)

    def wait_exit(self) -> int:
        """The exit status; fails the test when it never comes."""
        return self.process.wait(PATIENCE)

    def close(self) -> None:
        """Kill its session and wait."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(PATIENCE)
        self._reader.join(PATIENCE)
        if self.process.stdout is not None and not self._reader.is_alive():
            self.process.stdout.close()
