"""What is learned of how long things take.

Each model remembers the last few loads, services and stops; the median of them is what is expected next, so that one
outlier (a load from a cold disk, a WebSocket of two hours) changes nothing. What was never seen is not guessed: then
there is no estimate.
"""

from __future__ import annotations

from collections import deque
from statistics import median

_REMEMBERED = 15
"""How many of each are remembered: seven outliers among them change little."""


class Learned:
    """The last loads, services and stops of one model (seconds)."""

    __slots__ = ("_earlier_load", "loads", "services", "stops")

    def __init__(self) -> None:
        self.loads: deque[float] = deque(maxlen=_REMEMBERED)
        self.services: deque[float] = deque(maxlen=_REMEMBERED)
        self.stops: deque[float] = deque(maxlen=_REMEMBERED)
        self._earlier_load: float | None = None

    def __repr__(self) -> str:
        return f"<Learned load {self.load} service {self.service} stop {self.stop}>"

    def remember_load(self, seconds: float | None) -> None:
        """What loads took in an earlier life; it counts until one is measured. None: nothing is known."""
        self._earlier_load = seconds

    @property
    def load(self) -> float | None:
        """From the start to readiness."""
        return median(self.loads) if self.loads else self._earlier_load

    @property
    def service(self) -> float | None:
        """From the grant of a request to its end."""
        return median(self.services) if self.services else None

    @property
    def stop(self) -> float:
        """From the order to stop until no process is left; 0 as long as none was seen."""
        return median(self.stops) if self.stops else 0.0
