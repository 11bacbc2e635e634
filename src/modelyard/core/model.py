"""The nouns of the core: children, phases, and what the scheduler knows about a model."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, get_args

Evictable = Literal["always", "idle", "never"]
"""Whose swap may evict a model: anybody's; nobody's, it leaves by its `ttl` or an unload and others wait for that;
nobody's, and others are refused meanwhile."""

RequestId = int
"""Names one request for as long as the process lives; handed out in rising order by the engine."""


@dataclass(frozen=True, slots=True, order=True)
class ChildId:
    """One running process tree that serves a model. The generation makes late news recognisable."""

    model: str
    generation: int

    def __str__(self) -> str:
        return f"{self.model}#{self.generation}"


class Phase(StrEnum):
    """Where a model's child stands (DESIGN section 1)."""

    STOPPED = "stopped"
    STARTING = "starting"
    READY = "ready"
    FALLING_ASLEEP = "falling_asleep"
    ASLEEP = "asleep"
    WAKING = "waking"
    STOPPING = "stopping"
    FAILED = "failed"

    @property
    def resident(self) -> bool:
        """Whether a child in this phase occupies memory."""
        return self not in (Phase.STOPPED, Phase.FAILED)

    @property
    def staying(self) -> bool:
        """Whether a child in this phase is there and nothing has told it to go."""
        return self.resident and self is not Phase.STOPPING


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFacts:
    """What the scheduler must know of one configured model. Times are seconds, 0 means "no limit".

    `concurrency_limit` is the explicit key of the configuration (None when absent): it refuses with 429, counting
    waiting requests. `parallel` is how many requests are forwarded at a time; the rest wait in our queue.
    """

    model: str
    parallel: int = 10
    concurrency_limit: int | None = None
    queue_limit: int = 512
    priority: int = 0
    ttl: float = 0.0
    unload_timeout: float = 10.0
    evictable: Evictable = "always"

    def __post_init__(self) -> None:
        if self.parallel < 1:
            raise ValueError(f"{self.model}: parallel must be at least 1, not {self.parallel}")
        if self.concurrency_limit is not None and self.concurrency_limit < 1:
            raise ValueError(f"{self.model}: concurrency_limit must be at least 1, or None where it is not given")
        if self.queue_limit < 0 or self.ttl < 0 or self.unload_timeout < 0:
            raise ValueError(f"{self.model}: queue_limit, ttl and unload_timeout must not be negative")
        if self.evictable not in get_args(Evictable):
            raise ValueError(f"{self.model}: evictable must be always, idle or never, not {self.evictable}")
