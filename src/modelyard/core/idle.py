"""Which ready models have been idle for too long (`ttl`).

A model is idle while it is ready, nobody is in flight and nobody waits for it. Its time counts from the later of two
moments: it became ready, its last request ended. So a model that has served nobody yet gets its whole `ttl` too
(R22), and a long request never counts as idleness.
"""

from __future__ import annotations


class IdleWatch:
    """Knows when each idle model's time is over. A `ttl` of 0 means never."""

    __slots__ = ("_ends",)

    def __init__(self) -> None:
        self._ends: dict[str, float] = {}

    def __repr__(self) -> str:
        return f"<IdleWatch {self._ends}>"

    def rest(self, model: str, since: float, ttl: float) -> None:
        """The model is idle since `since`."""
        if ttl > 0:
            self._ends[model] = since + ttl
        else:
            self._ends.pop(model, None)

    def wake(self, model: str) -> None:
        """The model is not idle (any more)."""
        self._ends.pop(model, None)

    def next_end(self) -> float | None:
        """When the next idle model's time is over."""
        return min(self._ends.values()) if self._ends else None

    def end_of(self, model: str) -> float | None:
        """When an idle model's time is over; None where it is not idle, or has no `ttl`."""
        return self._ends.get(model)

    def over(self, now: float) -> list[str]:
        """The models whose time is over, sorted."""
        return sorted(model for model, end in self._ends.items() if end <= now)
