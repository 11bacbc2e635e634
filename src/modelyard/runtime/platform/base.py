"""What supervision asks of an operating system: the nouns, and the interface that `linux`, `macos` and `windows`
implement as modules. `here` is the one that we run on.

Imported by the sidecar, too: standard library only.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterable
from typing import NamedTuple, Protocol

COOKIE_NAME = "MODELYARD_CHILD"
"""The environment variable that marks every process of a child: `<daemon id>:<model>#<generation>`."""


if sys.platform == "win32":
    KILL = signal.SIGABRT  # there is no such signal; all but SIGTERM mean that
else:
    KILL = signal.SIGKILL


class ProcessKey(NamedTuple):
    """One process for all time: pids come round again, start times do not."""

    pid: int
    start_time: int
    """Comparable only with other start times of the same system, and larger for whoever started later."""


class ProcessStat(NamedTuple):
    """The facts of one process that matter here."""

    pid: int
    parent: int
    group: int
    session: int
    start_time: int
    alive: bool
    """False for a zombie: it holds nothing but its number."""
    ending: bool = False
    """Whether it is on its way out: nothing of its own runs any more, and it may take a while to give back what it
    holds. False where the system does not tell."""

    @property
    def key(self) -> ProcessKey:
        """The name of this process for all time."""
        return ProcessKey(self.pid, self.start_time)


def child_needle(cookie: str) -> bytes:
    """What the environment of a process of exactly this child contains."""
    return os.fsencode(f"{COOKIE_NAME}={cookie}\0")


def daemon_needle(daemon: str) -> bytes:
    """What the environment of every process started by this daemon contains."""
    return os.fsencode(f"{COOKIE_NAME}={daemon}:")


def child_environment(entries: Iterable[str], cookie: str = "") -> dict[str, str]:
    """The daemon's environment, then `entries` ("NAME=value", later ones win), then the cookie.

    An entry without "=" names a variable to pass through; ours are passed through anyway. Without a cookie
    the process is marked as nobody's.
    """
    environment = dict(os.environ)
    for entry in entries:
        name, equals, value = entry.partition("=")
        if name and equals:
            environment[name] = value
    environment.pop(COOKIE_NAME, None)
    if cookie:
        environment[COOKIE_NAME] = cookie
    return environment


class System(Protocol):
    """One operating system. Nothing here raises for a process that is gone, or that is another user's."""

    def all_processes(self) -> Iterable[ProcessStat]:
        """Every process that we can see, zombies included."""
        ...

    def read_stat(self, pid: int) -> ProcessStat | None:
        """The facts of a process, or None if there is none of that number."""
        ...

    def environment_of(self, pid: int) -> bytes:
        """What a process was started with, `NAME=value` and a NUL each; empty where that can't be read."""
        ...

    def send_signal(self, key: ProcessKey, number: signal.Signals) -> bool:
        """Signal exactly this process; False if it is gone, or may not be signalled."""
        ...

    def signal_group(self, leader: int, number: signal.Signals) -> bool:
        """Signal all that `leader` leads; False if there is nobody, or they may not be signalled."""
        ...

    def keep_descendants(self) -> bool:
        """See to it that what we start, and what that starts, does not get out of sight; False if there is no such
        thing."""
        ...
