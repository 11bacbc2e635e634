"""What can happen to the scheduler. Past tense, frozen; replies carry the child or request that they answer.

Outdated or unknown ids are dropped without harm, so whoever reports an event need not check whether it still
matters.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from msgspec import Struct

from modelyard.core.disciplines import FIFO, Discipline
from modelyard.core.model import ChildId, ModelFacts, RequestId
from modelyard.core.planners.base import Planner

Fairness = Literal["none", "caller"]
"""Whether requests of one model go in turns of their callers."""


class RequestArrived(Struct, frozen=True):
    """A request names a model (real id, aliases already resolved).

    `priority` None means the model's own. `caller` says who asks, as far as shares are concerned; "" where nobody
    knows.
    """

    request: RequestId
    model: str
    priority: int | None = None
    caller: str = ""


class RequestGone(Struct, frozen=True):
    """The client of a waiting request left, or the request was cancelled. In-flight ones end by `ServeDone`."""

    request: RequestId


class CancelAsked(Struct, frozen=True):
    """An operator wants a waiting request to end. It is rejected; one that is served goes on."""

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


class ChildBrokeDown(Struct, frozen=True):
    """The child has ended by itself, or begins to: its process is gone, or something else of it, and what is left is
    being cleared away. It serves nobody new; its end follows."""

    child: ChildId


class UnloadAsked(Struct, frozen=True):
    """Somebody wants these models stopped; None means all. Their waiting requests are rejected."""

    models: tuple[str, ...] | None = None


class TryAgainAsked(Struct, frozen=True):
    """Somebody wants a model to be tried again at once, however often its starts have failed."""

    model: str


class HoldAsked(Struct, frozen=True):
    """A model that runs (it starts, is ready or sleeps) is not to be evicted by anybody's swap until `until` (seconds
    on the scheduler's clock), or until it is released where that is None. A later hold replaces an earlier one.

    The hold ends early when the child ends, whatever ends it: its `ttl`, an unload, a new configuration, a crash. A
    model that does not run, or that drains because of a new configuration, can't be held: nothing changes, also where
    a later configuration lets it stay after all.
    """

    model: str
    until: float | None = None


class HoldReleased(Struct, frozen=True):
    """The hold on a model is over. `ModelFacts.evictable` goes on to count."""

    model: str


class SpecsChanged(Struct, frozen=True):
    """The configured models, the policy, or both are new. The first event of every scheduler's life.

    `restart` names models whose present process must not be reused: they drain and stop, and start anew on next use.
    Models that are no longer in `facts` drain and stop for good. All others go on, also those that were draining
    because of an earlier change which this one takes back.

    `max_wait` and `min_residency` are seconds, 0 switches them off. `load_times` are seconds that loads took in an
    earlier life, by model: what is known until loads are measured.
    """

    facts: Mapping[str, ModelFacts]
    planner: Planner
    restart: frozenset[str] = frozenset()
    max_wait: float = 300.0
    min_residency: float = 0.0
    fairness: Fairness = "none"
    economics: bool = False
    load_times: Mapping[str, float] = MappingProxyType({})
    discipline: Discipline = FIFO


class DeadlinePassed(Struct, frozen=True):
    """The time of `Scheduler.next_deadline()` has come."""


class ShutdownAsked(Struct, frozen=True):
    """Reject all who wait, stop all that run (each child has `grace` seconds to end), admit nobody any more."""

    grace: float = 10.0


Event = (
    RequestArrived
    | RequestGone
    | CancelAsked
    | ServeDone
    | ChildReady
    | ChildFailed
    | ChildExited
    | ChildBrokeDown
    | UnloadAsked
    | TryAgainAsked
    | HoldAsked
    | HoldReleased
    | SpecsChanged
    | DeadlinePassed
    | ShutdownAsked
)
