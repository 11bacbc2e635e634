"""Everything that one command has become: the process that we started, and what descends from it (R25)."""

from __future__ import annotations

import asyncio
import signal
from functools import partial
from typing import NamedTuple

from modelyard.runtime.bell import Bell, Deadline, at, never
from modelyard.runtime.clock import Clock
from modelyard.runtime.platform.base import ProcessKey, ProcessStat, child_needle
from modelyard.runtime.platform.family import find_tree
from modelyard.runtime.platform.here import system
from modelyard.runtime.spawn import ExitWatch, Process

KILL_ROUND = 1.0
"""Seconds between looking again for what survived SIGKILL."""


class TreeRoot(NamedTuple):
    """What the processes of one model are known by, for those who only look."""

    model: str
    leader: ProcessKey
    cookie: str


class ProcessTree:
    """A process of ours, called the leader, with all that carries its cookie, shares its session or descends.

    The leader is reaped last. Until then its number can't be given to another process, and with it the
    group and the session keep their meaning.
    """

    def __init__(self, leader: Process, cookie: str, *, bell: Bell, clock: Clock) -> None:
        self._leader = leader
        self._cookie = cookie
        self._bell = bell
        self._clock = clock
        self._group_was_told = False
        self._known: set[ProcessKey] = set()

    def __repr__(self) -> str:
        return f"<ProcessTree {self._cookie} {self._leader}, {len(self._known)} known>"

    @property
    def key(self) -> ProcessKey:
        """The leader's name for good: its pid may be given to another one day."""
        return self._leader.key

    @property
    def pid(self) -> int:
        """The leader's pid."""
        return self._leader.pid

    @property
    def exited(self) -> bool:
        """Whether the leader has ended, as of now. Others of the tree may live."""
        return self._leader.exited

    @property
    def is_ending(self) -> bool:
        """Whether the leader has ended or is on its way out, as of now."""
        if self.exited:
            return True
        stat = system.read_stat(self.pid)
        return stat is not None and stat.ending

    def has_lost(self) -> bool:
        """Whether one that was seen to be of the tree has ended, or is on its way out, as of now."""
        return any(_is_lost(system.read_stat(key.pid), key) for key in self._known)

    async def remember_members(self) -> None:
        """Note who belongs to the tree, while descent still shows it.

        One that has left both the session and our environment behind, and whose parent ends, looks like anybody's.
        """
        self._known.update(member.key for member in await self._find_rest())

    def terminate(self) -> None:
        """Ask the leader and its group to end."""
        self._group_was_told = self._leader.signal_group(signal.SIGTERM)

    def kill(self) -> None:
        """Kill the leader and its group."""
        self._leader.signal_group(signal.SIGKILL)

    @property
    def ended_well(self) -> bool:
        """Whether the leader has ended with status 0."""
        return self._leader.ended_well

    async def wait_deserted(self) -> None:
        """Wait until nobody lives whom the leader left behind."""
        bell = Bell(self._clock)
        while rest := await self._find_rest():
            await self._wait_ended(rest, never, bell)

    async def wait_exited(self, deadline: Deadline) -> bool:
        """Wait until the leader has ended; kill it and its group when the deadline passes.

        Returns whether it ended without that.
        """
        await self._bell.wait_until(lambda: self.exited, deadline)
        if self.exited:
            return True
        self.kill()
        await self._bell.wait_until(lambda: self.exited)
        return False

    async def clear(self, deadline: Deadline) -> int:
        """Ask what the leader left behind to end, kill what has not by the deadline, and reap the leader.

        Call once the leader has ended; returns its exit status (negative: the signal).
        """
        rest = await self._find_rest()
        if rest and self._clock.now() < deadline():
            self._terminate(rest)
            await self._wait_ended(rest, deadline, self._bell)
            rest = await self._find_rest()
        while rest:
            for member in rest:
                system.send_signal(member.key, signal.SIGKILL)
            await self._wait_ended(rest, at(self._clock.now() + KILL_ROUND), self._bell)
            rest = await self._find_rest()
        return self._leader.reap()

    def abandon(self) -> None:
        """Kill the group and look away: the daemon goes down without waiting. The sidecar sees to the rest."""
        self.kill()
        self._leader.abandon()

    def _terminate(self, members: list[ProcessStat]) -> None:
        for member in members:
            # Once is enough: some engines take a second TERM for "drop everything".
            if not (self._group_was_told and member.group == self.pid):
                system.send_signal(member.key, signal.SIGTERM)

    async def _find_rest(self) -> list[ProcessStat]:
        key = self._leader.key
        search = partial(
            find_tree, [child_needle(self._cookie)], [key], known=frozenset(self._known), since=key.start_time
        )
        # In a thread: with thousands of processes on the machine it takes longer than the loop may stand
        # still.
        return await asyncio.get_running_loop().run_in_executor(None, search)

    async def _wait_ended(self, members: list[ProcessStat], deadline: Deadline, bell: Bell) -> None:
        running = {member.pid for member in members}
        watches: list[ExitWatch] = []
        for pid in sorted(running):
            try:
                watches.append(ExitWatch(pid, partial(_member_ended, running, pid, bell)))
            except OSError:
                running.discard(pid)
        try:
            await bell.wait_until(lambda: not running, deadline)
        finally:
            for watch in watches:
                watch.close()


def _is_lost(stat: ProcessStat | None, key: ProcessKey) -> bool:
    return stat is None or stat.key != key or stat.ending or not stat.alive


def _member_ended(running: set[int], pid: int, bell: Bell) -> None:
    running.discard(pid)
    bell.ring()
