"""The machine and the clients of a run: what they do with the scheduler's commands, and what happens next."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from heapq import heappop, heappush

from modelyard.core.commands import Command, Grant, Reject, StartChild, StopChild
from modelyard.core.events import (
    ChildExited,
    ChildFailed,
    ChildReady,
    Event,
    RequestArrived,
    RequestGone,
    ServeDone,
    SpecsChanged,
)
from modelyard.core.model import ChildId, RequestId
from modelyard.simulate.clients import Ask, Client
from modelyard.simulate.errors import MOST_REQUESTS, WorkloadError
from modelyard.simulate.machine import Machine
from modelyard.simulate.record import ChildRecord, Ending, Record, RequestRecord, width_of

_RETRY = 1.0
"""Seconds after which a client of a closed loop that was refused tries again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What all runs of a comparison share."""

    specs: SpecsChanged
    """What the configuration says."""
    machine: Machine
    clients: Callable[[], list[Client]]
    """Makes the clients, at their beginning."""
    seed: int


class Room:
    """The machine and the clients: carries commands out, knows what comes next, and keeps the record."""

    def __init__(self, setting: Setting, record: Record) -> None:
        self._setting = setting
        self._record = record
        self._future: list[tuple[float, int, Event | tuple[Ask, Client]]] = []
        self._made = 0
        self._requests: dict[RequestId, RequestRecord] = {}
        self._clients: dict[RequestId, Client] = {}
        self._children: dict[str, ChildRecord] = {}
        self._serving: dict[str, set[RequestId]] = {}
        self._queued: dict[str, int] = {}
        self._memory = 0.0
        self.waiting = 0
        """How many wait."""
        for client in setting.clients():
            for ask in client.opening():
                self._plan(ask.at, (ask, client))

    def next_time(self) -> float | None:
        """When something happens next."""
        return self._future[0][0] if self._future else None

    def next_event(self) -> Event:
        """Let it happen. Requests are numbered in the order in which they arrive."""
        at, _, happening = heappop(self._future)
        if not isinstance(happening, tuple):
            return happening
        ask, client = happening
        number = len(self._requests) + 1
        if number > MOST_REQUESTS:
            raise WorkloadError(f"more than {MOST_REQUESTS:,} requests: an agent whose answers take no time never ends")
        self._requests[number] = RequestRecord(number, ask.model, ask.caller, at, ask.service)
        self._record.requests.append(self._requests[number])
        self._clients[number] = client
        if ask.patience is not None:
            self._plan(at + ask.patience, RequestGone(number))
        return RequestArrived(number, ask.model, caller=ask.caller)

    def happened(self, event: Event, now: float) -> None:
        """What an event means for the machine and the clients."""
        match event:
            case RequestArrived():
                self._queue(event.model, 1)
            case RequestGone():
                request = self._requests[event.request]
                if request.granted is None and request.ending is None:
                    self._queue(request.model, -1)
                    self._end(request, Ending.LEFT, now)
            case ServeDone():
                self._served(self._requests[event.request], now)
            case ChildReady():
                self._ready(event.child, now)
            case ChildExited() | ChildFailed():
                self._gone(event.child, now)
            case _:
                pass

    def carry_out(self, command: Command, now: float) -> None:
        """Begin what a command asks for."""
        match command:
            case StartChild():
                self._start(command.child, now)
            case StopChild():
                self._stop(command, now)
            case Grant():
                self._grant(self._requests[command.request], now)
            case Reject():
                request = self._requests[command.request]
                self._queue(request.model, -1)
                self._end(request, Ending.REJECTED, now)
            case _:
                pass

    def _plan(self, at: float, happening: Event | tuple[Ask, Client]) -> None:
        self._made += 1
        heappush(self._future, (at, self._made, happening))

    # Requests

    def _queue(self, model: str, change: int) -> None:
        self.waiting += change
        self._queued[model] = self._queued.get(model, 0) + change
        self._note_crowd(model)

    def _grant(self, request: RequestRecord, now: float) -> None:
        serving = self._serving.setdefault(request.model, set())
        child = self._children[request.model]
        if not serving:
            child.busy.append((now, now))
        serving.add(request.number)
        child.served += 1
        request.granted = now
        self._queue(request.model, -1)
        self._plan(now + request.service, ServeDone(request.number))

    def _note_crowd(self, model: str) -> None:
        width = width_of(self._setting.specs.facts[model])
        if self._queued[model] > 0 and len(self._serving.get(model, ())) >= width:
            self._record.crowded.add(model)

    def _served(self, request: RequestRecord, now: float) -> None:
        serving = self._serving[request.model]
        serving.discard(request.number)
        if not serving:
            busy = self._children[request.model].busy
            busy[-1] = (busy[-1][0], now)
        self._end(request, Ending.SERVED, now)

    def _end(self, request: RequestRecord, ending: Ending, now: float) -> None:
        request.ended, request.ending = now, ending
        self._record.end = now
        client = self._clients.pop(request.number)
        ask = client.answered(now + (_RETRY if ending is Ending.REJECTED else 0.0), self._children.keys())
        if ask is not None:
            self._plan(ask.at, (ask, client))

    # Children

    def _start(self, child: ChildId, now: float) -> None:
        self._children[child.model] = ChildRecord(child, now)
        self._record.children.append(self._children[child.model])
        self._memory += self._setting.machine.memory_of(child.model)
        self._record.peak_memory = max(self._record.peak_memory, self._memory)
        load = self._setting.machine.load_of(child.model, child.generation, self._setting.seed)
        self._plan(now + load, ChildReady(child))

    def _ready(self, child: ChildId, now: float) -> None:
        record = self._children.get(child.model)
        if record is not None and record.child == child and record.stopping is None:
            record.ready = now

    def _stop(self, stop: StopChild, now: float) -> None:
        child = self._children[stop.child.model]
        child.stopping = now
        drawn = self._setting.machine.stop_of(stop.child.model, stop.child.generation, self._setting.seed)
        self._plan(now + min(drawn, stop.grace), ChildExited(stop.child))

    def _gone(self, child: ChildId, now: float) -> None:
        self._children.pop(child.model).gone = now
        self._memory -= self._setting.machine.memory_of(child.model)
