"""A demo engine as a child process."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time

import httpx

from tests.support.processes import PATIENCE


class EngineProcess:
    """Starts an engine on a port that the system picks. Close it, or use it as a context manager."""

    def __init__(self, *switches: str) -> None:
        command = [sys.executable, "-m", "modelyard.demo.engine", "--port", "0", *switches]
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
        )
        self.lines: list[str] = []
        self._news = threading.Condition()
        self._is_over = False
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> EngineProcess:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def url(self) -> str:
        """Where it listens; waits until it does."""
        return self.wait_for_line(r"listening on (\S+)")[1]

    def wait_ready(self) -> EngineProcess:
        """Wait until the model is loaded and the port is open."""
        self.wait_for_line("model loaded")
        self.wait_for_line("listening on")
        return self

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

    def requests(self) -> dict[str, object]:
        """What `/debug/requests` says."""
        report: dict[str, object] = httpx.get(f"{self.url}/debug/requests").json()
        return report

    def wait_exit(self) -> int:
        """The exit status."""
        return self.process.wait(PATIENCE)

    def close(self) -> None:
        """Kill everything that it started."""
        for line in self.lines:
            if match := re.search(r"serving from child (\d+)", line):
                _kill(int(match[1]))
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(PATIENCE)
        self._reader.join(PATIENCE)

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as output:
            for line in output:
                with self._news:
                    self.lines.append(line.rstrip("\n"))
                    self._news.notify_all()
        with self._news:
            self._is_over = True
            self._news.notify_all()


def _kill(process_id: int) -> None:
    try:
        os.kill(process_id, signal.SIGKILL)
    except ProcessLookupError:
        pass
