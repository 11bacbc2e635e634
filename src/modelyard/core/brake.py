"""The brake on crash loops: how long a model that fails to start, again and again, may not be tried (R31).

The first failures cost their own requests only; from the third in a row on there is a pause, which doubles. What
clears the count is a start that succeeds, a person who asks for the model, and another configuration.
"""

from __future__ import annotations

PATIENCE = 2
"""Failed starts in a row without a pause."""

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 60.0
"""Seconds."""


class Brake:
    """Counts the failed starts of one model."""

    __slots__ = ("failures", "reason", "until")

    def __init__(self) -> None:
        self.release()

    def __repr__(self) -> str:
        return f"<Brake after {self.failures} failures>"

    def fail(self, reason: str, now: float) -> bool:
        """One more start has failed, for this reason; whether the model must pause, until `until`."""
        self.failures += 1
        self.reason = reason
        pause = _pause_after(self.failures)
        self.until = now + pause
        return pause > 0

    def release(self) -> None:
        """The next failure is the first again."""
        self.failures = 0
        """Failed starts in a row."""
        self.reason = ""
        """Why the last one failed."""
        self.until = 0.0
        """When the pause is over, on the scheduler's clock."""


def _pause_after(failures: int) -> float:
    doublings = failures - PATIENCE - 1
    if doublings < 0:
        return 0.0
    return min(FIRST_PAUSE * 2.0 ** min(doublings, 16), LONGEST_PAUSE)
