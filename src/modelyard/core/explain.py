"""What would happen if a request came now, and why: a question that changes nothing.

The answer is taken from the same rules as the decision itself (`admission.py`, `obstacles.py`, the planner), so what
it says is what then happens; the tests hold it to that in random worlds.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from modelyard.core.admission import find_refusal
from modelyard.core.dispatch import Dispatcher
from modelyard.core.errors import Braked, Cause, Held, Overloaded, ShuttingDown, UnknownModel
from modelyard.core.forecast import Forecast
from modelyard.core.obstacles import Kind, Obstacle
from modelyard.core.residency import Station, Swap

Verdict = Literal["serve", "join", "queue", "swap", "refuse"]
_SENTENCES = {
    Kind.RETIRING: "The configuration of {model} changed: its process ends what it serves, then another one starts.",
    Kind.COLLISION: "A swap for {others} is under way, and both have to do with the same places.",
    Kind.RESERVED: "{others} must go first, and leaves only by its ttl or an unload (evictable: idle).",
    Kind.YOUNG: "{others} must go first, and has not been loaded for minResidency yet.",
    Kind.OVERDUE: "Somebody has waited too long for {others}, and a swap for {model} would be in the way.",
    Kind.BUSY: "{others} must go first, and has requests in flight.",
    Kind.CLOSED: "{model} takes nobody until {others} has had its turn.",
    Kind.FULL: "{model} serves as many requests at a time as it may.",
}


class Explanation(Struct, frozen=True, kw_only=True):
    """What a request for `model` would meet.

        serve   it is forwarded at once
        join    it joins those that wait for a load that is committed or under way
        queue   it waits until something else has ended
        swap    it makes its model start now
        refuse  it is rejected

    `sentences` say so for people. `evicts` are the models that must go for it, and `reason` says why those. `behind`
    are the models that it waits for, or that refuse it; `until` is when that ends, on the scheduler's clock, where it
    is known. `wait` is how many seconds it would probably wait; None where too little is known, or it is refused.
    """

    model: str
    verdict: Verdict
    sentences: tuple[str, ...]
    evicts: tuple[str, ...] = ()
    reason: str = ""
    behind: tuple[str, ...] = ()
    until: float | None = None
    wait: float | None = None


def explain(desk: Dispatcher, model: str, now: float) -> Explanation:
    """Say what a request for `model` that came at `now` would meet. Deadlines that are due by then come first."""
    station = desk.yard.stations.get(model)
    if station is not None and desk.can_serve(station):
        said = f"{model} is ready and has room: the request is forwarded at once."
        return Explanation(model=model, verdict="serve", sentences=(said,), wait=0.0)
    refusal = find_refusal(desk, model, now)
    if refusal is not None or station is None:
        return _refused(model, refusal or UnknownModel(model))
    wait = Forecast(desk.yard, desk.line, now).wait_at_end(model)
    if station.swap is not None:
        return _joined(desk, station.swap, wait)
    obstacle = _find_obstacle(desk, station, now)
    if obstacle is not None:
        return _queued(desk, station, obstacle, wait)
    plan = desk.yard.plan(model)
    said = f"A swap for {model} begins now: {plan.reason}."
    evicts = tuple(sorted(plan.evict))
    return Explanation(model=model, verdict="swap", sentences=(said,), evicts=evicts, reason=plan.reason, wait=wait)


def _refused(model: str, cause: Cause) -> Explanation:
    behind: tuple[str, ...] = ()
    until: float | None = None
    match cause:
        case Held(holder=holder, until=until):
            said, behind = f"{model} needs the place of {holder}, which must not be evicted.", (holder,)
        case Overloaded(explicit=True):
            said = f"{model} has as many requests as its concurrencyLimit allows."
        case Overloaded(retry_after=seconds):
            said = f"The queue of {model} is full; there may be room again in {seconds:g} s."
        case Braked(failures=failures, until=until):
            said = f"{model} has failed to start {failures} times in a row and is not tried for a while."
        case ShuttingDown():
            said = "The server shuts down."
        case _:
            said = f"No model {model} is configured."
    return Explanation(model=model, verdict="refuse", sentences=(said,), behind=behind, until=until)


def _joined(desk: Dispatcher, swap: Swap, wait: float | None) -> Explanation:
    leaving = tuple(sorted(child.model for child in swap.leaving))
    first = f", when {_list(leaving)} is gone" if leaving else " now"
    said = f"{swap.target} starts{first}: the request joins those that wait for that."
    return Explanation(
        model=swap.target,
        verdict="join",
        sentences=(said, *_ahead(desk, swap.target)),
        evicts=tuple(sorted(swap.victims)),
        reason=swap.reason,
        behind=leaving,
        wait=wait,
    )


def _find_obstacle(desk: Dispatcher, station: Station, now: float) -> Obstacle | None:
    """What a request waits for whose model cannot serve it and has no swap committed."""
    model = station.model
    if desk.is_in_place(station):
        closing = desk.closing_for()
        if closing is not None and model in desk.closed:
            return Obstacle(Kind.CLOSED, (closing,))
        return Obstacle(Kind.FULL, (model,))
    return desk.obstacle(station, desk.pressing_before(model), now)


def _queued(desk: Dispatcher, station: Station, obstacle: Obstacle, wait: float | None) -> Explanation:
    plan = desk.yard.plan(station.model)
    said = _SENTENCES[obstacle.kind].format(model=station.model, others=_list(obstacle.models))
    return Explanation(
        model=station.model,
        verdict="queue",
        sentences=(said, *_ahead(desk, station.model)),
        evicts=tuple(sorted(plan.evict)),
        reason=plan.reason,
        behind=obstacle.models,
        until=_last_ttl(desk, obstacle.models) if obstacle.kind is Kind.RESERVED else obstacle.until,
        wait=wait,
    )


def _last_ttl(desk: Dispatcher, models: tuple[str, ...]) -> float | None:
    """When the last of these models is stopped by its ttl, if nobody uses them meanwhile."""
    ends = [end for end in map(desk.idle.end_of, models) if end is not None]
    return max(ends) if len(ends) == len(models) else None


def _ahead(desk: Dispatcher, model: str) -> tuple[str, ...]:
    count = desk.line.count(model)
    return (f"{count} {'waits' if count == 1 else 'wait'} for {model} already.",) if count else ()


def _list(models: tuple[str, ...]) -> str:
    return " and ".join(models)
