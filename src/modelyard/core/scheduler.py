"""The scheduler: events in, commands out. It alone decides what is granted, started and stopped.

How it decides
--------------
Requests that cannot be granted at once wait in one line. After every event that could matter, `_settle` takes the one
decision anew, over the distinct models that somebody waits for, never over requests:

1. children that must retire and have become idle are stopped;
2. the forced target (law 5) is served if it can be, then every other model that is ready, undisturbed and not closed
   by the forced target: requests for a resident model go together (law 9);
3. in the order of the line, a model that cannot serve commits a swap, if it collides with no committed one, if all its
   victims are idle (law 3), and if the forced target does not mind.

A commit or a grant only ever takes possibilities away from those behind, so one walk is enough.

A request for a ready model that nothing stands against takes the express lane: `Station.admits` says so, and the
grant costs a few look-ups.
"""

from __future__ import annotations

from collections.abc import Callable
from math import ceil, inf
from typing import Any

from modelyard.core.commands import Command, Grant, Reject, StartChild, StopChild
from modelyard.core.disciplines import DISCIPLINES, Discipline
from modelyard.core.errors import Cause, LoadFailed, ModelUnloaded, Overloaded, ShuttingDown, UnknownModel
from modelyard.core.events import (
    ChildExited,
    ChildFailed,
    ChildReady,
    DeadlinePassed,
    Event,
    RequestArrived,
    RequestGone,
    ServeDone,
    ShutdownAsked,
    SpecsChanged,
    UnloadAsked,
)
from modelyard.core.idle import IdleWatch
from modelyard.core.lifecycle import Happening
from modelyard.core.model import ChildId, ModelFacts, Phase, RequestId
from modelyard.core.planners.base import Plan
from modelyard.core.planners.groups import GroupsPlanner
from modelyard.core.residency import Station, Swap, Yard
from modelyard.core.snapshot import Snapshot, take_snapshot
from modelyard.core.waiting import Ticket, WaitingLine


class Scheduler:
    """One owner of every decision. Give it `SpecsChanged` first; before that it knows no model.

    `now` is seconds on a clock that never goes back. Nothing here blocks, and nothing is remembered of the outside
    but what events said.
    """

    def __init__(self, discipline: Discipline | None = None) -> None:
        self._yard = Yard(GroupsPlanner({}))
        self._line = WaitingLine(discipline or DISCIPLINES["fifo"])
        self._idle = IdleWatch()
        self._served_by: dict[RequestId, Station] = {}
        self._retiring: set[str] = set()
        self._forced: Ticket | None = None
        self._closed: frozenset[str] = frozenset()
        self._max_wait = 0.0
        self._next_overdue = inf
        self._shutting_down = False
        self._now = 0.0
        self._out: list[Command] = []
        self._handlers: dict[type, Callable[[Any, float], list[Command]]] = {
            RequestArrived: self._on_arrived,
            RequestGone: self._on_gone,
            ServeDone: self._on_served,
            ChildReady: self._on_ready,
            ChildFailed: self._on_child_gone,
            ChildExited: self._on_child_gone,
            UnloadAsked: self._on_unload,
            SpecsChanged: self._on_specs,
            DeadlinePassed: self._on_deadline,
            ShutdownAsked: self._on_shutdown,
        }

    def __repr__(self) -> str:
        return f"<Scheduler {self._yard!r} {self._line!r}>"

    def handle(self, event: Event, now: float) -> list[Command]:
        """Take an event in and say what is to be done, in this order. Late or unknown ids change nothing."""
        return self._handlers[type(event)](event, now)

    def next_deadline(self) -> float | None:
        """When `DeadlinePassed` is wanted: a request becomes overdue, or an idle model's time is over."""
        idle = self._idle.next_end()
        if self._next_overdue == inf:
            return idle
        return self._next_overdue if idle is None else min(idle, self._next_overdue)

    def snapshot(self) -> Snapshot:
        """Show everything as it is now."""
        return take_snapshot(self._yard, self._line, shutting_down=self._shutting_down)

    # Requests

    def _on_arrived(self, event: RequestArrived, now: float) -> list[Command]:
        station = self._yard.stations.get(event.model)
        if (
            station is not None
            and station.admits
            and len(station.in_flight) < station.width
            and now < self._next_overdue
        ):
            self._idle.wake(event.model)
            station.in_flight.add(event.request)
            self._served_by[event.request] = station
            return [Grant(event.request, station.lifecycle.child)]
        self._now = now
        return self._admit(event.request, event.model, station)

    def _admit(self, request: RequestId, model: str, station: Station | None) -> list[Command]:
        """Refuse the request or let it wait; what it needs is decided at once if it is the first for its model."""
        if self._shutting_down:
            return [Reject(request, ShuttingDown(self._yard.planner.name))]
        if station is None or not station.configured:
            return [Reject(request, UnknownModel(model))]
        overload = self._overload(station)
        if overload is not None:
            return [Reject(request, overload)]
        ticket = self._line.add(request, station.facts, self._now)
        if self._line.first(model) is ticket:
            self._settle()
        self._conclude()
        if ticket.told == 0 and self._line.waits(request):
            self._out.append(self._line.tell(ticket))
        return self._flush()

    def _overload(self, station: Station) -> Overloaded | None:
        """Why one more request is one too many. A model that must be loaded first may always have one waiting."""
        facts = station.facts
        waiting = self._line.count(facts.model)
        limit = facts.concurrency_limit
        if limit is not None and waiting + len(station.in_flight) >= limit:
            return Overloaded(facts.model, explicit=True, retry_after=1.0)
        room = facts.queue_limit if station.phase is Phase.READY else max(1, facts.queue_limit)
        if waiting < room:
            return None
        first = self._line.first(facts.model)
        # By the time that the first one has waited so far, about the whole queue will have been served.
        waited = 0.0 if first is None else self._now - first.since
        return Overloaded(facts.model, explicit=False, retry_after=float(max(1, ceil(waited))))

    def _on_gone(self, event: RequestGone, now: float) -> list[Command]:
        if self._line.remove(event.request) is None:
            return []
        self._now = now
        if self._forced is not None or now >= self._next_overdue:
            self._settle()
        return self._finish()

    def _on_served(self, event: ServeDone, now: float) -> list[Command]:
        station = self._served_by.pop(event.request, None)
        if station is None:
            return []
        station.in_flight.discard(event.request)
        station.used = now
        if station.in_flight and not self._line.count(station.model):
            return []
        if not self._line and not station.retiring:
            if station.resting:
                self._idle.rest(station.model, now, station.facts.ttl)
            return []
        self._now = now
        if not self._refill(station):
            self._settle()
        return self._finish()

    def _refill(self, station: Station) -> bool:
        """Give the free place to the next who waits for the same model; whether that was all there is to decide."""
        if self._forced is not None or self._now >= self._next_overdue or not self._can_serve(station):
            return False
        self._serve(station)
        return bool(station.in_flight)

    # Children

    def _on_ready(self, event: ChildReady, now: float) -> list[Command]:
        station = self._station_of(event.child, Happening.BECAME_READY)
        if station is None:
            return []
        self._now = now
        self._move(station, Happening.BECAME_READY)
        self._yard.forget_swap(station)
        # Whoever is overdue elsewhere: a load serves those who waited for it (law 4).
        self._serve(station)
        self._settle()
        return self._finish()

    def _on_child_gone(self, event: ChildExited | ChildFailed, now: float) -> list[Command]:
        """No process of the child is left, whichever way the news is worded."""
        station = self._station_of(event.child, Happening.EXITED)
        if station is None:
            return []
        self._now = now
        failed = station.phase is Phase.STARTING
        self._move(station, Happening.EXITED)
        self._retiring.discard(station.model)
        station.retiring = ""
        station.in_flight = set()
        if failed:
            self._yard.forget_swap(station)
            self._reject_waiting(station, LoadFailed(station.model, event.reason))
        if not self._leaves_for_swap(event.child):
            self._settle()
        return self._finish()

    def _leaves_for_swap(self, child: ChildId) -> bool:
        """Let the swap that waited for the child go on; whether there is one, and it is not over yet.

        The room that such a child leaves is taken: others who wanted it gone as well look again when the swap is
        over, so loads that share a victim go one after the other (spec lifecycle 4.4).
        """
        for swap in self._yard.swaps.values():
            if child in swap.leaving:
                swap.leaving.remove(child)
                self._begin_if_clear(swap)
                return swap.target in self._yard.swaps
        return False

    def _station_of(self, child: ChildId, happening: Happening) -> Station | None:
        """The station that the news is about, unless it comes too late to matter."""
        station = self._yard.stations.get(child.model)
        if station is None or station.child != child or not station.lifecycle.may(happening):
            return None
        return station

    # Orders from people, and time

    def _on_unload(self, event: UnloadAsked, now: float) -> list[Command]:
        self._now = now
        asked = sorted(self._yard.stations) if event.models is None else event.models
        for model in asked:
            station = self._yard.stations.get(model)
            if station is None:
                continue
            self._reject_waiting(station, ModelUnloaded(model, self._yard.planner.name))
            self._yard.forget_swap(station)
            self._stop(station, station.facts.unload_timeout, "unload asked")
        self._settle()
        return self._finish()

    def _on_specs(self, event: SpecsChanged, now: float) -> list[Command]:
        self._now = now
        self._max_wait = event.max_wait
        self._yard.use(event.planner)
        for model, facts in event.facts.items():
            known = self._yard.stations.get(model)
            if known is None:
                self._yard.stations[model] = Station(facts, now)
            else:
                known.configure(facts)
        for model, station in self._yard.stations.items():
            if model not in event.facts:
                station.configured = False
                self._reject_waiting(station, ModelUnloaded(model, event.planner.name))
                self._yard.forget_swap(station)
                self._retire(station, "removed from the configuration")
            elif model in event.restart:
                self._retire(station, "its configuration changed")
        self._line.rank_anew(self._facts_of)
        self._settle()
        return self._finish()

    def _retire(self, station: Station, reason: str) -> None:
        """Let the present child serve nobody new. One that loads serves nobody yet and stops at once."""
        if station.phase is Phase.STARTING:
            self._yard.forget_swap(station)
            self._stop(station, station.facts.unload_timeout, reason)
        elif station.phase is Phase.READY:
            self._yard.forget_swap(station)
            station.retiring = reason
            self._retiring.add(station.model)

    def _on_deadline(self, event: DeadlinePassed, now: float) -> list[Command]:
        self._now = now
        for model in self._idle.over(now):
            station = self._yard.stations[model]
            self._stop(station, station.facts.unload_timeout, f"idle for {station.facts.ttl:g} s")
        self._settle()
        return self._finish()

    def _on_shutdown(self, event: ShutdownAsked, now: float) -> list[Command]:
        self._now = now
        self._shutting_down = True
        for station in self._yard.stations.values():
            self._reject_waiting(station, ShuttingDown(self._yard.planner.name))
            self._yard.forget_swap(station)
            self._stop(station, event.grace, "shutting down")
        return self._finish()

    # The one decision

    def _settle(self) -> None:
        if self._max_wait > 0:
            self._line.note_overdue(self._now, self._max_wait)
        for model in sorted(self._retiring):
            station = self._yard.stations[model]
            if not station.in_flight:
                self._stop(station, station.facts.unload_timeout, station.retiring)
        self._closed = frozenset()
        self._forced = self._serve_forced()
        if self._forced is not None:
            self._closed = self._yard.plan(self._forced.model).evict
        for model in self._line.models():
            station = self._yard.stations[model]
            if self._can_serve(station):
                self._serve(station)
        overdue: list[str] = []
        for model in self._line.models():
            self._consider(self._yard.stations[model], overdue)
            if self._line.is_overdue(model):
                overdue.append(model)

    def _serve_forced(self) -> Ticket | None:
        """Serve overdue requests strictly by arrival; the first that cannot be served now is the forced one."""
        forced = self._line.forced()
        while forced is not None and self._can_serve(self._yard.stations[forced.model]):
            self._serve(self._yard.stations[forced.model])
            forced = self._line.forced()
        return forced

    def _can_serve(self, station: Station) -> bool:
        return station.open and self._is_undisturbed(station)

    def _is_undisturbed(self, station: Station) -> bool:
        """Whether a ready child may serve who asks, as far as other models are concerned."""
        return (
            station.phase is Phase.READY
            and not station.retiring
            and station.swap is None
            and station.model not in self._closed
            and not self._yard.plan(station.model).evict
        )

    def _serve(self, station: Station) -> None:
        """Grant as many of those who wait for a ready model as it takes."""
        while station.open:
            ticket = self._line.first(station.model)
            if ticket is None:
                return
            self._line.remove(ticket.request)
            station.in_flight.add(ticket.request)
            self._served_by[ticket.request] = station
            self._out.append(Grant(ticket.request, station.child))

    def _consider(self, station: Station, overdue: list[str]) -> None:
        """Commit a swap for a model that somebody waits for, if nothing stands against it (spec lifecycle 3.3).

        `overdue` are the models whose overdue requests are further ahead.
        """
        if station.swap is not None or station.retiring:
            return
        plan = self._yard.plan(station.model)
        if station.phase is Phase.READY and not plan.evict:
            return
        if any(swap.collides(station.model, plan.evict) for swap in self._yard.swaps.values()):
            return
        if any(self._yard.stations[victim].in_flight for victim in plan.evict):
            return
        if any(self._delays(model, station, plan) for model in overdue):
            return
        self._commit(station, plan)

    def _delays(self, overdue: str, station: Station, plan: Plan) -> bool:
        """Whether a swap would be in the way of an overdue target (law 5)."""
        closed = self._yard.plan(overdue).evict
        if overdue in plan.evict or station.model in closed or not closed.isdisjoint(plan.evict):
            return True
        return not self._yard.plan_beside(overdue, station).evict <= closed

    def _commit(self, station: Station, plan: Plan) -> None:
        leaving = {station.child} if station.phase is Phase.STOPPING else set()
        for model in sorted(plan.evict):
            victim = self._yard.stations[model]
            leaving.add(victim.child)
            self._stop(victim, victim.facts.unload_timeout, f"makes room: {plan.reason}")
        swap = Swap(station.model, plan.evict, leaving, plan.reason)
        self._yard.commit(station, swap)
        self._begin_if_clear(swap)

    def _begin_if_clear(self, swap: Swap) -> None:
        """When all who must leave are gone, start the target, or let it serve if it is ready already."""
        if swap.leaving:
            return
        station = self._yard.stations[swap.target]
        if station.phase is Phase.READY:
            self._yard.forget_swap(station)
            self._serve(station)
        else:
            self._move(station, Happening.STARTED)
            self._out.append(StartChild(station.child, swap.reason))

    def _stop(self, station: Station, grace: float, reason: str) -> None:
        """Stop the child, if there is one that is not stopping already."""
        if station.lifecycle.may(Happening.STOP_ASKED):
            self._move(station, Happening.STOP_ASKED)
            self._out.append(StopChild(station.child, grace, reason))

    def _move(self, station: Station, happening: Happening) -> None:
        self._idle.wake(station.model)
        self._yard.happen(station, happening, self._now)

    def _reject_waiting(self, station: Station, cause: Cause) -> None:
        for ticket in self._line.remove_model(station.model):
            self._out.append(Reject(ticket.request, cause))

    def _facts_of(self, model: str) -> ModelFacts:
        return self._yard.stations[model].facts

    # After the decision

    def _finish(self) -> list[Command]:
        self._conclude()
        return self._flush()

    def _conclude(self) -> None:
        """Say again who is idle, who takes the express lane, and who waits where."""
        for resident in self._yard.residents():
            station = self._yard.stations[resident.model]
            station.admits = self._is_undisturbed(station)
            if station.resting and not self._line.count(station.model):
                self._idle.rest(station.model, max(station.used, station.lifecycle.since), station.facts.ttl)
            else:
                self._idle.wake(station.model)
        overdue = self._line.next_overdue(self._max_wait) if self._max_wait > 0 else None
        self._next_overdue = inf if overdue is None else overdue
        self._out.extend(self._line.news())

    def _flush(self) -> list[Command]:
        commands, self._out = self._out, []
        return commands
