"""The real scheduler under virtual time, against a modelled machine.

The machine carries commands out as slowly, and as badly, as its world says; `LawKeeper` checks every step; at the end
everything is drained and every request must have ended. A failure names the seed that replays it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from heapq import heappop, heappush
from statistics import median

from modelyard.core.commands import Command, Grant, Reject, StartChild, StopChild
from modelyard.core.events import (
    ChildBrokeDown,
    ChildExited,
    ChildFailed,
    ChildReady,
    DeadlinePassed,
    Event,
    RequestArrived,
    RequestGone,
    ServeDone,
)
from modelyard.core.laws import Bound, LawBroken, LawKeeper
from modelyard.core.model import ChildId, RequestId
from modelyard.core.scheduler import Scheduler
from modelyard.core.worlds import Dice, World

Trace = Callable[[float, Event, list[Command]], None]
"""Is shown every step of the dialogue."""

_STEPS = 100_000
_STUCK = 1_000


class SimulationError(AssertionError):
    """A law was broken, or the scheduler raised. The message carries the seed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What happened in a world. Waits are seconds, of granted requests; `overdue` of them had waited for `maxWait`, and
    `closest` is the largest part of law 5's bound that one of those waited for (0 where the world has no bound)."""

    requests: int
    granted: int
    rejected: int
    swaps: int
    median_wait: float
    longest_wait: float
    duration: float
    steps: int
    overdue: int
    closest: float


class _MachineRoom:
    """Knows what runs and lets the future happen: events in the order of their times."""

    def __init__(self, world: World) -> None:
        self._dice = Dice(world.seed ^ 0x5DEECE66D)
        self._machine = world.machine
        self._future: list[tuple[float, int, Event]] = []
        self._made = 0
        self._serving: dict[ChildId, set[RequestId]] = {}
        self._ready: set[ChildId] = set()
        self._stopping: set[ChildId] = set()
        self.rejected = 0
        for number, visit in enumerate(world.visits, start=1):
            self.plan(visit.at, RequestArrived(number, visit.model, visit.priority, visit.caller))
            if visit.patience is not None:
                self.plan(visit.at + visit.patience, RequestGone(number))
        for at, order in world.orders:
            self.plan(at, order)

    def plan(self, at: float, event: Event) -> None:
        """Let `event` happen at `at`."""
        self._made += 1
        heappush(self._future, (at, self._made, event))

    def next_time(self) -> float | None:
        """When something happens next."""
        return self._future[0][0] if self._future else None

    def next_event(self) -> Event:
        """Let it happen."""
        return heappop(self._future)[2]

    def happened(self, event: Event, now: float) -> None:
        """What an event means for the machine."""
        match event:
            case RequestGone():
                # A client that leaves while it is served ends its service early; the end comes twice then.
                if any(event.request in served for served in self._serving.values()):
                    self.plan(now, ServeDone(event.request))
            case ServeDone():
                for served in self._serving.values():
                    served.discard(event.request)
            case ChildReady():
                self._ready.add(event.child)
                self._perhaps_crash(event.child, now)
            case ChildExited() | ChildFailed():
                self._ready.discard(event.child)
                for request in sorted(self._serving.pop(event.child, ())):
                    self.plan(now + self._dice.time(0.5), ServeDone(request))
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
                self._serving.setdefault(command.child, set()).add(command.request)
                self.plan(now + self._dice.time(self._machine.service), ServeDone(command.request))
            case Reject():
                self.rejected += 1
            case _:
                pass

    def _start(self, child: ChildId, now: float) -> None:
        at = now + self._dice.time(self._machine.load)
        if self._dice.chance(self._machine.failing):
            ends: tuple[Event, ...] = (ChildFailed(child, "broken"), ChildExited(child, "gone"))
            self.plan(at, self._dice.pick(ends))
        else:
            self.plan(at, ChildReady(child))

    def _stop(self, stop: StopChild, now: float) -> None:
        self._stopping.add(stop.child)
        at = now + min(self._dice.time(self._machine.stop), stop.grace)
        starting = stop.child not in self._ready
        self.plan(at, ChildFailed(stop.child, "stopped") if starting else ChildExited(stop.child))

    def _perhaps_crash(self, child: ChildId, now: float) -> None:
        if child not in self._stopping and self._dice.chance(self._machine.crashing):
            at = now + self._dice.time(10.0)
            self.plan(at, ChildBrokeDown(child))
            self.plan(at + self._dice.time(2.0), ChildExited(child, "crashed"))


def simulate(world: World, trace: Trace | None = None) -> Outcome:
    """Run a world to its end. Raises `SimulationError` where a law does not hold."""
    try:
        return _run(world, trace)
    except Exception as error:
        raise SimulationError(f"seed {world.seed}: {type(error).__name__}: {error}") from error


def _run(world: World, trace: Trace | None) -> Outcome:
    scheduler = Scheduler()
    room = _MachineRoom(world)
    keeper = LawKeeper(_bound_of(world))
    now, steps, deadlines = 0.0, 0, 0
    event: Event | None = world.specs
    while event is not None:
        room.happened(event, now)
        commands = scheduler.handle(event, now)
        if trace is not None:
            trace(now, event, commands)
        keeper.observe(event, commands, now)
        keeper.compare(scheduler.snapshot())
        for command in commands:
            room.carry_out(command, now)
        steps += 1
        if steps > _STEPS:
            raise LawBroken(0, "the world does not come to rest")
        now, event = _next(room, scheduler, now)
        deadlines = deadlines + 1 if isinstance(event, DeadlinePassed) else 0
        if deadlines > _STUCK:
            raise LawBroken(0, f"the deadline at {now:g} does not move")
    keeper.finish()
    waits = keeper.waits or [0.0]
    return Outcome(
        requests=len(world.visits),
        granted=len(keeper.waits),
        rejected=room.rejected,
        swaps=keeper.swaps,
        median_wait=median(waits),
        longest_wait=max(waits),
        duration=now,
        steps=steps,
        overdue=keeper.overdue,
        closest=keeper.closest,
    )


def _next(room: _MachineRoom, scheduler: Scheduler, now: float) -> tuple[float, Event | None]:
    """The next event and its time: the machine's, or the scheduler's own deadline where that comes first."""
    due = room.next_time()
    deadline = scheduler.next_deadline()
    if deadline is not None and (due is None or deadline < due):
        return max(deadline, now), DeadlinePassed()
    if due is None:
        return now, None
    return due, room.next_event()


def _bound_of(world: World) -> Bound | None:
    if not world.calm:
        return None
    machine = world.machine
    return Bound(world.specs.max_wait, service=machine.service, stop=machine.stop, load=machine.load)
