"""What can happen to the scheduler. Past tense, frozen; replies carry the child or request that they answer.

Outdated or unknown ids are dropped without harm, so whoever reports an event need not check whether it still
matters.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from modelyard.core.model import ChildId, ModelFacts, RequestId
from modelyard.core.planners.base import Planner


class RequestArrived(Struct, frozen=True):
    """A request names a model (real id, aliases already resolved)."""

    request: RequestId
    model: str


class RequestGone(Struct, frozen=True):
    """The client of a waiting request left, or the request was cancelled. In-flight ones end by `ServeDone`."""

    request: RequestId


class ServeDone(Struct, frozen=True):
    """A granted request ended, for whatever reason. Ends the grant."""

    request: RequestId


class ChildReady(Struct, frozen=True):
    """The child's readiness probe passed."""

    child: ChildId


class ChildFailed(Struct, frozen=True):
    """The child did not become ready, and no process of it is left. `reason` is for people."""

    child: ChildId
    reason: str


class ChildExited(Struct, frozen=True):
    """No process of the child is left: it was stopped, or it died while ready. `reason` is for people."""

    child: ChildId
    reason: str = ""


class UnloadAsked(Struct, frozen=True):
    """Somebody wants these models stopped; None means all. Their waiting requests are rejected."""

    models: tuple[str, ...] | None = None


class SpecsChanged(Struct, frozen=True):
    """The configured models, the policy, or both are new. The first event of every scheduler's life.

    `restart` names models whose present process must not be reused: they drain and stop, and start anew on next use.
    Models that are no longer in `facts` drain and stop for good. All others go on, also those that were draining
    because of an earlier change which this one takes back.
    """

    facts: Mapping[str, ModelFacts]
    planner: Planner
    restart: frozenset[str] = frozenset()
    max_wait: float = 300.0


class DeadlinePassed(Struct, frozen=True):
    """The time of `Scheduler.next_deadline()` has come."""


class ShutdownAsked(Struct, frozen=True):
    """Reject all who wait, stop all that run (each child has `grace` seconds to end), admit nobody any more."""

    grace: float = 10.0


Event = (
    RequestArrived
    | RequestGone
    | ServeDone
    | ChildReady
    | ChildFailed
    | ChildExited
    | UnloadAsked
    | SpecsChanged
    | DeadlinePassed
    | ShutdownAsked
)
