"""Who belongs together, by what any system tells of its processes.

A process belongs to a child's tree when it carries the child's environment cookie, is in the session that the child
leads, or descends from one that does. The cookie finds those that called setsid; the session finds those that wiped
their environment (setproctitle does); descent finds what did both.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Collection, Iterable

from modelyard.runtime.platform.base import KILL, ProcessKey, ProcessStat, System
from modelyard.runtime.platform.here import system


def find_tree(
    needles: Iterable[bytes],
    sessions: Iterable[ProcessKey] = (),
    *,
    known: Collection[ProcessKey] = (),
    since: int = 0,
    among: System = system,
) -> list[ProcessStat]:
    """The living processes that contain a needle in their environment, are in one of the sessions, are known to
    be members, or descend from such a process.

    A session is named by its leader. One whose number now belongs to another process is not looked at. Processes
    that started before `since` are no members: naming the leader's start saves most of the work.
    """
    everyone = {stat.pid: stat for stat in among.all_processes()}
    numbers = {key.pid for key in sessions if _still_names_its_session(key, everyone)}
    wanted = tuple(b"\0" + needle for needle in needles)
    members = {
        stat.pid
        for stat in everyone.values()
        if stat.start_time >= since
        and (stat.session in numbers or stat.key in known or _carries(stat.pid, wanted, among))
    }
    _add_descendants(members, everyone)
    members.discard(os.getpid())
    return [everyone[pid] for pid in sorted(members) if everyone[pid].alive]


def _still_names_its_session(leader: ProcessKey, everyone: dict[int, ProcessStat]) -> bool:
    holder = everyone.get(leader.pid)
    return holder is None or holder.start_time == leader.start_time


def _carries(pid: int, wanted: tuple[bytes, ...], among: System) -> bool:
    environment = b"\0" + among.environment_of(pid)
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
        killed.update(stat.key for stat in members if system.send_signal(stat.key, KILL))
        time.sleep(min(0.005 * (turn + 1), 0.3))
    return len(killed)
