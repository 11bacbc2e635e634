"""Why a request may not even wait: asked at its arrival, and by whoever wants to know beforehand (`explain.py`)."""

from __future__ import annotations

from math import ceil

from modelyard.core.dispatch import Dispatcher
from modelyard.core.errors import Braked, Cause, Overloaded, ShuttingDown, UnknownModel
from modelyard.core.forecast import Forecast
from modelyard.core.model import Phase
from modelyard.core.residency import Station


def find_refusal(desk: Dispatcher, model: str, now: float) -> Cause | None:
    """Say why a request for `model` is rejected at once; None where it may wait or be served."""
    if desk.shutting_down:
        return ShuttingDown(desk.yard.planner.name)
    station = desk.yard.stations.get(model)
    if station is None or not station.configured:
        return UnknownModel(model)
    return _pause(station, now) or _overload(desk, station, now) or desk.refusal(station)


def _pause(station: Station, now: float) -> Braked | None:
    """Why a model that has failed to start again and again is not tried now."""
    if station.phase is not Phase.FAILED:
        return None
    brake = station.brake
    return Braked(station.model, brake.reason, brake.failures, max(0.0, brake.until - now), brake.until)


def _overload(desk: Dispatcher, station: Station, now: float) -> Overloaded | None:
    """Why one more request is one too many. A model that must be loaded first may always have one waiting.

    Whoever is refused because the queue is full should come back when it would be served if it were the last in it.
    """
    facts = station.facts
    waiting = desk.line.count(facts.model)
    limit = facts.concurrency_limit
    if limit is not None and waiting + len(station.in_flight) >= limit:
        return Overloaded(facts.model, explicit=True, retry_after=1.0)
    room = facts.queue_limit if station.phase is Phase.READY else max(1, facts.queue_limit)
    if waiting < room:
        return None
    wait = Forecast(desk.yard, desk.line, now).wait_at_end(facts.model)
    return Overloaded(facts.model, explicit=False, retry_after=float(max(1, ceil(wait or 0.0))))
