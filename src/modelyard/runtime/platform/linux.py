"""Processes as Linux shows them under /proc: who is there, who belongs together, and signals that hit
nobody else.

A process belongs to a child's tree when it carries the child's environment cookie, is in the session that
the child leads, or descends from one that does. The cookie finds those that called setsid; the session
finds those that wiped their environment (setproctitle does); descent finds what did both.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import NamedTuple

COOKIE_NAME = "MODELYARD_CHILD"
"""The environment variable that marks every process of a child: `<daemon id>:<model>#<generation>`."""


class ProcessKey(NamedTuple):
    """One process for all time: pids come round again, start times do not."""

    pid: int
    start_time: int
    """Clock ticks since the machine started."""


class ProcessStat(NamedTuple):
    """The facts of one process that matter here."""

    pid: int
    parent: int
    group: int
    session: int
    start_time: int
    alive: bool
    """False for a zombie: it holds nothing but its number."""

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


def read_stat(pid: int) -> ProcessStat | None:
    """The facts of a process, or None if there is none of that number."""
    try:
        with open(f"/proc/{pid}/stat", "rb", buffering=0) as file:
            text = file.read(4096)
    except OSError:
        return None
    # The second field is the command in parentheses, which may itself contain blanks and parentheses.
    fields = text[text.rfind(b")") + 2 :].split()
    if len(fields) < 20:
        return None
    # A leading thread that ended while others run looks like a zombie, but its process lives.
    alive = fields[0] not in (b"Z", b"X") or int(fields[17]) > 1
    return ProcessStat(pid, int(fields[1]), int(fields[2]), int(fields[3]), int(fields[19]), alive)


def all_processes() -> Iterator[ProcessStat]:
    """Every process that we can see, zombies included."""
    for name in os.listdir("/proc"):
        if name.isdecimal() and (stat := read_stat(int(name))) is not None:
            yield stat


def find_tree(
    needles: Iterable[bytes],
    sessions: Iterable[ProcessKey] = (),
    *,
    known: Collection[ProcessKey] = (),
    since: int = 0,
) -> list[ProcessStat]:
    """The living processes that contain a needle in their environment, are in one of the sessions, are known to
    be members, or descend from such a process.

    A session is named by its leader. One whose number now belongs to another process is not looked at. Processes
    that started before `since` are no members: naming the leader's start saves most of the work.
    """
    everyone = {stat.pid: stat for stat in all_processes()}
    numbers = {key.pid for key in sessions if _still_names_its_session(key, everyone)}
    wanted = tuple(b"\0" + needle for needle in needles)
    members = {
        stat.pid
        for stat in everyone.values()
        if stat.start_time >= since and (stat.session in numbers or stat.key in known or _carries(stat.pid, wanted))
    }
    _add_descendants(members, everyone)
    members.discard(os.getpid())
    return [everyone[pid] for pid in sorted(members) if everyone[pid].alive]


def _still_names_its_session(leader: ProcessKey, everyone: dict[int, ProcessStat]) -> bool:
    holder = everyone.get(leader.pid)
    return holder is None or holder.start_time == leader.start_time


def _carries(pid: int, wanted: tuple[bytes, ...]) -> bool:
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:
            environment = b"\0" + file.read()
    except OSError:
        return False  # gone, or another user's
    return any(needle in environment for needle in wanted)


def _add_descendants(members: set[int], everyone: dict[int, ProcessStat]) -> None:
    children: dict[int, list[int]] = {}
    for stat in everyone.values():
        children.setdefault(stat.parent, []).append(stat.pid)
    queue = list(members)
    while queue:
        for pid in children.get(queue.pop(), ()):
            if pid not in members:
                members.add(pid)
                queue.append(pid)


def send_signal(key: ProcessKey, number: signal.Signals) -> bool:
    """Signal exactly this process; False if it is gone, or may not be signalled."""
    try:
        descriptor = os.pidfd_open(key.pid)
    except OSError:
        return False
    try:
        # Looked up after the descriptor was taken, so it is the descriptor's process that we compare.
        stat = read_stat(key.pid)
        if stat is None or stat.start_time != key.start_time:
            return False
        signal.pidfd_send_signal(descriptor, number)
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return True


def signal_group(leader: int, number: signal.Signals) -> bool:
    """Signal the process group that `leader` leads; False if there is none, or it may not be signalled."""
    try:
        os.killpg(leader, number)
    except OSError:
        return False
    return True


def kill_all(find: Callable[[], list[ProcessStat]], *, patience: int = 200) -> int:
    """Kill what `find` names, and ask again, until it names nobody; the number of processes killed.

    Blocks, some tens of milliseconds as a rule; gives up after `patience` rounds (about a minute) on
    processes that the kernel itself can't end.
    """
    killed: set[ProcessKey] = set()
    for turn in range(patience):
        members = find()
        if not members:
            break
        killed.update(stat.key for stat in members if send_signal(stat.key, signal.SIGKILL))
        time.sleep(min(0.005 * (turn + 1), 0.3))
    return len(killed)
