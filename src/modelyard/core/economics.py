"""Whether a swap now costs less waiting than letting those that run go on serving first.

Without economics the models that run serve all who want them before they make room (law 9). With it, a model that is
kept busy yields to another, if that costs those who want it less waiting in total than it saves the others. Only what
was learned counts: where a time is not known, the rule of law 9 stays.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import ceil

from modelyard.core.residency import Station
from modelyard.core.waiting import WaitingLine


def saves_waiting(
    line: WaitingLine, target: Station, victims: Iterable[Station], now: float, *, others: int = 0
) -> bool:
    """Whether all together wait less if the victims stop serving and `target` has its turn first.

    What it saves: as long as the longest queue of a victim lasts, all who wait for the target go on waiting. How long
    a stream of new requests lasts nobody knows, but that those who wait have waited for so long already says that it
    does. So a swap is worth its price when they have waited, all together, for as much: then it comes at most twice as
    dear as if the end of the stream had been known (as with skis, which are bought when renting has cost as much).

    What it costs: everybody in the queue of a victim waits while it is away, and those who come meanwhile half of that
    time, on average. As many come as are being served, in the time of one service (Little's law). And the `others`,
    who wait for other models that need the same places, wait for one load more, since a victim must come back.
    """
    turn = _time_to_serve(target, line.count(target.model))
    load = target.learned.load
    if turn is None or load is None:
        return False
    longest, price = 0.0, 0.0
    for victim in victims:
        behind, served = line.count(victim.model), len(victim.in_flight)
        if not behind and not served:
            continue
        queue = _time_to_serve(victim, behind)
        again = victim.learned.load
        if queue is None or again is None:
            return False
        away = victim.learned.stop + load + turn + target.learned.stop + again
        longest = max(longest, queue)
        price += away * (behind + _arrivals(victim, served, away) / 2) + others * (target.learned.stop + again)
    if price == 0:
        return False  # nobody is in its way
    return max(line.count(target.model) * longest, line.waited(target.model, now)) > price


def _arrivals(station: Station, served: int, seconds: float) -> float:
    """How many requests for a model come in a while, if they go on coming as those did that it serves."""
    service = station.learned.service
    return served * seconds / service if service else 0.0


def _time_to_serve(station: Station, waiting: int) -> float | None:
    service = station.learned.service
    return None if service is None else ceil(waiting / station.width) * service
