"""Tests of the scheduler as a dialogue: this happened, expect exactly these commands.

    book = Playbook("a", "b")
    book.asks(1, "a").expect("start a#1")
    book.ready("a#1").expect("grant 1 a#1")

Every step is shown to a `LawKeeper` too, so a test that expects nothing of a step still checks the laws.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypedDict, Unpack

from modelyard.core.commands import Command, Grant, Reject, StartChild, StopChild, TellWaiting
from modelyard.core.disciplines import Discipline
from modelyard.core.errors import Cause
from modelyard.core.events import (
    CancelAsked,
    ChildBrokeDown,
    ChildExited,
    ChildFailed,
    ChildReady,
    DeadlinePassed,
    Event,
    Fairness,
    HoldAsked,
    HoldReleased,
    RequestArrived,
    RequestGone,
    ServeDone,
    ShutdownAsked,
    SpecsChanged,
    UnloadAsked,
)
from modelyard.core.laws import LawKeeper
from modelyard.core.model import ChildId, ModelFacts
from modelyard.core.planners.base import Planner
from modelyard.core.planners.groups import GroupRule, GroupsPlanner
from modelyard.core.scheduler import Scheduler


def child(name: str) -> ChildId:
    """The child that is written `model#generation`."""
    model, _, generation = name.rpartition("#")
    return ChildId(model, int(generation))


def side_by_side(*models: str) -> GroupsPlanner:
    """A policy under which these models do not disturb each other, nor anybody else."""
    return GroupsPlanner({"side by side": GroupRule(swap=False, exclusive=False, members=models)})


def all_of(models: Iterable[str | ModelFacts]) -> dict[str, ModelFacts]:
    """Facts by model; a bare name means the defaults."""
    facts = [ModelFacts(model=model) if isinstance(model, str) else model for model in models]
    return {fact.model: fact for fact in facts}


class Policy(TypedDict, total=False):
    """What `SpecsChanged` says besides models and planner; what is left out stays as it was before."""

    max_wait: float
    min_residency: float
    fairness: Fairness
    economics: bool
    load_times: Mapping[str, float]
    discipline: Discipline


class Playbook:
    """A scheduler, a clock that the test moves, and the commands of the last step."""

    def __init__(
        self,
        *models: str | ModelFacts,
        planner: Planner | None = None,
        groups: Mapping[str, GroupRule] | None = None,
        **policy: Unpack[Policy],
    ) -> None:
        self.now = 0.0
        self.scheduler = Scheduler()
        self.commands: list[Command] = []
        self._keeper = LawKeeper()
        self._brought_up = 0
        self.planner = planner or GroupsPlanner(groups or {})
        """Decides from the next configuration on."""
        self._policy: Policy = {"max_wait": 0.0}
        self._policy.update(policy)
        self.configure(*models)

    # What happens

    def happens(self, event: Event) -> Playbook:
        """Let an event happen now."""
        self.commands = self.scheduler.handle(event, self.now)
        self._keeper.observe(event, self.commands, self.now)
        self._keeper.compare(self.scheduler.snapshot())
        return self

    def asks(self, request: int, model: str, caller: str = "", *, priority: int | None = None) -> Playbook:
        """A request for a model arrives."""
        return self.happens(RequestArrived(request, model, priority, caller))

    def ask_all(self, model: str, first: int, last: int, caller: str = "") -> Playbook:
        """Requests `first` to `last` arrive, one after the other, all for the same model."""
        for request in range(first, last + 1):
            self.asks(request, model, caller)
        return self

    def leaves(self, request: int) -> Playbook:
        """The client of a waiting request leaves."""
        return self.happens(RequestGone(request))

    def cancel(self, request: int) -> Playbook:
        """An operator ends a waiting request."""
        return self.happens(CancelAsked(request))

    def hold(self, model: str, until: float | None = None) -> Playbook:
        """Somebody wants a running model to stay."""
        return self.happens(HoldAsked(model, until))

    def release(self, model: str) -> Playbook:
        """A hold is over."""
        return self.happens(HoldReleased(model))

    def served(self, request: int) -> Playbook:
        """A granted request ends."""
        return self.happens(ServeDone(request))

    def ready(self, name: str) -> Playbook:
        """A child became ready."""
        return self.happens(ChildReady(child(name)))

    def failed(self, name: str, reason: str = "broken") -> Playbook:
        """A child did not become ready."""
        return self.happens(ChildFailed(child(name), reason))

    def broke_down(self, name: str) -> Playbook:
        """A ready child has ended by itself, and something of it is left for a while."""
        return self.happens(ChildBrokeDown(child(name)))

    def exited(self, name: str) -> Playbook:
        """No process of a child is left."""
        return self.happens(ChildExited(child(name)))

    def unload(self, *models: str) -> Playbook:
        """Somebody wants models stopped; none named means all."""
        return self.happens(UnloadAsked(models or None))

    def configure(self, *models: str | ModelFacts, restart: Iterable[str] = ()) -> Playbook:
        """The configuration is loaded, for the first time or anew."""
        return self.happens(SpecsChanged(all_of(models), self.planner, frozenset(restart), **self._policy))

    def policy(self, **policy: Unpack[Policy]) -> Playbook:
        """From the next configuration on, this is decided otherwise."""
        self._policy.update(policy)
        return self

    def shutdown(self, grace: float = 10.0) -> Playbook:
        """The server goes away."""
        return self.happens(ShutdownAsked(grace))

    def at(self, now: float) -> Playbook:
        """Move the clock, and let deadlines pass that were due on the way."""
        said: list[Command] = []
        while (deadline := self.scheduler.next_deadline()) is not None and deadline <= now:
            self.now = max(deadline, self.now)
            said += self.happens(DeadlinePassed()).commands
        self.now = now
        self.commands = said
        return self

    def running(self, *models: str) -> Playbook:
        """Bring models up, one after the other, and leave them idle. Requests below zero belong to this."""
        for model in models:
            self._brought_up += 1
            self.asks(-self._brought_up, model).ready(f"{model}#1").served(-self._brought_up)
        return self

    # What is expected

    def expect(self, *lines: str) -> Playbook:
        """Exactly these commands, in this order; positions are left out (see `expect_places`)."""
        assert list(filter(None, map(_line, self.commands))) == list(lines)
        return self

    def expect_places(self, **places: int) -> Playbook:
        """Exactly these requests (written `r1`) are told these positions."""
        told = {f"r{c.request}": c.position for c in self.commands if isinstance(c, TellWaiting)}
        assert told == places
        return self

    def expect_cause(self, request: int, cause: Cause) -> Playbook:
        """The request is rejected for exactly this cause."""
        assert Reject(request, cause) in self.commands
        return self

    def expect_waits(self, **waits: float | None) -> Playbook:
        """Exactly these requests (written `r1`) are told that they wait so long."""
        assert {f"r{c.request}": c.wait for c in self.commands if isinstance(c, TellWaiting)} == waits
        return self

    def phase(self, model: str) -> str:
        """Where the model stands."""
        return str(self.scheduler.snapshot().models[model].phase)

    def finish(self) -> None:
        """Nobody may be left waiting or in flight."""
        self._keeper.finish()

    @property
    def swaps(self) -> int:
        """How many children were started so far."""
        return self._keeper.swaps


def _line(command: Command) -> str:
    match command:
        case Grant():
            return f"grant {command.request} {command.child}"
        case Reject():
            return f"reject {command.request} {type(command.cause).__name__}"
        case StartChild():
            return f"start {command.child}"
        case StopChild():
            return f"stop {command.child} in {command.grace:g} s"
        case _:
            return ""
