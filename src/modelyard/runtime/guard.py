"""Keeping account of the children outside of our own memory: in the sidecar and in the journal.

Whatever kills the daemon, the sidecar ends its children within a moment; should the sidecar die with it,
the next start finds them in the journal (R24).
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import secrets
import signal
import sys
from pathlib import Path

from modelyard.runtime.clock import Clock
from modelyard.runtime.journal import ChildRecord, Journal, ended_line
from modelyard.runtime.logs import DaemonLog
from modelyard.runtime.platform.base import child_environment
from modelyard.runtime.spawn import Process, SpawnError, spawn

QUICK_DEATH = 1.0
"""A sidecar that lived shorter than this, in seconds, is replaced only after as long a pause."""

CLOSE_SECONDS = 8.0
"""How long the sidecar may take to exit at an orderly end; it has `cmdStop` commands to run in the worst
case."""

PIPE_SIZE = 1024 * 1024
"""Room for the whole account of many children, so that a write is partial only if the sidecar is stuck."""

_PROGRAM = Path(__file__).with_name("guard_main.py")


def new_daemon_id() -> str:
    """A name for this run of the daemon that no other run has."""
    return secrets.token_hex(8)


class Guard:
    """Holds the sidecar's pipe, replaces a sidecar that died, and tells it and the journal what runs."""

    def __init__(self, daemon: str, *, log: DaemonLog, clock: Clock, journal: Journal | None = None) -> None:
        self.daemon = daemon
        self._log = log
        self._clock = clock
        self._journal = journal
        self._running: dict[str, ChildRecord] = {}
        self._process: Process | None = None
        self._pipe = -1
        self._born = 0.0
        self._restart: asyncio.TimerHandle | None = None
        self._closing = False
        self._gone = asyncio.Event()

    def __repr__(self) -> str:
        return f"<Guard {self.daemon} {self._process} {len(self._running)} children>"

    @property
    def pid(self) -> int | None:
        """The sidecar's pid, while there is one."""
        return self._process.pid if self._process is not None else None

    def start(self) -> None:
        """Start the sidecar. Call from the running loop, before the first child. Failure is a warning."""
        self._restart = None
        try:
            self._process, self._pipe = self._launch()
        except (SpawnError, OSError) as error:
            self._log.warn(f"no sidecar; models would outlive a crash of this server: {error}")
            return
        self._born = self._clock.now()
        for record in self._running.values():
            self._tell(record.line())

    def _launch(self) -> tuple[Process, int]:
        reading, writing = os.pipe()
        try:
            process = spawn(
                [sys.executable, "-I", "-S", str(_PROGRAM), self.daemon],
                environment=child_environment(()),
                stdin=reading,
                on_exit=self._sidecar_ended,
            )
        except SpawnError:
            os.close(writing)
            raise
        finally:
            os.close(reading)
        os.set_blocking(writing, False)
        try:
            fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, PIPE_SIZE)
        except OSError:
            pass  # the user's share of pipe memory is used up; the usual size will do
        return process, writing

    def child_started(self, record: ChildRecord) -> None:
        """From now on the child is ended even if we die. (Its cookie is looked for from the first moment.)"""
        self._running[record.cookie] = record
        self._tell(record.line())
        if self._journal is not None:
            self._journal.child_started(record)

    def child_ended(self, cookie: str) -> None:
        """Nothing is left of the child."""
        self._running.pop(cookie, None)
        self._tell(ended_line(cookie))
        if self._journal is not None:
            self._journal.child_ended(cookie)

    async def aclose(self) -> None:
        """Let the sidecar go: it ends what should still run, then itself."""
        self._closing = True
        if self._restart is not None:
            self._restart.cancel()
        self._close_pipe()
        if self._process is not None:
            try:
                async with asyncio.timeout(CLOSE_SECONDS):
                    await self._gone.wait()
            except TimeoutError:
                self._log.warn(f"the sidecar (pid {self.pid}) is still busy ending models")
                self._process.abandon()
        if self._journal is not None:
            self._journal.close()

    def _tell(self, line: bytes) -> None:
        if self._pipe < 0 or self._process is None:
            return
        try:
            complete = os.write(self._pipe, line) == len(line)
        except OSError:  # full, because it is frozen, or broken, because it died
            complete = False
        if not complete:
            # A new one gets the whole account. Killed first: one that wakes up must not take us for dead.
            self._process.signal_group(signal.SIGKILL)
            self._close_pipe()

    def _sidecar_ended(self) -> None:
        assert self._process is not None
        status = self._process.reap()
        self._process = None
        self._close_pipe()
        if self._closing:
            self._gone.set()
            return
        self._log.warn(f"the sidecar ended (status {status}); starting another one")
        lived = self._clock.now() - self._born
        pause = 0.0 if lived > QUICK_DEATH else QUICK_DEATH
        self._restart = asyncio.get_running_loop().call_later(pause, self.start)

    def _close_pipe(self) -> None:
        if self._pipe >= 0:
            os.close(self._pipe)
            self._pipe = -1
