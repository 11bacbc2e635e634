"""What those who wait have to expect, by what was learned (`estimates.py`).

The forecast is for people and for `Retry-After`. It decides nothing, so it may be rough: it assumes that nobody else
comes, that models which exclude each other load in the order of the line, and that every service takes what is usual.
It looks only a few turns ahead: so it costs little, however long the line is.
"""

from __future__ import annotations

from itertools import chain
from math import ceil

from modelyard.core.model import Phase
from modelyard.core.residency import Station, Swap, Yard
from modelyard.core.waiting import Ticket, WaitingLine

_LOOK_BACK = 4
"""How many of the models ahead are looked at for one that must have its turn first."""
_FARTHEST = 8
"""Who waits for the turns of more models than this is told nothing."""


class Forecast:
    """A forecast as things stand now. Ask it at once: the next event makes it wrong.

    All times are seconds from now; None where too little is known.
    """

    def __init__(self, yard: Yard, line: WaitingLine, now: float) -> None:
        self._yard = yard
        self._line = line
        self._now = now
        self._starts: dict[str, float | None] = {}
        self._order: list[str] | None = None
        self._depth = 0

    def wait_of(self, ticket: Ticket) -> float | None:
        """How long this request still waits."""
        return self._wait(self._yard.stations[ticket.model], self._line.ahead(ticket))

    def wait_at_end(self, model: str) -> float | None:
        """How long one more request would wait, behind all others of the model."""
        return self._wait(self._yard.stations[model], self._line.count(model))

    def _wait(self, station: Station, ahead: int) -> float | None:
        """How long a request waits that has so many of its model ahead."""
        service = station.learned.service
        if self._serves(station):
            if len(station.in_flight) + ahead < station.width:
                return 0.0
            return None if service is None else self._rest(station, service)[0] + ahead * service / station.width
        start = self._start(station)
        rounds = ahead // station.width
        if start is None or not rounds:
            return start
        return None if service is None else start + rounds * service

    def _serves(self, station: Station) -> bool:
        ready = station.phase is Phase.READY and station.swap is None and not station.retiring
        return ready and not self._yard.plan(station.model).evict

    def _start(self, station: Station) -> float | None:
        """When the model begins to serve those who wait for it."""
        if station.model in self._starts:
            return self._starts[station.model]
        if self._depth == _FARTHEST:
            return None
        self._starts[station.model] = None  # what depends on itself is not known
        self._depth += 1
        start = self._committed(station.swap) if station.swap is not None else self._turn(station)
        self._depth -= 1
        self._starts[station.model] = start
        return start

    def _committed(self, swap: Swap) -> float | None:
        station = self._yard.stations[swap.target]
        load = 0.0 if station.phase is Phase.READY else station.learned.load
        if load is None:
            return None
        if station.phase is Phase.STARTING:
            return max(0.0, load - self._since(station))
        leaving = (self._yard.stations[child.model] for child in swap.leaving)
        return load + max((self._rest_of_stop(victim) for victim in leaving), default=0.0)

    def _turn(self, station: Station) -> float | None:
        """When a model serves that nothing is committed for: when there is room for it, and it is loaded."""
        load = 0.0 if station.phase is Phase.READY else station.learned.load
        if load is None:
            return None
        evict = self._yard.plan(station.model).evict
        before = (one for one in self._before(station) if one.model not in evict)
        begin = 0.0
        for one in chain(map(self._yard.stations.__getitem__, evict), before):
            end = self._end_of(one)
            if end is None:
                return None
            begin = max(begin, end)
        return begin + load

    def _before(self, station: Station) -> list[Station]:
        """The nearest model ahead that must go again before this one can start."""
        if self._order is None:
            self._order = self._line.models()
        position = self._order.index(station.model) if station.model in self._order else len(self._order)
        for model in reversed(self._order[max(0, position - _LOOK_BACK) : position]):
            before = self._yard.stations[model]
            if not self._serves(before) and model in self._yard.plan_beside(station.model, before).evict:
                return [before]
        return []

    def _end_of(self, station: Station) -> float | None:
        """When a model that others need gone is gone: it has served its own and stopped."""
        if station.phase is Phase.STOPPING and station.swap is None:
            return self._rest_of_stop(station)
        waiting = self._line.count(station.model)
        if not waiting and not station.in_flight:
            return station.learned.stop
        service = station.learned.service
        start = 0.0 if self._serves(station) else self._start(station) if waiting else 0.0
        if service is None or start is None:
            return None
        last = self._rest(station, service)[1]
        return start + last + ceil(waiting / station.width) * service + station.learned.stop

    def _rest(self, station: Station, service: float) -> tuple[float, float]:
        """When the first and when the last of those in service end."""
        granted = station.in_flight.values()
        if not granted:
            return 0.0, 0.0
        return max(0.0, service - self._now + min(granted)), max(0.0, service - self._now + max(granted))

    def _rest_of_stop(self, station: Station) -> float:
        return max(0.0, station.learned.stop - self._since(station))

    def _since(self, station: Station) -> float:
        return self._now - station.lifecycle.since
