"""Why a request was rejected, named by what its client can do next.

    Cause
    ├── UnknownModel      ask for another model
    ├── Overloaded        try again in a moment (429)
    ├── Held              ask again when the holder has gone, or ask for another model (409)
    ├── LoadFailed        the model could not be started: look at its log
    ├── Braked            it failed so often that it is not tried for a while: come back, or mend it and reload (503)
    ├── ModelUnloaded     somebody unloaded the model while the request waited
    ├── Cancelled         an operator ended the request while it waited
    └── ShuttingDown      the server is going away

One module turns them into HTTP (`wire/errors.py`).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class UnknownModel:
    """No such model is configured (any more)."""

    model: str


@dataclass(frozen=True, slots=True)
class Overloaded:
    """Too many requests. `explicit`: the configured `concurrencyLimit` refused, not our own queue bound."""

    model: str
    explicit: bool
    retry_after: float


@dataclass(frozen=True, slots=True)
class Held:
    """The model would need the place of `holder`, which nobody may evict. `until` is when that ends, on the
    scheduler's clock (seconds); None where no end is set."""

    model: str
    holder: str
    until: float | None = None


@dataclass(frozen=True, slots=True)
class LoadFailed:
    """The model's process did not become ready."""

    model: str
    reason: str


@dataclass(frozen=True, slots=True)
class Braked:
    """The model's starts failed so many times in a row, the last one for `reason`, that it is not tried before `until`
    (on the scheduler's clock), which is `retry_after` seconds from now (R31)."""

    model: str
    reason: str
    failures: int
    retry_after: float
    until: float


@dataclass(frozen=True, slots=True)
class ModelUnloaded:
    """The model was unloaded, or removed from the configuration, while the request waited for it."""

    model: str
    planner: str


@dataclass(frozen=True, slots=True)
class Cancelled:
    """An operator took the request out of the queue."""

    model: str


@dataclass(frozen=True, slots=True)
class ShuttingDown:
    """The server is shutting down."""

    planner: str


Cause = UnknownModel | Overloaded | Held | LoadFailed | Braked | ModelUnloaded | Cancelled | ShuttingDown
