"""Waiting for a condition that several things can bring about, within a deadline that may move."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable

from modelyard.runtime.clock import Clock

Deadline = Callable[[], float]
"""Asked anew at every ring, so that it may come closer while somebody waits. Moments of the clock."""


def never() -> float:
    """The deadline of those who wait as long as it takes."""
    return math.inf


def at(moment: float) -> Deadline:
    """A deadline that does not move."""
    return lambda: moment


class Bell:
    """Whoever changes something rings; the one who waits looks for itself what is the case. One waits at a
    time."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._rung = asyncio.Event()

    def ring(self) -> None:
        """Something may have changed."""
        self._rung.set()

    async def wait_until(self, condition: Callable[[], bool], deadline: Deadline = never) -> None:
        """Wait until the condition holds or the deadline has passed."""
        while not condition():
            remaining = deadline() - self._clock.now()
            if remaining <= 0:
                return
            self._rung.clear()
            try:
                async with asyncio.timeout(remaining if remaining < math.inf else None):
                    await self._rung.wait()
            except TimeoutError:
                pass
