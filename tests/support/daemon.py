"""A real Modelyard: the command that users start, on a free port, with a state directory of its own."""

from __future__ import annotations

import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Self

import httpx

from tests.support.logged import LoggedProcess
from tests.support.processes import PATIENCE, free_port_row


def demo_engine(*switches: object) -> str:
    """The `cmd` of a demo engine."""
    argv = [sys.executable, "-m", "modelyard.demo.engine", *map(str, switches)]
    return f"{shlex.join(argv)} --port ${{PORT}} --name ${{MODEL_ID}}"


class Daemon(LoggedProcess):
    """`modelyard -config …`, as a context manager that leaves nothing behind."""

    module = "modelyard"

    def __init__(
        self,
        directory: Path,
        config: str,
        *flags: str,
        wrapper: Sequence[str] = (),
        state: Path | None = None,
    ) -> None:
        """`wrapper` is a command that runs the server; `state` a state directory that others use as well."""
        path = directory / "config.yaml"
        path.write_text(f"startPort: {free_port_row(8)}\n{config}", encoding="utf-8")
        command = [*wrapper, sys.executable, "-m", self.module, "-config", str(path), "-listen", "127.0.0.1:0", *flags]
        super().__init__(command, env={"XDG_STATE_HOME": str(state or directory / "state")})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        began = time.monotonic()
        while self.process.poll() is None:  # more than once, as two signals that come together are one
            assert time.monotonic() < began + PATIENCE, f"it does not end: {self.lines[-20:]}"
            self.signal(signal.SIGTERM)
            try:
                self.process.wait(0.1)
            except subprocess.TimeoutExpired:
                pass
        self.close()

    @property
    def url(self) -> str:
        """Where it listens; waits until it does."""
        return self.wait_for_line(r"modelyard listening on (\S+)")[1]

    def get(self, path: str, **more: object) -> httpx.Response:
        """A GET that fails the test unless it is answered 2xx."""
        return httpx.get(self.url + path, timeout=30, **more).raise_for_status()  # type: ignore[arg-type]

    def chat(self, model: str, **more: object) -> httpx.Response:
        """One short chat."""
        body = {"model": model, "messages": [{"role": "user", "content": "hello"}], "max_tokens": 4, **more}
        return httpx.post(self.url + "/v1/chat/completions", json=body, timeout=60)

    def running(self) -> dict[str, str]:
        """Model ids and their states."""
        return {one["model"]: one["state"] for one in self.get("/running").json()["running"]}

    def starts(self) -> int:
        """How many children were started so far."""
        return self.count(r"\[INFO\] starting ")

    def status(self, name: str) -> int:
        """A figure of /proc/PID/status, in kilobytes."""
        text = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        return next(int(line.split()[1]) for line in text.splitlines() if line.startswith(name + ":"))
