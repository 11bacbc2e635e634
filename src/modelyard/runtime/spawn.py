"""Starting processes, knowing when they end, and reaping them and the orphans that we inherit.

Everything that the daemon starts, it starts here: an unknown child of ours in a session that is not ours is
an orphan that came to us because we are the subreaper of what we started, and is reaped as such (R26).
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from types import FrameType

from modelyard.runtime.platform.base import ProcessKey
from modelyard.runtime.platform.descriptors import hand_down_descriptors
from modelyard.runtime.platform.here import system

ABANDON_SECONDS = 0.5
"""What an abandoned process gets to end, so that it leaves no zombie."""


_started: set[int] = set()
"""Pids that we started and have not reaped. A fact of the process, like the pid table itself."""


class SpawnError(Exception):
    """The command could not be started. The text says why, for people."""


class ExitWatch:
    """Calls back once, from the loop, when a process has ended. Works for processes that are not our
    children."""

    def __init__(self, pid: int, on_exit: Callable[[], None]) -> None:
        """Watch `pid`; raises ProcessLookupError if there is none."""
        self._descriptor = os.pidfd_open(pid)
        self._on_exit = on_exit
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._descriptor, self._ended)

    def _ended(self) -> None:
        self.close()
        self._on_exit()

    def close(self) -> None:
        """Stop watching; harmless if the process has ended."""
        if self._descriptor >= 0:
            self._loop.remove_reader(self._descriptor)
            os.close(self._descriptor)
            self._descriptor = -1


class Process:
    """One process that we started, leader of its own session and group.

    It stays a zombie from its end until `reap`: as long as it does, its number can't be given to another
    process, so signals to its group and questions about its session mean what they say.
    """

    def __init__(self, popen: subprocess.Popen[bytes], on_exit: Callable[[], None]) -> None:
        self._popen = popen
        self._on_exit = on_exit
        self.pid = popen.pid
        self._exited = False
        stat = system.read_stat(popen.pid)  # ours and not reaped, so it is there
        self.key = ProcessKey(popen.pid, stat.start_time if stat else 0)
        self._watch = ExitWatch(popen.pid, self._ended)

    def __repr__(self) -> str:
        return f"<Process {self.pid} {'exited' if self._exited else 'running'}>"

    @property
    def exited(self) -> bool:
        """Whether the process has ended, as of now: also when the loop has not heard of it yet."""
        if not self._exited:
            self._exited = self._look() is not None
        return self._exited

    @property
    def ended_well(self) -> bool:
        """Whether the process has ended with status 0, as of now. Not after `reap`."""
        end = self._look()
        return end is not None and end.si_code == os.CLD_EXITED and end.si_status == 0

    def _look(self) -> os.waitid_result | None:
        return os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)

    def _ended(self) -> None:
        self._exited = True
        self._on_exit()

    def signal_group(self, number: signal.Signals) -> bool:
        """Signal everybody in the group, else the leader; False if that failed. Not after `reap`."""
        if system.signal_group(self.pid, number):
            return True
        try:
            os.kill(self.pid, number)
        except OSError:
            return False
        return True

    def reap(self) -> int:
        """Collect the exit status (negative: the signal). Only once `exited`; the number is free
        afterwards."""
        self._watch.close()
        status = self._popen.wait()
        _started.discard(self.pid)
        return status

    def abandon(self) -> None:
        """Stop watching, for the way out, when nobody is left to hear of the end. Reaps one that ends within a moment,
        as one that was killed does; blocks for that long."""
        self._watch.close()
        try:
            self._popen.wait(ABANDON_SECONDS)
            _started.discard(self.pid)
        except subprocess.TimeoutExpired:
            pass


def spawn(
    argv: Sequence[str],
    *,
    environment: Mapping[str, str],
    output: int = subprocess.DEVNULL,
    stdin: int = subprocess.DEVNULL,
    on_exit: Callable[[], None],
) -> Process:
    """Start a command in a session of its own, stdout and stderr to `output`. Raises SpawnError.

    The program is looked up in the daemon's PATH, not in `environment`'s (spec lifecycle 2.4). Returns when
    the program runs, so a signal sent right afterwards meets the program's own disposition (R29).
    """
    program = shutil.which(argv[0])
    if program is None and "/" not in argv[0]:
        raise SpawnError(f'exec: "{argv[0]}": executable file not found in $PATH')
    try:
        popen = subprocess.Popen(
            argv,
            executable=program or argv[0],
            env=environment,
            stdin=stdin,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    except OSError as error:
        raise SpawnError(f"fork/exec {argv[0]}: {(error.strerror or str(error)).lower()}") from error
    except ValueError as error:  # a NUL in an argument or in the environment
        raise SpawnError(str(error)) from error
    _started.add(popen.pid)
    hand_down_descriptors(popen.pid)
    try:
        return Process(popen, on_exit)
    except OSError as error:  # no descriptor left to watch it with
        popen.kill()
        popen.wait()
        _started.discard(popen.pid)
        raise SpawnError(f"can't watch {argv[0]}: {(error.strerror or str(error)).lower()}") from error


class Reaper:
    """Makes us the parent of orphaned descendants, and reaps them when they end. Main thread only."""

    def __init__(self) -> None:
        self._previous: _SignalHandler = None

    def start(self) -> None:
        """Become the subreaper of everything that we start. Call from the running loop."""
        system.keep_descendants()
        loop = asyncio.get_running_loop()

        def on_child(_number: int, _frame: FrameType | None) -> None:
            loop.call_soon_threadsafe(reap_strangers)

        # Not the loop's own signal handling: uvloop keeps SIGCHLD for itself.
        self._previous = signal.signal(signal.SIGCHLD, on_child)
        reap_strangers()

    def close(self) -> None:
        """Give the signal back. We stay a subreaper: what still runs must not go astray."""
        signal.signal(signal.SIGCHLD, self._previous or signal.SIG_DFL)


_SignalHandler = Callable[[int, FrameType | None], object] | int | signal.Handlers | None


def reap_strangers() -> None:
    """Reap every ended child that we did not start. Never takes the status of one that somebody waits for."""
    while (pid := _ended_child()) is not None:
        if pid in _started or _is_of_our_session(os.getsid(pid)):
            _reap_strangers_behind_ours()
            return
        os.waitpid(pid, os.WNOHANG)


def _ended_child() -> int | None:
    try:
        found = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return None
    return found.si_pid if found is not None else None


def _reap_strangers_behind_ours() -> None:
    # The kernel shows the first ended child only, and that one is not ours to take: look through all.
    us = os.getpid()
    for stat in system.all_processes():
        stranger = stat.pid not in _started and not _is_of_our_session(stat.session)
        if stat.parent == us and not stat.alive and stranger:
            os.waitpid(stat.pid, os.WNOHANG)


def _is_of_our_session(session: int) -> bool:
    """Whether a library that we use may have started it, and waits for it.

    A session that was begun outside of our container has no number here: all orphans in the container share that 0.
    """
    return session != 0 and session == os.getsid(0)
