"""Whether a swap now costs less waiting than serving the queues of those that must go first.

Without economics the models that run serve all who want them before they make room (law 9). With it, a queue that
takes long to serve yields to another model, if the loads that this costs are cheaper in total than the waiting that
it saves. Only what was learned counts: where a time is not known, the rule of law 9 stays.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import ceil

from modelyard.core.residency import Station
from modelyard.core.waiting import WaitingLine


def saves_waiting(line: WaitingLine, target: Station, victims: Iterable[Station]) -> bool:
    """Whether all together wait less if the victims stop serving their queues and `target` has its turn first.

    Served last, those who wait for the target wait for the longest of the queues. Served first, those in the queues
    wait for the target's turn and for their own model's next load.
    """
    waiting = line.count(target.model)
    turn = _time_to_serve(target, waiting)
    load = target.learned.load
    if turn is None or load is None:
        return False
    longest, price = 0.0, 0.0
    for victim in victims:
        behind = line.count(victim.model)
        if not behind:
            continue
        queue = _time_to_serve(victim, behind)
        again = victim.learned.load
        if queue is None or again is None:
            return False
        longest = max(longest, queue)
        price += behind * (victim.learned.stop + load + turn + target.learned.stop + again)
    return waiting * longest > price


def _time_to_serve(station: Station, waiting: int) -> float | None:
    service = station.learned.service
    return None if service is None else ceil(waiting / station.width) * service
