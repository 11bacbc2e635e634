"""What the scheduler can ask for. Imperative, frozen. Whoever carries a command out answers with an event."""

from __future__ import annotations

from msgspec import Struct

from modelyard.core.errors import Cause
from modelyard.core.model import ChildId, RequestId
from modelyard.core.reasons import StopReason


class StartChild(Struct, frozen=True):
    """Start the model's process. Answered by `ChildReady`, `ChildFailed` or `ChildExited`.

    `reason` says in words why now and at whose cost, for the log and for `explain`.
    """

    child: ChildId
    reason: str


class StopChild(Struct, frozen=True):
    """Stop the child: ask, wait at most `grace` seconds, kill. Answered by `ChildExited` (or `ChildFailed` if it
    was still starting)."""

    child: ChildId
    grace: float
    reason: StopReason


class Grant(Struct, frozen=True):
    """The request may be forwarded to the child. The grant ends with `ServeDone`."""

    request: RequestId
    child: ChildId


class Reject(Struct, frozen=True):
    """The request ends here, for this cause."""

    request: RequestId
    cause: Cause


class TellWaiting(Struct, frozen=True):
    """The request waits; `position` is its place among those that wait (1 = next).

    `wait` is how many seconds more it will wait by what was learned of loads and services; None where too little is
    known yet. `turn` is its place among those that wait for a turn of their model; 0 where a load of its model is
    committed to, so that it waits for that alone.
    """

    request: RequestId
    position: int
    wait: float | None = None
    turn: int = 0


Command = StartChild | StopChild | Grant | Reject | TellWaiting
