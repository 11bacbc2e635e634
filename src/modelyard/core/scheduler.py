"""The scheduler: events in, commands out. It alone decides what is granted, started and stopped.

Its handlers keep the books of what happened; what follows from it is the one decision in `dispatch.py`, taken anew
after every event that could matter. A request for a ready model that nothing stands against takes the express lane:
`Station.admits` says so, and the grant costs a few look-ups.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import Any

from modelyard.core.admission import find_refusal
from modelyard.core.commands import Command, Grant, Reject
from modelyard.core.dispatch import Dispatcher
from modelyard.core.errors import Cancelled, LoadFailed, ModelUnloaded, ShuttingDown, UnknownModel
from modelyard.core.events import (
    CancelAsked,
    ChildBrokeDown,
    ChildExited,
    ChildFailed,
    ChildReady,
    DeadlinePassed,
    Event,
    HoldAsked,
    HoldReleased,
    RequestArrived,
    RequestGone,
    ServeDone,
    ShutdownAsked,
    SpecsChanged,
    TryAgainAsked,
    UnloadAsked,
)
from modelyard.core.explain import Explanation, explain
from modelyard.core.lifecycle import Happening
from modelyard.core.model import ChildId, ModelFacts, Phase
from modelyard.core.reasons import RECONFIGURED, REMOVED, SHUT_DOWN, UNLOADED, StopReason, idle_for
from modelyard.core.residency import Station
from modelyard.core.snapshot import Snapshot, take_snapshot


class Scheduler:
    """One owner of every decision. Give it `SpecsChanged` first; before that it knows no model.

    `now` is seconds on a clock that never goes back. Nothing here blocks, and nothing is remembered of the outside
    but what events said.
    """

    def __init__(self) -> None:
        self._desk = Dispatcher()
        self._stations = self._desk.yard.stations
        self._served_by = self._desk.served_by
        self._handlers: dict[type, Callable[[Any, float], list[Command]]] = {
            RequestArrived: self._on_arrived,
            RequestGone: self._on_gone,
            CancelAsked: self._on_cancel,
            ServeDone: self._on_served,
            ChildReady: self._on_ready,
            ChildFailed: self._on_child_gone,
            ChildExited: self._on_child_gone,
            ChildBrokeDown: self._on_broke_down,
            UnloadAsked: self._on_unload,
            TryAgainAsked: self._on_try_again,
            HoldAsked: self._on_hold,
            HoldReleased: self._on_release,
            SpecsChanged: self._on_specs,
            DeadlinePassed: self._on_deadline,
            ShutdownAsked: self._on_shutdown,
        }

    def __repr__(self) -> str:
        return f"<Scheduler {self._desk!r}>"

    def handle(self, event: Event, now: float) -> list[Command]:
        """Take an event in and say what is to be done, in this order. Late or unknown ids change nothing."""
        return self._handlers[type(event)](event, now)

    def next_deadline(self) -> float | None:
        """When `DeadlinePassed` is wanted: a request becomes overdue, an idle model's time is over, a hold ends or the
        pause of a failed model, or a model has been loaded for long enough to be evicted."""
        desk = self._desk
        soonest = desk.next_overdue if desk.next_overdue < desk.next_change else desk.next_change
        idle = desk.idle.next_end()
        if idle is None:
            return None if soonest == inf else soonest
        return idle if idle < soonest else soonest

    def snapshot(self) -> Snapshot:
        """Show everything as it is now."""
        desk = self._desk
        return take_snapshot(desk.yard, desk.line, desk.now, shutting_down=desk.shutting_down)

    def explain(self, model: str, now: float) -> Explanation:
        """Say what would happen if a request for `model` (a real id) came now. Changes nothing."""
        return explain(self._desk, model, now)

    def phase_of(self, model: str) -> Phase:
        """Where a model stands; one that is not known is stopped."""
        station = self._stations.get(model)
        return Phase.STOPPED if station is None else station.phase

    def load_times(self) -> dict[str, float]:
        """How long a load takes (seconds), for every model of which that is known: what `SpecsChanged.load_times` can
        bring back after a restart."""
        learned = ((model, station.learned.load) for model, station in self._stations.items())
        return {model: load for model, load in learned if load is not None}

    # Requests

    def _on_arrived(self, event: RequestArrived, now: float) -> list[Command]:
        station = self._stations.get(event.model)
        if (
            station is not None
            and station.admits
            and len(station.in_flight) < station.width
            and now < self._desk.next_overdue
        ):
            if station.facts.ttl:
                self._desk.idle.wake(event.model)
            station.in_flight[event.request] = now
            self._served_by[event.request] = station
            return [Grant(event.request, station.lifecycle.child)]
        self._desk.now = now
        return self._admit(event, station)

    def _admit(self, event: RequestArrived, station: Station | None) -> list[Command]:
        """Refuse the request, or let it wait and see at once what can be done for it."""
        desk = self._desk
        if desk.braked:
            desk.release_brakes()
        refusal = find_refusal(desk, event.model, desk.now)
        if refusal is not None or station is None:
            return [Reject(event.request, refusal or UnknownModel(event.model))]
        ticket = desk.line.add(event.request, station.facts, desk.now, event.priority, event.caller)
        desk.consider(station)
        commands = desk.finish()
        if ticket.told == 0 and desk.line.get(event.request) is not None:
            commands.append(desk.tell(ticket))
        return commands

    def _on_gone(self, event: RequestGone, now: float) -> list[Command]:
        if self._desk.line.remove(event.request) is None:
            return []
        self._desk.now = now
        return self._left()

    def _on_cancel(self, event: CancelAsked, now: float) -> list[Command]:
        ticket = self._desk.line.remove(event.request)
        if ticket is None:
            return []
        self._desk.now = now
        return [Reject(event.request, Cancelled(ticket.model)), *self._left()]

    def _left(self) -> list[Command]:
        """Somebody waits no more: that matters where others were closed for it."""
        desk = self._desk
        if desk.forced is not None or desk.favoured is not None or desk.now >= desk.next_overdue:
            desk.settle()
        return desk.finish()

    def _on_served(self, event: ServeDone, now: float) -> list[Command]:
        station = self._served_by.pop(event.request, None)
        if station is None:
            return []
        granted = station.in_flight.pop(event.request, None)
        if granted is not None:
            station.note_service(now - granted)
        station.used = now
        if station.in_flight and not self._desk.economics and not self._desk.line.count(station.model):
            return []
        if not self._desk.line and not station.retiring:
            if station.facts.ttl and station.resting:
                self._desk.idle.rest(station.model, now, station.facts.ttl)
            return []
        self._desk.now = now
        if not self._refill(station):
            self._desk.settle()
        return self._desk.finish()

    def _refill(self, station: Station) -> bool:
        """Give the free place to the next who waits for the same model; whether that was all there is to decide."""
        if (
            self._desk.forced is not None
            or self._desk.economics
            or self._desk.now >= self._desk.next_overdue
            or not self._desk.can_serve(station)
        ):
            return False
        self._desk.serve(station)
        return bool(station.in_flight)

    # Children

    def _on_ready(self, event: ChildReady, now: float) -> list[Command]:
        station = self._station_of(event.child, Happening.BECAME_READY)
        if station is None:
            return []
        self._desk.now = now
        self._desk.move(station, Happening.BECAME_READY)
        station.brake.release()
        self._desk.yard.forget_swap(station)
        # Whoever is overdue elsewhere: a load serves those who waited for it (law 4).
        self._desk.serve(station)
        self._desk.settle()
        return self._desk.finish()

    def _on_broke_down(self, event: ChildBrokeDown, now: float) -> list[Command]:
        """The child serves nobody new. Those who wait, and those who come, get the next one when this one is gone."""
        station = self._station_of(event.child, Happening.BROKE_DOWN)
        if station is None:
            return []
        self._desk.now = now
        self._desk.move(station, Happening.BROKE_DOWN)
        station.why = "it has ended by itself"
        self._desk.retiring.discard(station.model)
        station.retiring = None
        # A swap that it is ready for can't begin with it any more; whoever it sends away leaves all the same.
        self._desk.yard.forget_swap(station)
        self._desk.settle()
        return self._desk.finish()

    def _on_child_gone(self, event: ChildExited | ChildFailed, now: float) -> list[Command]:
        """No process of the child is left, whichever way the news is worded."""
        station = self._station_of(event.child, Happening.EXITED)
        if station is None:
            return []
        self._desk.now = now
        failed = station.phase is Phase.STARTING
        self._desk.move(station, Happening.EXITED)
        self._desk.retiring.discard(station.model)
        station.retiring = None
        station.in_flight = {}
        if failed:
            self._desk.yard.forget_swap(station)
            self._desk.reject_waiting(station, LoadFailed(station.model, event.reason))
            self._desk.note_failure(station, event.reason)
        if not self._leaves_for_swap(event.child):
            self._desk.settle()
        return self._desk.finish()

    def _leaves_for_swap(self, child: ChildId) -> bool:
        """Let the swap that waited for the child go on; whether there is one, and it is not over yet.

        The room that such a child leaves is taken: others who wanted it gone as well look again when the swap is
        over, so loads that share a victim go one after the other (spec lifecycle 4.4).
        """
        for swap in self._desk.yard.swaps.values():
            if child in swap.leaving:
                swap.leaving.remove(child)
                self._desk.begin_if_clear(swap)
                return swap.target in self._desk.yard.swaps
        return False

    def _station_of(self, child: ChildId, happening: Happening) -> Station | None:
        """The station that the news is about, unless it comes too late to matter."""
        station = self._stations.get(child.model)
        if station is None or station.child != child or not station.lifecycle.may(happening):
            return None
        return station

    # Orders from people, and time

    def _on_unload(self, event: UnloadAsked, now: float) -> list[Command]:
        self._desk.now = now
        asked = sorted(self._stations) if event.models is None else event.models
        for model in asked:
            station = self._stations.get(model)
            if station is None:
                continue
            self._desk.reject_waiting(station, ModelUnloaded(model, self._desk.yard.planner.name))
            self._desk.yard.forget_swap(station)
            self._desk.forgive(station)
            self._desk.stop(station, station.facts.unload_timeout, UNLOADED)
        self._desk.settle()
        return self._desk.finish()

    def _on_try_again(self, event: TryAgainAsked, now: float) -> list[Command]:
        station = self._stations.get(event.model)
        self._desk.now = now
        if station is not None:
            self._desk.forgive(station)
        self._desk.settle()
        return self._desk.finish()

    def _on_hold(self, event: HoldAsked, now: float) -> list[Command]:
        station = self._stations.get(event.model)
        self._desk.now = now
        if station is not None and (event.until is None or event.until > now):
            self._desk.yard.hold(station, event.until)
        self._desk.settle()
        return self._desk.finish()

    def _on_release(self, event: HoldReleased, now: float) -> list[Command]:
        self._desk.now = now
        self._desk.yard.release(event.model)
        self._desk.settle()
        return self._desk.finish()

    def _on_specs(self, event: SpecsChanged, now: float) -> list[Command]:
        self._desk.now = now
        self._desk.adopt(event)
        for model, facts in event.facts.items():
            known = self._stations.get(model)
            if known is None:
                self._stations[model] = Station(facts, now)
            else:
                known.configure(facts)
        for model, station in self._stations.items():
            self._desk.forgive(station)
            if model not in event.facts:
                station.configured = False
                self._desk.reject_waiting(station, ModelUnloaded(model, event.planner.name))
                self._desk.yard.forget_swap(station)
                self._retire(station, REMOVED)
            elif model in event.restart:
                self._retire(station, RECONFIGURED)
            else:
                station.retiring = None  # the change that it would have left for was taken back
                self._desk.retiring.discard(model)
        for model, seconds in event.load_times.items():
            if model in self._stations:
                self._stations[model].learned.remember_load(seconds)
        self._desk.line.rank_anew(self._facts_of, event.discipline, fair=event.fairness == "caller")
        self._desk.yard.reconfigured()
        self._desk.settle()
        return self._desk.finish()

    def _retire(self, station: Station, reason: StopReason) -> None:
        """Let the present child serve nobody new. One that loads serves nobody yet and stops at once."""
        if station.phase is Phase.STARTING:
            self._desk.yard.forget_swap(station)
            self._desk.stop(station, station.facts.unload_timeout, reason)
        elif station.phase is Phase.READY:
            self._desk.yard.forget_swap(station)
            self._desk.yard.release(station.model)
            station.retiring = reason
            self._desk.retiring.add(station.model)

    def _on_deadline(self, event: DeadlinePassed, now: float) -> list[Command]:
        self._desk.now = now
        self._desk.yard.release_until(now)
        self._desk.release_brakes()
        for model in self._desk.idle.over(now):
            station = self._stations[model]
            self._desk.stop(station, station.facts.unload_timeout, idle_for(station.facts.ttl))
        self._desk.settle()
        return self._desk.finish()

    def _on_shutdown(self, event: ShutdownAsked, now: float) -> list[Command]:
        self._desk.now = now
        self._desk.shutting_down = True
        for station in self._stations.values():
            self._desk.reject_waiting(station, ShuttingDown(self._desk.yard.planner.name))
            self._desk.yard.forget_swap(station)
            self._desk.stop(station, event.grace, SHUT_DOWN)
        return self._desk.finish()

    def _facts_of(self, model: str) -> ModelFacts:
        return self._stations[model].facts
