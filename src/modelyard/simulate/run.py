"""One run: the real scheduler, the clients and the machine under virtual time, the laws checked as it goes."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import inf

from modelyard.core.commands import Command
from modelyard.core.events import DeadlinePassed, Event
from modelyard.core.laws import Bound, LawBroken, LawKeeper
from modelyard.core.scheduler import Scheduler
from modelyard.core.simulation import SimulationError
from modelyard.simulate.errors import WorkloadError
from modelyard.simulate.policies import Policy
from modelyard.simulate.record import Record
from modelyard.simulate.room import Room, Setting
from modelyard.simulate.turnstile import Turnstile

_STUCK = 1_000
_ALL_COMPARED = 1_000
_SAMPLE = 20
"""After `_ALL_COMPARED` steps the scheduler's own picture is compared with what happened only now and then, once in
`_SAMPLE` steps and as many as requests wait: taking it costs as much as the line is long. All other checks are made at
every step."""


def run(setting: Setting, policy: Policy) -> Record:
    """Play the traffic through to its end. Raises `SimulationError` where a law does not hold."""
    try:
        return _Run(setting, policy).play()
    except WorkloadError:
        raise
    except Exception as error:
        raise SimulationError(f"{policy.name}, seed {setting.seed}: {type(error).__name__}: {error}") from error


@dataclass(frozen=True, slots=True)
class _Notebook(Bound):
    """Forbids nothing, and writes down what law 5 asks about at each grant: how many targets were ahead."""

    aheads: list[int] = field(default_factory=list)

    def longest_wait(self, ahead: int) -> float:
        """No limit: the longest service is known only when all is over."""
        self.aheads.append(ahead)
        return inf


class _Run:
    """The loop. What happens in the machine is the room's."""

    def __init__(self, setting: Setting, policy: Policy) -> None:
        self._specs = policy.applied(setting.specs)
        self._record = Record(policy.name, setting.seed, self._specs.max_wait)
        self._room = Room(setting, self._record)
        self._scheduler = Scheduler()
        self._turnstile = None if policy.collates else Turnstile()
        self._notebook = _Notebook(self._specs.max_wait, service=0.0, stop=0.0, load=0.0)
        self._keeper = LawKeeper(self._notebook)
        self._steps = 0
        self._compare_at = 0

    def play(self) -> Record:
        """Until nothing happens any more."""
        now, deadlines = 0.0, 0
        event: Event | None = self._specs
        while event is not None:
            self._room.happened(event, now)
            told = event if self._turnstile is None else self._turnstile.take(event)
            while told is not None:
                commands = self._step(told, now)
                told = None if self._turnstile is None else self._turnstile.after(commands)
            now, event = self._next(now)
            deadlines = deadlines + 1 if isinstance(event, DeadlinePassed) else 0
            if deadlines > _STUCK:
                raise LawBroken(0, f"the deadline at {now:g} does not move")
        self._keeper.finish()
        self._record.aheads = list(zip(self._keeper.waits, self._notebook.aheads, strict=True))
        return self._record

    def _step(self, event: Event, now: float) -> list[Command]:
        commands = self._scheduler.handle(event, now)
        self._keeper.observe(event, commands, now)
        self._steps += 1
        if self._steps >= self._compare_at:
            self._keeper.compare(self._scheduler.snapshot())
            pause = 1 if self._steps < _ALL_COMPARED else _SAMPLE + self._room.waiting
            self._compare_at = self._steps + pause
        for command in commands:
            self._room.carry_out(command, now)
        return commands

    def _next(self, now: float) -> tuple[float, Event | None]:
        """The next event and its time: the world's, or the scheduler's own deadline where that comes first."""
        due = self._room.next_time()
        deadline = self._scheduler.next_deadline()
        if deadline is not None and (due is None or deadline < due):
            return max(deadline, now), DeadlinePassed()
        if due is None:
            return now, None
        return due, self._room.next_event()
