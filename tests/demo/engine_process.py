"""A demo engine as a child process."""

from __future__ import annotations

import os
import re
import signal
import sys

import httpx

from tests.support.logged import LoggedProcess


class EngineProcess(LoggedProcess):
    """Starts an engine on a port that the system picks. Close it, or use it as a context manager."""

    def __init__(self, *switches: str) -> None:
        super().__init__([sys.executable, "-m", "modelyard.demo.engine", "--port", "0", *switches])

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

    def requests(self) -> dict[str, object]:
        """What `/debug/requests` says."""
        report: dict[str, object] = httpx.get(f"{self.url}/debug/requests").json()
        return report

    def close(self) -> None:
        """Kill everything that it started."""
        for line in self.lines:
            if match := re.search(r"serving from child (\d+)", line):
                _kill(int(match[1]))
        super().close()


def _kill(process_id: int) -> None:
    try:
        os.kill(process_id, signal.SIGKILL)
    except ProcessLookupError:
        pass
