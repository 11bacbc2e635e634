"""What stands between a model that somebody waits for and a swap for it.

The one decision (`dispatch.py`) and the answer to "why does this wait?" (`explain.py`) ask the same question here, so
that they never say different things. The rules are those of spec lifecycle 3.3 and of our own disciplines.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from msgspec import Struct

from modelyard.core.model import Phase
from modelyard.core.planners.base import Plan
from modelyard.core.residency import Station, Yard


class Kind(StrEnum):
    """What kind of thing it is that must end first."""

    RETIRING = "retiring"
    """The model's present process serves its last requests and then stops."""
    COLLISION = "collision"
    """A swap that is under way needs or gives a place that this one needs."""
    BUSY = "busy"
    """A model that must go has requests in flight (law 3)."""
    RESERVED = "reserved"
    """A model that must go leaves only in its own time (`evictable: idle`)."""
    YOUNG = "young"
    """A model that must go has not been loaded for `minResidency` yet."""
    OVERDUE = "overdue"
    """It would be in the way of somebody who has waited too long (law 5)."""
    CLOSED = "closed"
    """The model is ready, but takes nobody until another has had its turn (law 5, economics)."""
    FULL = "full"
    """The model is ready and serves as many as it may."""


class Obstacle(Struct, frozen=True):
    """The first thing that stands in the way. `models` are those that it is about, sorted; `until` is when it ends, on
    the scheduler's clock, where that is known."""

    kind: Kind
    models: tuple[str, ...]
    until: float | None = None


def find_obstacle(
    yard: Yard,
    station: Station,
    overdue: Sequence[str],
    *,
    now: float,
    min_residency: float,
    may_be_busy: bool,
) -> Obstacle | None:
    """Say why a swap for `station` can't be committed now; None where it can. It is no answer for a model that is in
    place: that one needs no swap.

    `overdue` are the models whose overdue requests are further ahead. A model that is overdue itself is asked for with
    a `min_residency` of 0. `may_be_busy` asks whether anything but requests in flight is in the way.
    """
    if station.retiring:
        return Obstacle(Kind.RETIRING, (station.model,))
    plan = yard.plan(station.model)
    for swap in yard.swaps.values():
        if swap.collides(station.model, plan.evict):
            return Obstacle(Kind.COLLISION, (swap.target,))
    if not may_be_busy:
        busy = [victim for victim in plan.evict if yard.stations[victim].in_flight]
        if busy:
            return Obstacle(Kind.BUSY, tuple(sorted(busy)))
    reserved = yard.reserved() & plan.evict
    if reserved:
        return Obstacle(Kind.RESERVED, tuple(sorted(reserved)))
    young = _young(yard, plan, now, min_residency) if min_residency > 0 else None
    if young is not None:
        return young
    for model in overdue:
        if _delays(yard, model, station, plan):
            return Obstacle(Kind.OVERDUE, (model,))
    return None


def _young(yard: Yard, plan: Plan, now: float, min_residency: float) -> Obstacle | None:
    """The victims that have not been ready for long enough; the last of them says until when."""
    ends = {
        victim: yard.stations[victim].lifecycle.since + min_residency
        for victim in plan.evict
        if yard.stations[victim].phase is Phase.READY
    }
    young = sorted(victim for victim, end in ends.items() if now < end)
    return Obstacle(Kind.YOUNG, tuple(young), max(ends[victim] for victim in young)) if young else None


def _delays(yard: Yard, overdue: str, station: Station, plan: Plan) -> bool:
    """Whether a swap would be in the way of an overdue target (law 5)."""
    closed = yard.plan(overdue).evict
    if overdue in plan.evict or station.model in closed or not closed.isdisjoint(plan.evict):
        return True
    return not yard.plan_beside(overdue, station).evict <= closed
