"""What happened in one run: every request, and every child with what it did."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from modelyard.core.model import ChildId, ModelFacts, RequestId


class Ending(StrEnum):
    """How a request ended."""

    SERVED = "served"
    REJECTED = "rejected"
    LEFT = "left"


@dataclass(slots=True)
class RequestRecord:
    """One request. Times are seconds since the start."""

    number: RequestId
    model: str
    caller: str
    arrived: float
    service: float
    granted: float | None = None
    ended: float = 0.0
    ending: Ending | None = None

    @property
    def wait(self) -> float:
        """From its arrival to its grant (seconds), or to its end where it was never granted."""
        return (self.ended if self.granted is None else self.granted) - self.arrived


@dataclass(slots=True)
class ChildRecord:
    """One child from its start to its end; None for what has not happened by the end of the run."""

    child: ChildId
    started: float
    ready: float | None = None
    stopping: float | None = None
    gone: float | None = None
    served: int = 0
    """How many requests were granted to it."""
    busy: list[tuple[float, float]] = field(default_factory=list)
    """When it was serving at least one, in order."""

    @property
    def model(self) -> str:
        """The model's id."""
        return self.child.model

    @property
    def loading(self) -> float:
        """How long it loaded (seconds)."""
        return 0.0 if self.ready is None else self.ready - self.started

    @property
    def leaving(self) -> float:
        """How long it took to stop (seconds)."""
        return 0.0 if self.stopping is None or self.gone is None else self.gone - self.stopping


@dataclass(slots=True)
class Record:
    """One run under one policy."""

    policy: str
    seed: int
    max_wait: float
    requests: list[RequestRecord] = field(default_factory=list)
    children: list[ChildRecord] = field(default_factory=list)
    aheads: list[tuple[float, int]] = field(default_factory=list)
    """For each grant, how long the request had waited, and how many targets were ahead of it by law 5."""
    crowded: set[str] = field(default_factory=set)
    """The models whose `parallel` somebody had to wait for."""
    peak_memory: float = 0.0
    """Gigabytes that were occupied at most."""
    end: float = 0.0
    """When the last request ended (seconds)."""


def width_of(facts: ModelFacts) -> int:
    """How many requests a model is forwarded at a time."""
    return facts.parallel if facts.concurrency_limit is None else min(facts.parallel, facts.concurrency_limit)
