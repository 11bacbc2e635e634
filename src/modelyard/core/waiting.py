"""The line of waiting requests: one order for all, one queue per model, cheap at tens of thousands.

A request's *place* is a tuple that sorts: overdue ones first, by arrival (law 5), then as the discipline ranks them,
then by arrival. The places of all who wait are kept sorted, and those of each model, so that a position is a binary
search and the next of a model is the first of its queue.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice, takewhile

from modelyard.core.disciplines import FIFO, Asked, Discipline, Rank
from modelyard.core.model import ModelFacts, RequestId
from modelyard.core.shares import Rounds, SwapTurns

_Place = tuple[int, Rank, int]
"""Overdue or patient, the rank among those, the number of the arrival."""
_OVERDUE = 0
_PATIENT = 1
_NEWS_SHARE = 8
_NEWS_REACH = 1000
"""Positions are told anew once one in `_NEWS_SHARE` of the line has moved, as far back as `_NEWS_REACH`: at every move
while fewer than sixteen wait, and in a long line at a cost per move, and in one go, that does not grow with it."""


@dataclass(slots=True)
class Ticket:
    """One waiting request. `priority` is its own, None where its model's counts; `told` and
    `told_turn` are what it was told last of its place (`TellWaiting`)."""

    request: RequestId
    asked: Asked
    priority: int | None
    place: _Place
    told: int = 0
    told_turn: int = 0

    @property
    def model(self) -> str:
        """The model that it waits for."""
        return self.asked.facts.model

    @property
    def since(self) -> float:
        """When it arrived."""
        return self.asked.since


class WaitingLine:
    """All who wait. Every change is O(log n) besides moving a sorted list of pointers."""

    def __init__(self) -> None:
        self._discipline: Discipline = FIFO
        self._fair = False
        self._arrivals = 0
        self._tickets: dict[RequestId, Ticket] = {}
        self._by_arrival: dict[int, Ticket] = {}
        self._places: list[_Place] = []
        self._by_model: dict[str, list[_Place]] = {}
        self._patient: OrderedDict[RequestId, Ticket] = OrderedDict()
        self._overdue: OrderedDict[RequestId, Ticket] = OrderedDict()
        self._arrived: dict[str, float] = {}
        """When those who wait for a model arrived, added up."""
        self._rounds: dict[tuple[str, int], Rounds] = {}
        self._moves = 0
        self._swap_turns = SwapTurns()
        self._models: list[str] | None = None
        """The order of the models, as long as none of their first requests changes."""

    def __len__(self) -> int:
        return len(self._tickets)

    def __repr__(self) -> str:
        return f"<WaitingLine {[f'{ticket.model}:{ticket.request}' for ticket in self]}>"

    def __iter__(self) -> Iterator[Ticket]:
        """All tickets in the order of the line."""
        return (self._by_arrival[place[2]] for place in self._places)

    # Coming and going

    def add(
        self, request: RequestId, facts: ModelFacts, now: float, priority: int | None = None, caller: str = ""
    ) -> Ticket:
        """Let a request wait for the model that `facts` describes."""
        self._arrivals += 1
        asked = Asked(self._arrivals, now, facts, facts.priority if priority is None else priority, caller)
        ticket = Ticket(request, asked, priority, (_PATIENT, (), self._arrivals))
        self._tickets[request] = self._by_arrival[asked.arrival] = ticket
        self._patient[request] = ticket
        self._arrived[facts.model] = self._arrived.get(facts.model, 0.0) + now
        self._rank(ticket)
        self._insert(ticket)
        return ticket

    def remove(self, request: RequestId, *, served: bool = False) -> Ticket | None:
        """Take a request out of the line; None where it does not wait. `served`: its turn is used."""
        ticket = self._tickets.pop(request, None)
        if ticket is None:
            return None
        del self._by_arrival[ticket.asked.arrival]
        self._patient.pop(request, None)
        self._overdue.pop(request, None)
        self._take_out(ticket)
        if ticket.model in self._by_model:
            self._arrived[ticket.model] -= ticket.since
        else:
            del self._arrived[ticket.model]
        self._leave_round(ticket, served=served)
        return ticket

    def remove_model(self, model: str) -> list[Ticket]:
        """Take out all who wait for `model`, in order of arrival."""
        tickets = [self._by_arrival[arrival] for arrival in sorted(place[2] for place in self._by_model.get(model, ()))]
        for ticket in tickets:
            self.remove(ticket.request)
        return tickets

    # Who is next

    def get(self, request: RequestId) -> Ticket | None:
        """The ticket of a waiting request."""
        return self._tickets.get(request)

    def first(self, model: str) -> Ticket | None:
        """The next of those who wait for `model`."""
        queue = self._by_model.get(model)
        return self._by_arrival[queue[0][2]] if queue else None

    def count(self, model: str) -> int:
        """How many wait for `model`."""
        return len(self._by_model.get(model, ()))

    def waited(self, model: str, now: float) -> float:
        """How long all who wait for `model` have waited together (seconds)."""
        return self.count(model) * now - self._arrived.get(model, 0.0)

    def is_overdue(self, model: str) -> bool:
        """Whether somebody has waited too long for `model`."""
        queue = self._by_model.get(model)
        return queue is not None and queue[0][0] == _OVERDUE

    def models(self) -> list[str]:
        """The models that somebody waits for, in the order of their first requests. Not to be changed."""
        if self._models is None:
            self._models = sorted(self._by_model, key=self._place_of_model)
        return self._models

    def swap_made(self, model: str) -> None:
        """The first of those who wait for `model` gets a swap."""
        if self._fair and (first := self.first(model)) is not None:
            self._swap_turns.made_for(first.asked.caller)
            self._models = None

    def overdue_models(self) -> list[str]:
        """The models that somebody has waited for too long, in the order of those requests' arrival (law 5)."""
        return list(takewhile(self.is_overdue, self.models())) if self._overdue else []

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
            self._take_out(ticket)
            ticket.place = (_OVERDUE, (), ticket.asked.arrival)
            self._insert(ticket)

    # The order

    def rank_anew(self, facts_of: Callable[[str], ModelFacts], discipline: Discipline, *, fair: bool) -> None:
        """Rank everybody again, with nobody overdue: priorities, the longest wait or the policy have changed."""
        self._discipline, self._fair = discipline, fair
        self._overdue.clear()
        self._patient = OrderedDict(self._tickets)
        self._rounds.clear()
        self._by_model.clear()
        self._models = None
        for ticket in self._tickets.values():
            facts = facts_of(ticket.model)
            priority = facts.priority if ticket.priority is None else ticket.priority
            ticket.asked = replace(ticket.asked, facts=facts, priority=priority)
            self._rank(ticket)
            self._by_model.setdefault(ticket.model, []).append(ticket.place)
        for queue in self._by_model.values():
            queue.sort()
        self._places = sorted(ticket.place for ticket in self._tickets.values())
        self._moves = len(self._tickets)

    def position(self, ticket: Ticket) -> int:
        """The ticket's place in the line; 1 is next."""
        return bisect_left(self._places, ticket.place) + 1

    def turn(self, ticket: Ticket, joined: Iterable[str]) -> int:
        """The ticket's place among those that wait for other models than `joined`; 1 is next."""
        queues = (self._by_model.get(model, ()) for model in joined)
        return self.position(ticket) - sum(bisect_left(queue, ticket.place) for queue in queues)

    def ahead(self, ticket: Ticket) -> int:
        """How many of the same model are served before it."""
        return bisect_left(self._by_model[ticket.model], ticket.place)

    def news(self) -> list[Ticket]:
        """Those whose position is another than they were told, and who should be told now (see `_NEWS_REACH`)."""
        if self._moves < max(1, min(len(self._places), _NEWS_REACH) // _NEWS_SHARE):
            return []
        self._moves = 0
        moved = []
        for position, ticket in enumerate(islice(self, _NEWS_REACH), start=1):
            if ticket.told != position:
                ticket.told = position
                moved.append(ticket)
        return moved

    def _rank(self, ticket: Ticket) -> None:
        """Give a patient ticket its turn and its place."""
        asked = ticket.asked
        if self._fair:
            rounds = self._rounds.setdefault((ticket.model, asked.priority), Rounds())
            asked = ticket.asked = replace(asked, turn=rounds.join(ticket.request, asked.caller))
        elif asked.turn:
            asked = ticket.asked = replace(asked, turn=0)
        ticket.place = (_PATIENT, self._discipline.rank(asked), asked.arrival)

    def _leave_round(self, ticket: Ticket, *, served: bool) -> None:
        key = (ticket.model, ticket.asked.priority)
        rounds = self._rounds.get(key)
        if rounds is not None:
            rounds.leave(ticket.request, ticket.asked.caller, served=served)
            if not rounds:
                del self._rounds[key]

    def _place_of_model(self, model: str) -> _Place:
        """Where a model stands among the others. A discipline sees as `turn` when the caller's last swap was."""
        place = self._by_model[model][0]
        if not self._fair or place[0] == _OVERDUE:
            return place
        asked = self._by_arrival[place[2]].asked
        rank = self._discipline.rank(replace(asked, turn=self._swap_turns.of(asked.caller)))
        return (_PATIENT, rank, asked.arrival)

    def _insert(self, ticket: Ticket) -> None:
        behind = bool(self._places) and ticket.place < self._places[-1]
        insort(self._places, ticket.place)
        queue = self._by_model.setdefault(ticket.model, [])
        insort(queue, ticket.place)
        if queue[0] is ticket.place:
            self._models = None
        if behind:
            self._moves += 1

    def _take_out(self, ticket: Ticket) -> None:
        index = bisect_left(self._places, ticket.place)
        del self._places[index]
        if index < len(self._places):
            self._moves += 1
        queue = self._by_model[ticket.model]
        index = bisect_left(queue, ticket.place)
        del queue[index]
        if index == 0:
            self._models = None
        if not queue:
            del self._by_model[ticket.model]
