"""The laws of the core, watched from outside.

`LawKeeper` sees what everybody sees, events and commands, and keeps its own books. It knows nothing of how the
scheduler decides. The tests and the simulation show it every step; it raises `LawBroken` with the law's number
(DESIGN section 3).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from modelyard.core.commands import Command, Grant, Reject, StartChild, StopChild, TellWaiting
from modelyard.core.errors import Braked, Held
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
from modelyard.core.model import ChildId, ModelFacts, Phase, RequestId
from modelyard.core.planners.base import Planner, Resident
from modelyard.core.snapshot import Snapshot


class LawBroken(AssertionError):  # noqa: N818 - it says what happened
    """A law does not hold. `law` is its number, 0 for the ground rules that all laws stand on."""

    def __init__(self, law: int, what: str) -> None:
        super().__init__(f"law {law}: {what}")
        self.law = law


@dataclass(frozen=True, slots=True)
class Bound:
    """What law 5 promises where every service, stop and load ends within these times (seconds)."""

    max_wait: float
    service: float
    stop: float
    load: float

    def longest_wait(self, ahead: int) -> float:
        """The longest wait with so many targets ahead: those overdue earlier, and one for what is committed already."""
        turn = self.service + self.stop + self.load
        return self.max_wait + (ahead + 1) * turn + ahead * self.service


@dataclass(slots=True)
class _Request:
    model: str
    arrived: float
    ahead: int | None = None
    """How many targets were ahead when it became overdue; None as long as it is not."""


class LawKeeper:
    """Checks every step. With a `bound` it also holds law 5 to its promise, which is about worlds where nothing
    crashes, nobody unloads, and `parallel` is never the bottleneck."""

    def __init__(self, bound: Bound | None = None) -> None:
        self._bound = bound
        self._planners: list[Planner] = []
        self._seen: set[RequestId] = set()
        self._waiting: dict[RequestId, _Request] = {}
        self._in_flight: dict[RequestId, ChildId] = {}
        self._children: dict[str, ChildId] = {}
        self._phases: dict[str, Phase] = {}
        self._generations: dict[str, int] = {}
        self._facts: Mapping[str, ModelFacts] = {}
        self._holds: dict[ChildId, float | None] = {}
        self._used: dict[ChildId, float] = {}
        self._economics = False
        self._restarting: set[ChildId] = set()
        self._failures: dict[str, list[float]] = {}
        """When the starts of a model failed, in a row."""
        self._max_wait = 0.0
        self._shutting_down = False
        self.swaps = 0
        """How many children were started."""
        self.waits: list[float] = []
        """How long each granted request had waited (seconds)."""
        self.overdue = 0
        """How many requests were granted that had become overdue."""
        self.closest = 0.0
        """The largest part of its bound that any of these waited for; 0 where no bound is known."""

    def __repr__(self) -> str:
        return f"<LawKeeper waiting {sorted(self._waiting)} in flight {sorted(self._in_flight)}>"

    def observe(self, event: Event, commands: Sequence[Command], now: float) -> None:
        """Check one step. Raises `LawBroken`."""
        self._note_overdue(now)
        failed = self._failed(event)
        self._note_failure(event, failed, now)
        owed = self._note_event(event, now)
        wanted = set(self._waiting)
        quiet = not any(phase in (Phase.STARTING, Phase.STOPPING) for phase in self._phases.values())
        served: set[str] = set()
        for command in commands:
            match command:
                case Grant():
                    served.add(self._models_of(command))
                    self._granted(command, now)
                case Reject():
                    self._ended(command.request, "rejected")
                    self._check_refusal(command, now)
                case StopChild():
                    self._stopped(command, event, quiet=quiet, now=now)
                case StartChild():
                    self._started(command.child, now)
                case TellWaiting():
                    _hold(1, command.request in wanted, f"{command.request} is told a place, but does not wait")
        left = [request for request, r in self._waiting.items() if r.model == failed]
        _hold(1, not left, f"{left} wait on for {failed}, whose load has failed")
        _hold(4, owed is None or owed in served, f"{owed} was loaded and serves none of its waiters")
        if self._shutting_down:
            _hold(1, not self._waiting, "requests wait in a scheduler that shuts down")

    def compare(self, snapshot: Snapshot) -> None:
        """Check that the scheduler shows of itself what happened."""
        shown = {entry.request for entry in snapshot.queue}
        _hold(1, shown == set(self._waiting), f"{shown ^ set(self._waiting)} wait in one book, but not in the other")
        for model, state in snapshot.models.items():
            child = self._children.get(model)
            _hold(0, state.child == child, f"{model} shows {state.child}, but {child} runs")
            served = {request for request, by in self._in_flight.items() if by == child}
            _hold(2, state.in_flight == served, f"{model} shows {set(state.in_flight)} in flight, but serves {served}")

    def finish(self) -> None:
        """Everything is drained: check that every request ended."""
        _hold(1, not self._waiting, f"{sorted(self._waiting)} wait for ever")
        _hold(2, not self._in_flight, f"{sorted(self._in_flight)} never ended")

    # Events

    def _failed(self, event: Event) -> str | None:
        """The model whose load this event ends without success, though nobody had asked it to stop."""
        if not isinstance(event, ChildFailed | ChildExited):
            return None
        return event.child.model if self._starts(event.child) else None

    def _starts(self, child: ChildId) -> bool:
        """Whether the child is the model's present one, was asked to start, and nothing has been heard of it since."""
        return self._children.get(child.model) == child and self._phases[child.model] is Phase.STARTING

    def _note_event(self, event: Event, now: float) -> str | None:
        """Keep the books; says which model owes its waiters a grant in this step."""
        match event:
            case RequestArrived():
                if event.request in self._seen:
                    raise ValueError(f"request {event.request} arrives twice")
                self._seen.add(event.request)
                self._waiting[event.request] = _Request(event.model, now)
            case RequestGone():
                self._waiting.pop(event.request, None)
            case ServeDone():
                child = self._in_flight.pop(event.request, None)
                if child is not None:
                    self._used[child] = now
            case HoldAsked() | HoldReleased():
                self._note_hold(event, now)
            case ChildReady():
                self._used[event.child] = now
                return self._became_ready(event.child)
            case ChildFailed() | ChildExited() | ChildBrokeDown():
                self._ends(event)
            case SpecsChanged():
                self._note_specs(event)
            case ShutdownAsked():
                self._shutting_down = True
            case UnloadAsked() | DeadlinePassed() | CancelAsked() | TryAgainAsked():
                pass
        return None

    def _note_failure(self, event: Event, failed: str | None, now: float) -> None:
        """Count failed starts in a row (R31)."""
        if failed is not None:
            self._failures.setdefault(failed, []).append(now)
        match event:
            case ChildReady(child=child):
                if self._starts(child):  # late news of another child says nothing of this one
                    self._failures.pop(child.model, None)
            case TryAgainAsked(model=model):
                self._failures.pop(model, None)
            case SpecsChanged() | UnloadAsked(models=None):
                self._failures.clear()
            case UnloadAsked(models=models):
                for model in models or ():
                    self._failures.pop(model, None)

    def _paused_until(self, model: str) -> float:
        """A second after the third failure in a row, twice that after each further one, a minute at most."""
        failures = self._failures.get(model, [])
        return failures[-1] + min(2.0 ** (len(failures) - 3), 60.0) if len(failures) >= 3 else 0.0

    def _note_hold(self, event: HoldAsked | HoldReleased, now: float) -> None:
        child = self._children.get(event.model)
        if child is None:
            return
        if isinstance(event, HoldReleased):
            self._holds.pop(child, None)
        elif not self._leaves(child) and (event.until is None or event.until > now):
            self._holds[child] = event.until

    def _leaves(self, child: ChildId) -> bool:
        return self._phases[child.model] is Phase.STOPPING or self._retires(child)

    def _note_specs(self, event: SpecsChanged) -> None:
        self._facts = event.facts
        self._economics = event.economics
        self._restarting = {child for model, child in self._children.items() if model in event.restart}
        self._holds = {child: until for child, until in self._holds.items() if not self._retires(child)}
        self._max_wait = event.max_wait
        for request in self._waiting.values():
            request.ahead = None
        if not any(phase is not Phase.READY for phase in self._phases.values()):
            self._planners.clear()
        self._planners.append(event.planner)

    def _became_ready(self, child: ChildId) -> str | None:
        if not self._starts(child):
            return None
        self._phases[child.model] = Phase.READY
        return child.model if any(r.model == child.model for r in self._waiting.values()) else None

    def _ends(self, event: ChildFailed | ChildExited | ChildBrokeDown) -> None:
        child = event.child
        if not isinstance(event, ChildBrokeDown):
            self._gone(child)
        elif self._children.get(child.model) == child and self._phases[child.model] is Phase.READY:
            self._phases[child.model] = Phase.STOPPING

    def _gone(self, child: ChildId) -> None:
        if self._children.get(child.model) == child:
            del self._children[child.model], self._phases[child.model]
            for request in [request for request, by in self._in_flight.items() if by == child]:
                self._in_flight[request] = ChildId(child.model, 0)

    def _note_overdue(self, now: float) -> None:
        """Count the targets ahead of each request that has become overdue by now."""
        if self._max_wait <= 0:
            return
        for number, request in self._waiting.items():
            if request.ahead is None and request.arrived + self._max_wait <= now:
                earlier = {other.model for name, other in self._waiting.items() if name < number}
                # Swaps that are committed by now go on beside each other, and together they are one turn more.
                committed = any(phase is not Phase.READY for phase in self._phases.values())
                request.ahead = len(earlier - {request.model}) + committed

    # Commands

    def _models_of(self, grant: Grant) -> str:
        request = self._waiting.get(grant.request)
        _hold(1, request is not None, f"{grant.request} is granted, but does not wait")
        assert request is not None
        _hold(1, request.model == grant.child.model, f"{grant.request} wanted {request.model}, got {grant.child}")
        return request.model

    def _granted(self, grant: Grant, now: float) -> None:
        child = grant.child
        ready = self._children.get(child.model) == child and self._phases[child.model] is Phase.READY
        _hold(2, ready, f"{grant.request} is granted to {child}, which is not ready")
        retired = self._retires(child)
        _hold(0, not retired, f"{grant.request} is granted to {child}, which retires")
        request = self._waiting[grant.request]
        self._check_wait(grant.request, request, now - request.arrived)
        self._ended(grant.request, "granted")
        self._in_flight[grant.request] = child

    def _check_wait(self, name: RequestId, request: _Request, waited: float) -> None:
        self.waits.append(waited)
        self.overdue += request.ahead is not None
        if self._bound is None:
            return
        longest = self._bound.longest_wait(request.ahead or 0)
        _hold(5, waited <= longest + 1e-6, f"{name} waited {waited:g} s, more than {longest:g} s")
        if request.ahead is not None:
            self.closest = max(self.closest, waited / longest)

    def _check_refusal(self, reject: Reject, now: float) -> None:
        """Only for a model that runs, and that nobody may evict, may another be refused; and only after three failed
        starts in a row may a model be."""
        if isinstance(reject.cause, Braked):
            paused = now < self._paused_until(reject.cause.model)
            _hold(0, paused, f"{reject.request} is refused, though {reject.cause.model} may be tried")
        if isinstance(reject.cause, Held):
            holder = reject.cause.holder
            held = any(child.model == holder for child in self._holds)
            guarded = holder in self._facts and (held or self._facts[holder].evictable == "never")
            _hold(0, guarded, f"{reject.request} is refused for {holder}, which nobody holds")

    def _ended(self, request: RequestId, how: str) -> None:
        _hold(1, request in self._waiting, f"{request} is {how}, but does not wait")
        del self._waiting[request]

    def _started(self, child: ChildId, now: float) -> None:
        model = child.model
        _hold(0, now >= self._paused_until(model), f"{child} starts, though its pause is not over")
        _hold(0, not self._shutting_down, f"{child} starts in a scheduler that shuts down")
        _hold(0, model in self._facts, f"{child} starts, but is not configured")
        _hold(0, model not in self._children, f"{child} starts beside {self._children.get(model)}")
        _hold(0, child.generation > self._generations.get(model, 0), f"{child} is not newer than the one before")
        for other in self._children.values():
            _hold(0, not self._exclude(child, other), f"{child} starts beside {other}, which it excludes")
        self._generations[model] = child.generation
        self._children[model] = child
        self._phases[model] = Phase.STARTING
        self.swaps += 1

    def _exclude(self, one: ChildId, other: ChildId) -> bool:
        """Whether each evicts the other, by every policy that was in force since all was quiet."""
        return all(_evicts(p, one, other) and _evicts(p, other, one) for p in self._planners)

    def _stopped(self, stop: StopChild, event: Event, *, quiet: bool, now: float) -> None:
        child = stop.child
        model = child.model
        _hold(0, self._children.get(model) == child, f"{child} is stopped, but does not run")
        phase = self._phases[model]
        _hold(0, phase is not Phase.STOPPING, f"{child} is stopped twice")
        ordered = _is_ordered(event, model)
        if not ordered:
            busy = [request for request, by in self._in_flight.items() if by == child]
            _hold(3, not busy, f"{child} is stopped while it serves {busy}")
        if not ordered and not isinstance(event, SpecsChanged):
            _hold(4, phase is Phase.READY, f"{child} is stopped before it was ready")
            _hold(0, not self._is_guarded(child, event, now), f"{child} is stopped, though nobody may evict it")
            self._check_collation(child, quiet=quiet, now=now)
        self._phases[model] = Phase.STOPPING

    def _retires(self, child: ChildId) -> bool:
        return child in self._restarting or child.model not in self._facts

    def _is_guarded(self, child: ChildId, event: Event, now: float) -> bool:
        """Whether nobody's swap may stop the child. Its own `ttl` may, at a deadline."""
        if self._retires(child):
            return False
        facts = self._facts[child.model]
        if isinstance(event, DeadlinePassed) and 0 < facts.ttl <= now - self._used[child] + 1e-9:
            return False
        until = self._holds.get(child, 0.0)
        return facts.evictable != "always" or until is None or until > now

    def _check_collation(self, child: ChildId, *, quiet: bool, now: float) -> None:
        """Nobody may be left waiting for a ready child that goes, unless somebody is overdue, or the child may not
        serve beside others."""
        if not quiet or any(r.ahead is not None or r.arrived + self._max_wait <= now for r in self._waiting.values()):
            return
        if len(self._planners) > 1 or child.model not in self._facts or self._economics:
            return
        others = [other for other in self._children.values() if other != child]
        if any(_evicts(self._planners[0], child, other) for other in others):
            return
        left = [request for request, r in self._waiting.items() if r.model == child.model]
        _hold(9, not left or child in self._restarting, f"{child} goes while {left} wait for it")


def _is_ordered(event: Event, model: str) -> bool:
    """Whether somebody asked for this model to stop at once."""
    if isinstance(event, ShutdownAsked):
        return True
    return isinstance(event, UnloadAsked) and (event.models is None or model in event.models)


def _evicts(planner: Planner, target: ChildId, other: ChildId) -> bool:
    return bool(planner.plan(target.model, [Resident(other, Phase.READY)]).evict)


def _hold(law: int, holds: bool, what: str) -> None:
    if not holds:
        raise LawBroken(law, what)
