"""The one decision: what is granted, started and stopped now.

Requests that cannot be granted at once wait in one line. After every event that could matter, `settle` takes the
decision anew, over the distinct models that somebody waits for, never over requests:

1. children that must retire and have become idle are stopped;
2. the forced target (law 5) is served if it can be, then every other model that is ready, undisturbed and not closed
   by the forced target: requests for a resident model go together (law 9);
3. in the order of the line, a model that cannot serve commits a swap, if it collides with no committed one, if all its
   victims are idle (law 3), and if the forced target does not mind.

A commit or a grant only ever takes possibilities away from those behind, so one walk is enough.
"""

from __future__ import annotations

from math import inf

from modelyard.core.commands import Command, Grant, Reject, StartChild, StopChild
from modelyard.core.disciplines import Discipline
from modelyard.core.errors import Cause
from modelyard.core.idle import IdleWatch
from modelyard.core.lifecycle import Happening
from modelyard.core.model import Phase, RequestId
from modelyard.core.planners.base import Plan
from modelyard.core.planners.groups import GroupsPlanner
from modelyard.core.residency import Station, Swap, Yard
from modelyard.core.waiting import Ticket, WaitingLine


class Dispatcher:
    """Holds the books, takes the decision and collects the commands. The scheduler tells it what happened."""

    def __init__(self, discipline: Discipline) -> None:
        self.yard = Yard(GroupsPlanner({}))
        self.line = WaitingLine(discipline)
        self.idle = IdleWatch()
        self.served_by: dict[RequestId, Station] = {}
        """The station of each granted request that has not ended."""
        self.retiring: set[str] = set()
        """The models whose child stops as soon as it is idle."""
        self.forced: Ticket | None = None
        """The overdue request that has waited longest and cannot be served yet (law 5)."""
        self.max_wait = 0.0
        self.next_overdue = inf
        """When the next request becomes overdue."""
        self.now = 0.0
        self._closed: frozenset[str] = frozenset()
        self._out: list[Command] = []

    def __repr__(self) -> str:
        return f"<Dispatcher {self.yard!r} {self.line!r}>"

    def settle(self) -> None:
        """Take the decision."""
        if self.max_wait > 0:
            self.line.note_overdue(self.now, self.max_wait)
        for model in sorted(self.retiring):
            station = self.yard.stations[model]
            if not station.in_flight:
                self.stop(station, station.facts.unload_timeout, station.retiring)
        self._closed = frozenset()
        self.forced = self._serve_forced()
        if self.forced is not None:
            self._closed = self.yard.plan(self.forced.model).evict
        for model in self.line.models():
            station = self.yard.stations[model]
            if self.can_serve(station):
                self.serve(station)
        overdue: list[str] = []
        for model in self.line.models():
            self._consider(self.yard.stations[model], overdue)
            if self.line.is_overdue(model):
                overdue.append(model)

    def _serve_forced(self) -> Ticket | None:
        """Serve overdue requests strictly by arrival; the first that cannot be served now is the forced one."""
        forced = self.line.forced()
        while forced is not None and self.can_serve(self.yard.stations[forced.model]):
            self.serve(self.yard.stations[forced.model])
            forced = self.line.forced()
        return forced

    def can_serve(self, station: Station) -> bool:
        """Whether a request for this model could be granted now."""
        return station.open and self._is_undisturbed(station)

    def _is_undisturbed(self, station: Station) -> bool:
        """Whether a ready child may serve who asks, as far as other models are concerned."""
        return (
            station.phase is Phase.READY
            and not station.retiring
            and station.swap is None
            and station.model not in self._closed
            and not self.yard.plan(station.model).evict
        )

    def serve(self, station: Station) -> None:
        """Grant as many of those who wait for a ready model as it takes."""
        while station.open:
            ticket = self.line.first(station.model)
            if ticket is None:
                return
            self.line.remove(ticket.request)
            station.in_flight.add(ticket.request)
            self.served_by[ticket.request] = station
            self._out.append(Grant(ticket.request, station.child))

    def _consider(self, station: Station, overdue: list[str]) -> None:
        """Commit a swap for a model that somebody waits for, if nothing stands against it (spec lifecycle 3.3).

        `overdue` are the models whose overdue requests are further ahead.
        """
        if station.swap is not None or station.retiring:
            return
        plan = self.yard.plan(station.model)
        if station.phase is Phase.READY and not plan.evict:
            return
        if any(swap.collides(station.model, plan.evict) for swap in self.yard.swaps.values()):
            return
        if any(self.yard.stations[victim].in_flight for victim in plan.evict):
            return
        if any(self._delays(model, station, plan) for model in overdue):
            return
        self._commit(station, plan)

    def _delays(self, overdue: str, station: Station, plan: Plan) -> bool:
        """Whether a swap would be in the way of an overdue target (law 5)."""
        closed = self.yard.plan(overdue).evict
        if overdue in plan.evict or station.model in closed or not closed.isdisjoint(plan.evict):
            return True
        return not self.yard.plan_beside(overdue, station).evict <= closed

    def _commit(self, station: Station, plan: Plan) -> None:
        leaving = {station.child} if station.phase is Phase.STOPPING else set()
        for model in sorted(plan.evict):
            victim = self.yard.stations[model]
            leaving.add(victim.child)
            self.stop(victim, victim.facts.unload_timeout, f"makes room for {station.model}")
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
            self._out.append(StartChild(station.child, swap.reason))

    def stop(self, station: Station, grace: float, reason: str) -> None:
        """Stop the child, if there is one that is not stopping already."""
        if station.lifecycle.may(Happening.STOP_ASKED):
            self.move(station, Happening.STOP_ASKED)
            self._out.append(StopChild(station.child, grace, reason))

    def move(self, station: Station, happening: Happening) -> None:
        """Move the station's lifecycle on, now."""
        self.idle.wake(station.model)
        self.yard.happen(station, happening, self.now)

    def reject_waiting(self, station: Station, cause: Cause) -> None:
        """Reject all who wait for this model."""
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
            if station.resting and not self.line.count(station.model):
                self.idle.rest(station.model, max(station.used, station.lifecycle.since), station.facts.ttl)
            else:
                self.idle.wake(station.model)
        overdue = self.line.next_overdue(self.max_wait) if self.max_wait > 0 else None
        self.next_overdue = inf if overdue is None else overdue
        self._out.extend(self.line.news())
