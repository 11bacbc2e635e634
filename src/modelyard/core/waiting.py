"""The line of waiting requests: one order for all, one queue per model, cheap at tens of thousands.

A request's *place* is a tuple that sorts: overdue ones first, by arrival (law 5), then as the discipline ranks them.
The places of all who wait are kept sorted, so that a position is a binary search.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

from modelyard.core.commands import TellWaiting
from modelyard.core.disciplines import Discipline, Rank
from modelyard.core.model import ModelFacts, RequestId

_Place = tuple[int, Rank, RequestId]
_OVERDUE = 0
_PATIENT = 1
_NEWS_SHARE = 8
_NEWS_REACH = 1000
"""Positions are told anew once one in `_NEWS_SHARE` of the line has moved, as far back as `_NEWS_REACH`: at every move
while fewer than sixteen wait, and in a long line at a cost per move, and in one go, that does not grow with it."""


@dataclass(slots=True)
class Ticket:
    """One waiting request. `arrival` numbers the requests in the order in which they came."""

    request: RequestId
    model: str
    since: float
    arrival: int
    place: _Place
    told: int = 0


class WaitingLine:
    """All who wait. Every change is O(log n) besides moving a sorted list of pointers."""

    def __init__(self, discipline: Discipline) -> None:
        self._discipline = discipline
        self._arrivals = 0
        self._tickets: dict[RequestId, Ticket] = {}
        self._places: list[_Place] = []
        self._by_model: dict[str, OrderedDict[RequestId, Ticket]] = {}
        self._patient: OrderedDict[RequestId, Ticket] = OrderedDict()
        self._overdue: OrderedDict[RequestId, Ticket] = OrderedDict()
        self._moves = 0

    def __len__(self) -> int:
        return len(self._tickets)

    def __repr__(self) -> str:
        return f"<WaitingLine {[f'{ticket.model}:{ticket.request}' for ticket in self]}>"

    def __iter__(self) -> Iterator[Ticket]:
        """All tickets in the order of the line."""
        return (self._tickets[place[2]] for place in self._places)

    def add(self, request: RequestId, facts: ModelFacts, now: float) -> Ticket:
        """Let a request wait for the model that `facts` describes."""
        self._arrivals += 1
        rank = self._discipline.rank(self._arrivals, facts)
        ticket = Ticket(request, facts.model, now, self._arrivals, (_PATIENT, rank, request))
        self._tickets[request] = ticket
        self._patient[request] = ticket
        self._by_model.setdefault(facts.model, OrderedDict())[request] = ticket
        self._insert(ticket)
        return ticket

    def remove(self, request: RequestId) -> Ticket | None:
        """Take a request out of the line; None where it does not wait."""
        ticket = self._tickets.pop(request, None)
        if ticket is None:
            return None
        self._patient.pop(request, None)
        self._overdue.pop(request, None)
        queue = self._by_model[ticket.model]
        del queue[request]
        if not queue:
            del self._by_model[ticket.model]
        self._take_out(ticket)
        return ticket

    def remove_model(self, model: str) -> list[Ticket]:
        """Take out all who wait for `model`, in order of arrival."""
        tickets = list(self._by_model.get(model, {}).values())
        for ticket in tickets:
            self.remove(ticket.request)
        return tickets

    def waits(self, request: RequestId) -> bool:
        """Whether the request is in the line."""
        return request in self._tickets

    def first(self, model: str) -> Ticket | None:
        """The one that has waited longest for `model`."""
        queue = self._by_model.get(model)
        return next(iter(queue.values())) if queue else None

    def count(self, model: str) -> int:
        """How many wait for `model`."""
        return len(self._by_model.get(model, ()))

    def is_overdue(self, model: str) -> bool:
        """Whether somebody has waited too long for `model`."""
        first = self.first(model)
        return first is not None and first.request in self._overdue

    def models(self) -> list[str]:
        """The models that somebody waits for, in the order of their first requests."""
        return sorted(self._by_model, key=self._first_place)

    def forced(self) -> Ticket | None:
        """The overdue request that came first: its model is the forced target (law 5)."""
        return next(iter(self._overdue.values()), None)

    def next_overdue(self, max_wait: float) -> float | None:
        """When the next request becomes overdue."""
        ticket = next(iter(self._patient.values()), None)
        return None if ticket is None else ticket.since + max_wait

    def note_overdue(self, now: float, max_wait: float) -> None:
        """Move those that have waited `max_wait` seconds to the front."""
        while self._patient:
            ticket = next(iter(self._patient.values()))
            if ticket.since + max_wait > now:
                return
            del self._patient[ticket.request]
            self._overdue[ticket.request] = ticket
            self._move(ticket, (_OVERDUE, (0, ticket.arrival), ticket.request))

    def rank_anew(self, facts_of: Callable[[str], ModelFacts]) -> None:
        """Rank everybody again, with nobody overdue: priorities or the longest wait have changed."""
        self._overdue.clear()
        self._patient = OrderedDict(self._tickets)
        for ticket in self._tickets.values():
            rank = self._discipline.rank(ticket.arrival, facts_of(ticket.model))
            ticket.place = (_PATIENT, rank, ticket.request)
        self._places = sorted(ticket.place for ticket in self._tickets.values())
        self._moves = len(self._tickets)

    def position(self, ticket: Ticket) -> int:
        """The ticket's place in the line; 1 is next."""
        return bisect_left(self._places, ticket.place) + 1

    def news(self) -> list[TellWaiting]:
        """What those in the line should be told now (see `_NEWS_REACH`)."""
        if self._moves < max(1, min(len(self._places), _NEWS_REACH) // _NEWS_SHARE):
            return []
        self._moves = 0
        told = []
        for position, ticket in enumerate(islice(self, _NEWS_REACH), start=1):
            if ticket.told != position:
                ticket.told = position
                told.append(TellWaiting(ticket.request, position))
        return told

    def tell(self, ticket: Ticket) -> TellWaiting:
        """Tell one request its position."""
        ticket.told = self.position(ticket)
        return TellWaiting(ticket.request, ticket.told)

    def _first_place(self, model: str) -> _Place:
        return next(iter(self._by_model[model].values())).place

    def _insert(self, ticket: Ticket) -> None:
        behind = self._places and ticket.place < self._places[-1]
        insort(self._places, ticket.place)
        if behind:
            self._moves += 1

    def _take_out(self, ticket: Ticket) -> None:
        index = bisect_left(self._places, ticket.place)
        del self._places[index]
        if index < len(self._places):
            self._moves += 1

    def _move(self, ticket: Ticket, place: _Place) -> None:
        self._take_out(ticket)
        ticket.place = place
        self._insert(ticket)
