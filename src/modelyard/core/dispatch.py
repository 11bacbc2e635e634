"""The one decision: what is granted, started and stopped now.

Requests that cannot be granted at once wait in one line. A new one is looked at alone (`consider`, spec lifecycle 3.3).
After every event that could matter to others, `settle` takes the decision anew, over the distinct models that somebody
waits for, never over requests:

1. children that must retire and have become idle are stopped;
2. who would need the place of a model that nobody may evict is refused;
3. the forced target (law 5) is served if it can be, then every other model that is ready, undisturbed and not closed
   by the forced target: requests for a resident model go together (law 9). With swap economics, and nobody forced, the
   favoured model closes those that must go for it in the same way;
4. in the order of the line, a model that cannot serve commits a swap, if nothing stands in its way (`obstacles.py`).

A commit or a grant only ever takes possibilities away from those behind, so one walk is enough.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import islice
from math import inf

from modelyard.core.commands import Command, Grant, Reject, StartChild, StopChild, TellWaiting
from modelyard.core.economics import saves_waiting
from modelyard.core.errors import Cause, Held
from modelyard.core.events import SpecsChanged
from modelyard.core.forecast import Forecast
from modelyard.core.idle import IdleWatch
from modelyard.core.lifecycle import Happening
from modelyard.core.model import Phase, RequestId
from modelyard.core.obstacles import Obstacle, find_obstacle
from modelyard.core.planners.base import Plan
from modelyard.core.planners.groups import GroupsPlanner
from modelyard.core.reasons import StopReason, evicted_for
from modelyard.core.residency import Station, Swap, Yard
from modelyard.core.waiting import Ticket, WaitingLine

_TURNS_TOLD = 100
"""When others have their turn, so many at the front of the line are told that theirs is nearer."""


class Dispatcher:
    """Holds the books, takes the decision and collects the commands. The scheduler tells it what happened."""

    def __init__(self) -> None:
        self.yard = Yard(GroupsPlanner({}))
        self.line = WaitingLine()
        self.idle = IdleWatch()
        self.served_by: dict[RequestId, Station] = {}
        """The station of each granted request that has not ended."""
        self.retiring: set[str] = set()
        """The models whose child stops as soon as it is idle."""
        self.braked: set[str] = set()
        """The models that are not tried for a while, since they failed to start again and again."""
        self.forced: Ticket | None = None
        """The overdue request that has waited longest and cannot be served yet (law 5)."""
        self.favoured: str | None = None
        """The model whose turn comes before the queues of those that must go for it (`economics.py`)."""
        self.max_wait = 0.0
        self.min_residency = 0.0
        self.economics = False
        self.shutting_down = False
        self.next_overdue = inf
        """When the next request becomes overdue."""
        self.next_change = inf
        """When a hold ends, or a model has been loaded for long enough that somebody waits to evict."""
        self.now = 0.0
        self.closed: frozenset[str] = frozenset()
        """The models that admit nobody, so that the forced or the favoured one has its turn."""
        self._swaps_told: set[str] = set()
        """The targets that had their turn when turns were told last."""
        self._out: list[Command] = []

    def __repr__(self) -> str:
        return f"<Dispatcher {self.yard!r} {self.line!r}>"

    def adopt(self, specs: SpecsChanged) -> None:
        """Decide by another policy from now on."""
        self.max_wait = specs.max_wait
        self.min_residency = specs.min_residency
        self.economics = specs.economics
        self.yard.use(specs.planner)

    def settle(self) -> None:
        """Take the decision."""
        if self.max_wait > 0:
            self.line.note_overdue(self.now, self.max_wait)
        for model in sorted(self.retiring):
            station = self.yard.stations[model]
            if station.retiring is not None and not station.in_flight:
                self.stop(station, station.facts.unload_timeout, station.retiring)
        self._refuse_for_holders()
        self._decide()
        while self._refuse_for_holders():  # somebody began to hold a place in this very decision
            self._decide()

    def consider(self, station: Station) -> None:
        """Take the part of the decision that one more request for this model may change."""
        if self.now >= self.next_overdue:
            self.settle()
            return
        if self.economics:
            self._close()
        if self.can_serve(station):
            self.serve(station)
        elif self._wants_swap(station):
            self._try_to_commit(station, self.pressing_before(station.model))
            if self._refuse_for_holders():
                self.settle()

    def _decide(self) -> None:
        self.closed = frozenset()
        self.forced = self._serve_forced()
        self._close()
        for model in self.line.models():
            station = self.yard.stations[model]
            if self.can_serve(station):
                self.serve(station)
        self._commit_all()

    def _refuse_for_holders(self) -> bool:
        """Reject all who would need the place of a model that nobody may evict; whether there is anybody."""
        if not self.yard.refusing():
            return False
        refused = False
        for model in self.line.models():
            station = self.yard.stations[model]
            refusal = self.refusal(station)
            if refusal is not None:
                self.reject_waiting(station, refusal)
                refused = True
        return refused

    def refusal(self, station: Station) -> Held | None:
        """Why a request for this model must be refused as things stand. A committed swap takes nobody's place."""
        holder = None if station.swap is not None else self.yard.holder(station.model)
        return None if holder is None else Held(station.model, holder, self.yard.held_until(holder))

    def _close(self) -> None:
        """Close those that must go for the forced or the favoured model."""
        self.closed = frozenset()
        self.favoured = self._choose_favoured()
        closing = self.closing_for()
        if closing is not None:
            self.closed = self.yard.plan(closing).evict

    def closing_for(self) -> str | None:
        """The model for whose turn others are closed."""
        return self.favoured if self.forced is None else self.forced.model

    def _serve_forced(self) -> Ticket | None:
        """Serve overdue requests strictly by arrival; the first that cannot be served now is the forced one."""
        while True:
            forced = next((self.line.first(model) for model in self.pressing()), None)
            if forced is None or not self.can_serve(self.yard.stations[forced.model]):
                return forced
            self.serve(self.yard.stations[forced.model])

    def pressing(self) -> list[str]:
        """The models with overdue requests, by arrival. Those that need the place of a model which leaves only in its
        own time can't press: closing that model would help nobody."""
        overdue = self.line.overdue_models()
        reserved = self.yard.reserved()
        return [m for m in overdue if reserved.isdisjoint(self.yard.plan(m).evict)] if reserved else overdue

    def pressing_before(self, model: str) -> list[str]:
        """Those of them that go before this model."""
        pressing = self.pressing()
        return pressing[: pressing.index(model)] if model in pressing else pressing

    def _choose_favoured(self) -> str | None:
        """The first model whose turn now costs less waiting than going on with those that must go for it."""
        if not self.economics or self.forced is not None:
            return None
        if self.favoured is not None and self._may_be_favoured(self.favoured):
            return self.favoured
        candidates = filter(self._may_be_favoured, self.line.models())
        rivals: dict[frozenset[str], int] = {}
        return next((model for model in candidates if self._pays(model, rivals)), None)

    def _may_be_favoured(self, model: str) -> bool:
        """Whether somebody waits for the model, and for nothing but that others serve."""
        station = self.yard.stations[model]
        if not self.line.count(model) or station.swap is not None:
            return False
        return self.obstacle(station, (), self.now, may_be_busy=True) is None

    def _pays(self, model: str, rivals: dict[frozenset[str], int]) -> bool:
        """Whether its turn is worth it. `rivals` remembers how many wait for the places of which victims: mostly all
        models want the same ones gone."""
        stations, victims = self.yard.stations, self.yard.plan(model).evict
        if victims not in rivals:
            outside = (m for m in self.line.models() if m not in victims)
            wanting = (m for m in outside if not victims.isdisjoint(self.yard.plan(m).evict))
            rivals[victims] = sum(map(self.line.count, wanting))
        others = rivals[victims] - self.line.count(model) if victims else 0
        return saves_waiting(self.line, stations[model], [stations[v] for v in victims], self.now, others=others)

    def can_serve(self, station: Station) -> bool:
        """Whether a request for this model could be granted now."""
        return station.open and self._is_undisturbed(station)

    def _is_undisturbed(self, station: Station) -> bool:
        """Whether a ready child may serve who asks, as far as other models are concerned."""
        return station.model not in self.closed and self.is_in_place(station)

    def is_in_place(self, station: Station) -> bool:
        """Whether a child is ready and nobody has to go for it first."""
        return (
            station.phase is Phase.READY
            and not station.retiring
            and station.swap is None
            and not self.yard.plan(station.model).evict
        )

    def serve(self, station: Station) -> None:
        """Grant as many of those who wait for a ready model as it takes."""
        while station.open:
            ticket = self.line.first(station.model)
            if ticket is None:
                return
            self.line.remove(ticket.request, served=True)
            station.in_flight[ticket.request] = self.now
            self.served_by[ticket.request] = station
            self._out.append(Grant(ticket.request, station.child))

    def _commit_all(self) -> None:
        """Commit a swap for every model that somebody waits for and that nothing stands against."""
        self.next_change = min(self.yard.next_release(), self._next_try())
        pressing = frozenset(self.pressing())
        overdue: list[str] = []
        for model in self.line.models():
            station = self.yard.stations[model]
            if self._wants_swap(station):
                self._try_to_commit(station, overdue)
            if model in pressing:
                overdue.append(model)

    def _try_to_commit(self, station: Station, overdue: Sequence[str]) -> None:
        if self.yard.holder(station.model) is not None:
            return  # a commit of this very walk has changed its plan: it will be refused
        obstacle = self.obstacle(station, overdue, self.now)
        if obstacle is None:
            self._commit(station, self.yard.plan(station.model))
        elif obstacle.until is not None:
            self.next_change = min(self.next_change, obstacle.until)

    def _wants_swap(self, station: Station) -> bool:
        if station.swap is not None:
            return False
        return station.phase is not Phase.READY or bool(self.yard.plan(station.model).evict)

    def obstacle(
        self, station: Station, overdue: Sequence[str], now: float, *, may_be_busy: bool = False
    ) -> Obstacle | None:
        """What stands against a swap for this model; `overdue` are the models that press and are further ahead."""
        age = 0.0 if self.line.is_overdue(station.model) else self.min_residency
        return find_obstacle(self.yard, station, overdue, now=now, min_residency=age, may_be_busy=may_be_busy)

    def _commit(self, station: Station, plan: Plan) -> None:
        self.line.swap_made(station.model)
        leaving = {station.child} if station.phase is Phase.STOPPING else set()
        for model in sorted(plan.evict):
            victim = self.yard.stations[model]
            leaving.add(victim.child)
            self.stop(victim, victim.facts.unload_timeout, evicted_for(station.model))
        swap = Swap(station.model, plan.evict, leaving, plan.reason)
        self.yard.commit(station, swap)
        self.begin_if_clear(swap)

    def begin_if_clear(self, swap: Swap) -> None:
        """When all who must leave are gone, start the target, or let it serve if it is ready already."""
        if swap.leaving:
            return
        station = self.yard.stations[swap.target]
        if station.phase is Phase.READY:
            self.yard.forget_swap(station)
            self.serve(station)
        else:
            self.move(station, Happening.STARTED)
            station.why = swap.reason
            self._out.append(StartChild(station.child, swap.reason))

    def note_failure(self, station: Station, reason: str) -> None:
        """A start has failed. From the third in a row on the model is not tried for a while (R31)."""
        if station.brake.fail(reason, self.now):
            self.braked.add(station.model)
            self.move(station, Happening.GAVE_UP)

    def release_brakes(self) -> None:
        """Let those be tried again whose pause is over."""
        for model in [model for model in self.braked if self.yard.stations[model].brake.until <= self.now]:
            self.braked.discard(model)
            self.move(self.yard.stations[model], Happening.BACKED_OFF)

    def _next_try(self) -> float:
        return min((self.yard.stations[model].brake.until for model in self.braked), default=inf)

    def forgive(self, station: Station) -> None:
        """Forget the failed starts of a model."""
        station.brake.release()
        if station.model in self.braked:
            self.braked.discard(station.model)
            self.move(station, Happening.FORGIVEN)

    def stop(self, station: Station, grace: float, reason: StopReason) -> None:
        """Stop the child, if there is one that is not stopping already."""
        if station.lifecycle.may(Happening.STOP_ASKED):
            self.move(station, Happening.STOP_ASKED)
            station.why = reason.words
            self._out.append(StopChild(station.child, grace, reason))

    def move(self, station: Station, happening: Happening) -> None:
        """Move the station's lifecycle on, now."""
        self.idle.wake(station.model)
        station.learn(happening, self.now)
        self.yard.happen(station, happening, self.now)

    def reject_waiting(self, station: Station, cause: Cause) -> None:
        """Reject all who wait for this model, by arrival."""
        for ticket in self.line.remove_model(station.model):
            self._out.append(Reject(ticket.request, cause))

    def finish(self) -> list[Command]:
        """End the step: hand over all that was decided in it."""
        self._conclude()
        commands, self._out = self._out, []
        return commands

    def _conclude(self) -> None:
        """Say again who is idle, who takes the express lane, and who waits where."""
        for resident in self.yard.residents():
            station = self.yard.stations[resident.model]
            station.admits = self._is_undisturbed(station)
            if station.resting and (not self.line.count(station.model) or self._waits_in_vain(station)):
                self.idle.rest(station.model, max(station.used, station.lifecycle.since), station.facts.ttl)
            else:
                self.idle.wake(station.model)
        overdue = self.line.next_overdue(self.max_wait) if self.max_wait > 0 else None
        self.next_overdue = inf if overdue is None else overdue
        moved = self.line.news()
        if self.line and self._swaps_told != self.yard.swaps.keys():
            self._swaps_told = set(self.yard.swaps)
            moved += self._next_in_turn(moved)
        if moved:
            forecast = Forecast(self.yard, self.line, self.now)
            self._out.extend(self._news_of(ticket, forecast) for ticket in moved)

    def _next_in_turn(self, moved: Collection[Ticket]) -> list[Ticket]:
        """Those at the front whose turn is nearer, since others have theirs now, and who have not moved otherwise."""
        told = {ticket.request for ticket in moved}
        front = (ticket for ticket in islice(self.line, _TURNS_TOLD) if ticket.request not in told and ticket.told)
        return [ticket for ticket in front if self._turn_of(ticket) not in (0, ticket.told_turn)]

    def _turn_of(self, ticket: Ticket) -> int:
        """Its place among those that wait for a turn; 0 where its model has it already."""
        swaps = self.yard.swaps
        return 0 if ticket.model in swaps else self.line.turn(ticket, swaps)

    def _waits_in_vain(self, station: Station) -> bool:
        """Whether two that leave only in their own time are in each other's way: then their time counts, although
        somebody waits for them."""
        reserved = self.yard.reserved()
        return station.model in reserved and not reserved.isdisjoint(self.yard.plan(station.model).evict)

    def tell(self, ticket: Ticket) -> TellWaiting:
        """Tell one request where it waits, and for how long."""
        ticket.told = self.line.position(ticket)
        return self._news_of(ticket, Forecast(self.yard, self.line, self.now))

    def _news_of(self, ticket: Ticket, forecast: Forecast) -> TellWaiting:
        ticket.told_turn = self._turn_of(ticket)
        return TellWaiting(ticket.request, ticket.told, forecast.wait_of(ticket), ticket.told_turn)
