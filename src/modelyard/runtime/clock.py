"""Time, read in one place. Everything else takes a `Clock` or a `now`."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """Where time comes from. Tests bring their own."""

    def now(self) -> float:
        """Seconds on a clock that never goes back; comparable only with itself."""
        ...

    def wall(self) -> float:
        """Seconds since the epoch, for people and records."""
        ...


class SystemClock:
    """The machine's clock."""

    now = staticmethod(time.monotonic)
    wall = staticmethod(time.time)
