"""What the scheduler can ask for. Imperative, frozen. Whoever carries a command out answers with an event."""

from __future__ import annotations

from dataclasses import dataclass

from modelyard.core.errors import Cause
from modelyard.core.model import ChildId, RequestId


@dataclass(frozen=True, slots=True)
class StartChild:
    """Start the model's process. Answered by `ChildReady`, `ChildFailed` or `ChildExited`.

    `reason` says in words why now and at whose cost, for the log and for `explain`.
    """

    child: ChildId
    reason: str


@dataclass(frozen=True, slots=True)
class StopChild:
    """Stop the child: ask, wait at most `grace` seconds, kill. Answered by `ChildExited` (or `ChildFailed` if it
    was still starting)."""

    child: ChildId
    grace: float
    reason: str


@dataclass(frozen=True, slots=True)
class Grant:
    """The request may be forwarded to the child. The grant ends with `ServeDone`."""

    request: RequestId
    child: ChildId


@dataclass(frozen=True, slots=True)
class Reject:
    """The request ends here, for this cause."""

    request: RequestId
    cause: Cause


@dataclass(frozen=True, slots=True)
class TellWaiting:
    """The request waits; `position` is its place among those that wait (1 = next)."""

    request: RequestId
    position: int


Command = StartChild | StopChild | Grant | Reject | TellWaiting
