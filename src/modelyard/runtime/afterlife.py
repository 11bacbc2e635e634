"""Engines that outlive their command: a launcher that ends, `docker start` (`keepDescendants`, R28).

What such a command leaves behind is either of its tree, and lives as long as one of the tree does; or it runs
elsewhere, in a container say. Then it has a `cmdStop`, and only its port tells whether it still lives.
"""

from __future__ import annotations

import asyncio

from modelyard.runtime.bell import Bell, Deadline
from modelyard.runtime.clock import Clock
from modelyard.runtime.health import ProbeTarget
from modelyard.runtime.tree import ProcessTree

PORT_POLL = 0.5
"""Seconds between two looks at the port of an engine that runs elsewhere."""

STOP_POLL = 0.05
"""The same once it was told to stop."""


class Afterlife:
    """What lives on once the leader of `tree` has ended with status 0."""

    def __init__(self, tree: ProcessTree, elsewhere: ProbeTarget | None, *, bell: Bell, clock: Clock) -> None:
        """`elsewhere` is where an engine that is not of the tree listens. The bell is rung when all is over."""
        self._tree = tree
        self._elsewhere = elsewhere
        self._bell = bell
        self._clock = clock
        self.was_there = False
        """Whether an engine elsewhere has been up. Until then it is on its way."""
        self.over = False
        """Whether nothing lives on."""

    def __repr__(self) -> str:
        return f"<Afterlife of {self._tree!r}{' over' * self.over}>"

    async def follow(self) -> None:
        """Return when it is over. What we can't look at (on another machine) is never over by itself."""
        await self._tree.wait_deserted()
        if self._elsewhere is not None:
            if not self._elsewhere.is_on_loopback:
                return
            while not (self._elsewhere.is_free() and self.was_there):
                await asyncio.sleep(PORT_POLL)
        self.over = True
        self._bell.ring()

    async def wait_left(self, deadline: Deadline) -> bool:
        """Wait until an engine elsewhere has left its port, or the deadline has passed; whether it has left."""
        while self._elsewhere is not None and not self._elsewhere.is_free():
            if self._clock.now() >= deadline():
                return False
            await asyncio.sleep(STOP_POLL)
        return True
