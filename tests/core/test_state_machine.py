"""Any events in any order, the laws checked after every step.

The simulation draws plausible worlds; here hypothesis looks for the implausible ones, and shrinks what it finds.
"""

from __future__ import annotations

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from modelyard.core.commands import Grant, StartChild, StopChild
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
from modelyard.core.laws import LawKeeper
from modelyard.core.model import ChildId
from modelyard.core.scheduler import Scheduler
from tests.support.strategies import group_planners, model_facts, policies

MODELS = "abcd"


class AnythingGoes(RuleBasedStateMachine):
    """The scheduler against a machine whose every move hypothesis chooses."""

    def __init__(self) -> None:
        super().__init__()
        self.scheduler = Scheduler()
        self.keeper = LawKeeper()
        self.now = 0.0
        self.requests = 0
        self.serving: list[int] = []
        self.starting: list[ChildId] = []
        self.running: list[ChildId] = []
        self.down = False
        self.reserved: tuple[str, ...] = ()

    def happens(self, event: Event) -> None:
        commands = self.scheduler.handle(event, self.now)
        self.keeper.observe(event, commands, self.now)
        for command in commands:
            if isinstance(command, Grant):
                self.serving.append(command.request)
            elif isinstance(command, StartChild):
                self.starting.append(command.child)
                self.running.append(command.child)
            elif isinstance(command, StopChild):
                assert command.child in self.running

    @initialize(data=st.data())
    def begin(self, data: st.DataObject) -> None:
        self.configure_from(data)

    @rule(data=st.data())
    def configure(self, data: st.DataObject) -> None:
        self.configure_from(data)

    def configure_from(self, data: st.DataObject) -> None:
        models = data.draw(st.sets(st.sampled_from(MODELS), min_size=1))
        facts = {model: data.draw(model_facts(model)) for model in sorted(models)}
        planner = data.draw(group_planners(MODELS))
        restart = frozenset(data.draw(st.sets(st.sampled_from(MODELS))))
        self.reserved = tuple(model for model, one in facts.items() if one.evictable == "idle")
        self.happens(SpecsChanged(facts, planner, restart, **data.draw(policies())))

    @rule(model=st.sampled_from(MODELS), count=st.integers(1, 3), caller=st.sampled_from(("", "x", "y")))
    def arrive(self, model: str, count: int, caller: str) -> None:
        for _ in range(count):
            self.requests += 1
            self.happens(RequestArrived(self.requests, model, caller=caller))

    @rule(model=st.sampled_from(MODELS), priority=st.integers(-1, 1))
    def arrive_with_priority(self, model: str, priority: int) -> None:
        self.requests += 1
        self.happens(RequestArrived(self.requests, model, priority))

    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        self.happens(CancelAsked(data.draw(st.integers(0, self.requests + 1))))

    @rule(model=st.sampled_from(MODELS), seconds=st.none() | st.sampled_from((0.0, 3.0, 30.0)))
    def hold(self, model: str, seconds: float | None) -> None:
        self.happens(HoldAsked(model, None if seconds is None else self.now + seconds))

    @rule(model=st.sampled_from(MODELS))
    def release(self, model: str) -> None:
        self.happens(HoldReleased(model))

    @rule(data=st.data())
    def leave(self, data: st.DataObject) -> None:
        self.happens(RequestGone(data.draw(st.integers(0, self.requests + 1))))

    @precondition(lambda self: self.serving)
    @rule(data=st.data())
    def end(self, data: st.DataObject) -> None:
        request = data.draw(st.sampled_from(self.serving))
        self.serving.remove(request)
        self.happens(ServeDone(request))

    @precondition(lambda self: self.starting)
    @rule(data=st.data())
    def become_ready(self, data: st.DataObject) -> None:
        child = data.draw(st.sampled_from(self.starting))
        self.starting.remove(child)
        self.happens(ChildReady(child))

    @precondition(lambda self: self.running)
    @rule(data=st.data(), failed=st.booleans())
    def exit(self, data: st.DataObject, failed: bool) -> None:
        child = data.draw(st.sampled_from(self.running))
        self.running.remove(child)
        if child in self.starting:
            self.starting.remove(child)
        self.happens(ChildFailed(child, "broken") if failed else ChildExited(child))

    @precondition(lambda self: self.running)
    @rule(data=st.data())
    def break_down(self, data: st.DataObject) -> None:
        self.happens(ChildBrokeDown(data.draw(st.sampled_from(self.running))))

    @rule(model=st.sampled_from(MODELS), generation=st.integers(0, 3))
    def report_nonsense(self, model: str, generation: int) -> None:
        child = ChildId(model, generation)
        if child not in self.running:
            self.happens(ChildReady(child))
            self.happens(ChildExited(child))
        self.happens(ServeDone(-1))

    @rule(models=st.none() | st.lists(st.sampled_from(MODELS), max_size=2).map(tuple))
    def unload(self, models: tuple[str, ...] | None) -> None:
        self.happens(UnloadAsked(models))

    @rule(model=st.sampled_from(MODELS))
    def try_again(self, model: str) -> None:
        self.happens(TryAgainAsked(model))

    @rule(seconds=st.sampled_from((0.5, 5.0, 20.0)))
    def pass_time(self, seconds: float) -> None:
        self.let_pass(seconds)

    def let_pass(self, seconds: float) -> None:
        """Let time go by, with the deadlines that it brings."""
        end = self.now + seconds
        for _ in range(100):
            deadline = self.scheduler.next_deadline()
            if deadline is None or deadline > end:
                self.now = end
                return
            self.now = max(self.now, deadline)
            self.happens(DeadlinePassed())
        raise AssertionError("the deadline does not move")

    @precondition(lambda self: self.requests > 20 and not self.down)
    @rule()
    def shut_down(self) -> None:
        self.down = True
        self.happens(ShutdownAsked())

    @invariant()
    def books_agree(self) -> None:
        self.keeper.compare(self.scheduler.snapshot())

    def teardown(self) -> None:
        """Let everything come to its end: every request must. Models that leave only in their own time are sent."""
        for turn in range(1_000):
            self.let_pass(1.0)
            if self.starting:
                self.happens(ChildReady(self.starting.pop()))
            elif self.serving:
                self.happens(ServeDone(self.serving.pop()))
            elif stopping := self.stopping():
                self.running.remove(stopping)
                self.happens(ChildExited(stopping))
            elif not self.scheduler.snapshot().queue:
                break
            elif turn % 100 == 99:
                self.happens(UnloadAsked(self.reserved))
        self.keeper.finish()

    def stopping(self) -> ChildId | None:
        shown = self.scheduler.snapshot().models.values()
        return next((state.child for state in shown if state.phase == "stopping"), None)


TestAnythingGoes = AnythingGoes.TestCase
TestAnythingGoes.settings = settings(
    max_examples=200, stateful_step_count=40, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
