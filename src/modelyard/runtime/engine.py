"""The single owner of the core: events in, commands out, carried out at once.

An event that is raised while commands run is queued, never nested. The last thousand events are kept as a flight
recorder that can be replayed in a test. A request that can be granted at once costs one synchronous call: no task,
no future, no queue.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from typing import Protocol, assert_never

from modelyard.core.commands import Command, Grant, Reject, StartChild, StopChild, TellWaiting
from modelyard.core.errors import Cause
from modelyard.core.events import (
    CancelAsked,
    ChildBrokeDown,
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
    TryAgainAsked,
    UnloadAsked,
)
from modelyard.core.explain import Explanation
from modelyard.core.model import ChildId, Phase, RequestId
from modelyard.core.scheduler import Scheduler
from modelyard.core.snapshot import Snapshot
from modelyard.runtime.clock import Clock
from modelyard.runtime.http.pool import UpstreamPool

FLIGHT_RECORDER = 1000
_ENDS = (ChildExited, ChildFailed)
_NEWS = (ChildReady, ChildExited, ChildFailed)
_MOVES = (*_NEWS, ChildBrokeDown, DeadlinePassed, SpecsChanged, TryAgainAsked, UnloadAsked)
"""Events after which models stand elsewhere; others move them only by a command to start or stop."""


class Serving(Protocol):
    """One running child, as the engine drives it and requests reach it."""

    pool: UpstreamPool

    @property
    def load_progress(self) -> float | None:
        """How far it has loaded, from 0 to 1; None where nobody knows, and when it is ready."""
        ...

    def start(self) -> None:
        """Start the process. Its news come as events."""
        ...

    def stop(self, grace: float, reason: str) -> None:
        """Stop it within `grace` seconds, then kill. `reason` is for the log."""
        ...

    def kill(self) -> None:
        """Kill it at once."""
        ...

    async def wait_gone(self) -> None:
        """Return once no process of it is left."""
        ...


class Waiter(Protocol):
    """Who asked for a model and hears what became of it, exactly one of granted and rejected."""

    def granted(self, serving: Serving) -> None:
        """The request may be forwarded; `Engine.done` ends the grant."""
        ...

    def rejected(self, cause: Cause) -> None:
        """The request ends here."""
        ...

    def waiting_at(self, position: int, turn: int) -> None:
        """The request waits, at this place (1 = next). `turn` is its place among those that wait for a turn of their
        model; 0 where it waits for the load of its model alone."""
        ...


ServingFactory = Callable[[ChildId, str], Serving]
"""Makes what serves a child; the text is the reason of its start."""


ChildNews = StartChild | StopChild | ChildReady | ChildExited | ChildFailed
Witness = Callable[[ChildNews, Serving | None], None]
"""Hears what happens to a child, and what serves it; None where that is gone already."""


class Engine:
    """Runs a `Scheduler` on an event loop."""

    def __init__(self, clock: Clock, make_serving: ServingFactory, scheduler: Scheduler | None = None) -> None:
        self._scheduler = scheduler or Scheduler()
        self._clock = clock
        self._make_serving = make_serving
        self._queue: deque[Event] = deque()
        self._running = False
        self._last_request: RequestId = 0
        self._waiters: dict[RequestId, Waiter] = {}
        self._servings: dict[ChildId, Serving] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._armed_for = float("inf")
        self._moved = False
        self.on_move: Callable[[], None] = _nobody_listens
        """Called when some model's phase, or the list of models, is another."""
        self.witness: Witness = _nobody_looks
        """Told of every child's start, of what it is asked for, and of its news, in their order."""
        self.flight_recorder: deque[tuple[float, Event]] = deque(maxlen=FLIGHT_RECORDER)

    def __repr__(self) -> str:
        return f"<Engine children={sorted(map(str, self._servings))} waiting={len(self._waiters)}>"

    # ---------------------------------------------------------------- requests

    def submit(self, model: str, waiter: Waiter, priority: int | None = None, caller: str = "") -> RequestId:
        """Ask for `model`. The waiter may hear of its grant or rejection before this returns.

        The id is passed to `done` (after a grant) or `leave` (before one). `priority` None means the model's own;
        `caller` is who asks, where shares are counted.
        """
        self._last_request = request = self._last_request + 1
        event = RequestArrived(request, model, priority, caller)
        if self._running:
            self._waiters[request] = waiter
            self._queue.append(event)
            return request
        now = self._clock.now()
        self.flight_recorder.append((now, event))
        commands = self._scheduler.handle(event, now)
        if len(commands) == 1 and isinstance(grant := commands[0], Grant):  # the express lane: nothing to look up
            try:
                waiter.granted(self._servings[grant.child])
            except BaseException:
                self.done(request)  # nobody else would: the caller never gets the id
                raise
            return request
        self._waiters[request] = waiter
        self._carry_out_all(commands)
        return request

    def done(self, request: RequestId) -> None:
        """A granted request ended."""
        if self._running:
            self._queue.append(ServeDone(request))
        elif commands := self._ask(ServeDone(request)):
            self._carry_out_all(commands)
        else:
            self._look_at_the_clock()

    def leave(self, request: RequestId) -> None:
        """A waiting request's client left."""
        self._waiters.pop(request, None)
        self.post(RequestGone(request))

    def cancel(self, request: RequestId) -> None:
        """An operator ends a waiting request: its waiter hears of the rejection. One that is served goes on."""
        self.post(CancelAsked(request))

    # ---------------------------------------------------------------- events and commands

    def post(self, event: Event) -> None:
        """Tell the scheduler what happened and carry out what it asks for."""
        self._queue.append(event)
        if not self._running:
            self._carry_out_all([])

    def _ask(self, event: Event) -> list[Command]:
        now = self._clock.now()
        self.flight_recorder.append((now, event))
        return self._scheduler.handle(event, now)

    def _carry_out_all(self, commands: list[Command]) -> None:
        """Carry out commands, then the events that came up meanwhile, until nothing is left to do."""
        self._running = True
        try:
            for command in commands:
                self._try(command)
            while self._queue:
                event = self._queue.popleft()
                for command in self._ask(event):
                    self._try(command)
                if isinstance(event, _NEWS):
                    self.witness(event, self._servings.get(event.child))
                if isinstance(event, _ENDS):
                    self._forget(event.child)
                self._moved = self._moved or isinstance(event, _MOVES)
        finally:
            self._running = False
        if self._moved:
            self._moved = False
            self.on_move()
        self._look_at_the_clock()

    def _try(self, command: Command) -> None:
        """Carry out one command. What breaks is reported and told to the scheduler; the other commands go on."""
        try:
            self._carry_out(command)
        except Exception as error:
            context = {"message": f"{command} was not carried out", "exception": error}
            asyncio.get_running_loop().call_exception_handler(context)
            if isinstance(command, Grant):
                self._queue.append(ServeDone(command.request))
            elif isinstance(command, StartChild):
                self._queue.append(ChildFailed(command.child, f"internal error: {error}"))

    def _carry_out(self, command: Command) -> None:
        match command:
            case Grant(request=request, child=child):
                self._grant(request, child)
            case Reject(request=request, cause=cause):
                if (waiter := self._waiters.pop(request, None)) is not None:
                    waiter.rejected(cause)
            case TellWaiting(request=request, position=position, turn=turn):
                if (waiter := self._waiters.get(request)) is not None:
                    waiter.waiting_at(position, turn)
            case StartChild(child=child, reason=reason):
                self._moved = True
                serving = self._servings[child] = self._make_serving(child, reason)
                self.witness(command, serving)
                serving.start()
            case StopChild(child=child, grace=grace, reason=reason):
                self._moved = True
                if (leaving := self._servings.get(child)) is not None:
                    self.witness(command, leaving)
                    leaving.stop(grace, reason.words)
            case _ as never:
                assert_never(never)

    def _grant(self, request: RequestId, child: ChildId) -> None:
        waiter = self._waiters.pop(request, None)
        serving = self._servings.get(child)
        if waiter is None or serving is None:
            self._queue.append(ServeDone(request))
        else:
            waiter.granted(serving)

    def _forget(self, child: ChildId) -> None:
        serving = self._servings.pop(child, None)
        if serving is not None:
            serving.pool.close()

    # ---------------------------------------------------------------- time

    def _look_at_the_clock(self) -> None:
        """Keep one timer, for the scheduler's next deadline. A deadline that moved away is looked at when it comes."""
        deadline = self._scheduler.next_deadline()
        if deadline is not None and deadline < self._armed_for:
            self._arm(deadline)

    def _arm(self, deadline: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._armed_for = deadline
        delay = max(0.0, deadline - self._clock.now())
        self._timer = asyncio.get_running_loop().call_later(delay, self._wake)

    def _wake(self) -> None:
        self._timer = None
        self._armed_for = float("inf")
        deadline = self._scheduler.next_deadline()
        if deadline is None:
            return
        if deadline <= self._clock.now():
            self.post(DeadlinePassed())
        else:
            self._arm(deadline)

    # ---------------------------------------------------------------- questions and orders

    @property
    def clock(self) -> Clock:
        """What everything here goes by."""
        return self._clock

    def snapshot(self) -> Snapshot:
        """What stands where, at this moment."""
        return self._scheduler.snapshot()

    def explain(self, model: str) -> Explanation:
        """What would happen if a request for a model came at this moment, and why. Changes nothing."""
        return self._scheduler.explain(model, self._clock.now())

    def load_times(self) -> dict[str, float]:
        """How long loads take (seconds), for every model of which that is known."""
        return self._scheduler.load_times()

    def phase_of(self, model: str) -> Phase:
        """Where a model stands, at this moment; one that is not known is stopped."""
        return self._scheduler.phase_of(model)

    def load_progress(self, model: str) -> float | None:
        """How far a model that starts has loaded, from 0 to 1; None where nobody knows."""
        if self.phase_of(model) is not Phase.STARTING:
            return None
        return next(
            (one.load_progress for child, one in reversed(self._servings.items()) if child.model == model), None
        )

    def ready_serving(self, model: str) -> Serving | None:
        """What serves a model, if it is ready: for what is forwarded without a grant, which delays no swap."""
        if self.phase_of(model) is not Phase.READY:
            return None
        return next((serving for child, serving in reversed(self._servings.items()) if child.model == model), None)

    async def unload(self, models: tuple[str, ...] | None = None) -> None:
        """Stop these models (None: all) and return when their processes are gone."""
        leaving = self._servings_of(models)
        self.post(UnloadAsked(models))
        await _all_gone(leaving)

    async def shut_down(self, grace: float) -> None:
        """Reject who waits, stop all children within `grace` seconds each, and return when they are gone."""
        self.post(ShutdownAsked(grace))
        await _all_gone(list(self._servings.values()))
        if self._timer is not None:
            self._timer.cancel()

    def kill_all(self) -> None:
        """Kill every child at once."""
        for serving in list(self._servings.values()):
            serving.kill()

    def _servings_of(self, models: tuple[str, ...] | None) -> list[Serving]:
        return [serving for child, serving in self._servings.items() if models is None or child.model in models]


def _nobody_listens() -> None:
    pass


def _nobody_looks(news: ChildNews, serving: Serving | None) -> None:
    pass


async def _all_gone(servings: Iterable[Serving]) -> None:
    for serving in servings:
        await serving.wait_gone()
