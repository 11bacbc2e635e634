"""`cmdStop`: a command of the user's that ends a model in place of TERM (spec lifecycle 2.7)."""

from __future__ import annotations

import signal
from collections.abc import Sequence

from modelyard.runtime.bell import Bell, Deadline
from modelyard.runtime.lastwords import status_in_words
from modelyard.runtime.logs import DaemonLog
from modelyard.runtime.platform.base import child_environment
from modelyard.runtime.spawn import Process, SpawnError, spawn


class StopCommand:
    """One run of it. Its failure is a line in the log and nothing else: whoever gives a `cmdStop` wants no TERM."""

    def __init__(self, model: str, *, bell: Bell, log: DaemonLog) -> None:
        """The bell is rung when it has ended."""
        self._model = model
        self._bell = bell
        self._log = log
        self._process: Process | None = None

    def __repr__(self) -> str:
        return f"<StopCommand of {self._model} {self._process or 'not running'}>"

    @property
    def running(self) -> bool:
        """Whether it is at work."""
        return self._process is not None

    def run(self, argv: Sequence[str], env: Sequence[str]) -> None:
        """Start it, with the model's environment."""
        try:
            self._process = spawn(argv, environment=child_environment(env), on_exit=self._ended)
        except SpawnError as error:
            self._log.warn(f"<{self._model}> cmdStop failed: {error}")

    def _ended(self) -> None:
        assert self._process is not None
        status = self._process.reap()
        self._process = None
        if status != 0:
            self._log.warn(f"<{self._model}> cmdStop failed{status_in_words(status)}")
        self._bell.ring()

    async def end(self, deadline: Deadline) -> None:
        """Wait until it has ended; kill it when the deadline has passed."""
        await self._bell.wait_until(lambda: not self.running, deadline)
        if self._process is not None:
            self._process.signal_group(signal.SIGKILL)
            await self._bell.wait_until(lambda: not self.running)

    def abandon(self) -> None:
        """Kill it and look away."""
        if self._process is not None:
            self._process.signal_group(signal.SIGKILL)
            self._process.abandon()
