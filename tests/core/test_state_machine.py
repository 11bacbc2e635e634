"""Any events in any order, the laws checked after every step.

The simulation draws plausible worlds; here hypothesis looks for the implausible ones, and shrinks what it finds.
"""

from __future__ import annotations

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from modelyard.core.commands import Grant, StartChild, StopChild
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
from modelyard.core.laws import LawKeeper
from modelyard.core.model import ChildId
from modelyard.core.scheduler import Scheduler
from tests.support.strategies import group_planners, model_facts

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
        self.happens(SpecsChanged(facts, planner, restart, data.draw(st.sampled_from((0.0, 10.0)))))

    @rule(model=st.sampled_from(MODELS), count=st.integers(1, 3))
    def arrive(self, model: str, count: int) -> None:
        for _ in range(count):
            self.requests += 1
            self.happens(RequestArrived(self.requests, model))

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

    @rule(seconds=st.sampled_from((0.5, 5.0, 20.0)))
    def pass_time(self, seconds: float) -> None:
        self.now += seconds
        for _ in range(100):
            deadline = self.scheduler.next_deadline()
            if deadline is None or deadline > self.now:
                return
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
        """Let everything come to its end: every request must."""
        for _ in range(1_000):
            if self.starting:
                self.happens(ChildReady(self.starting.pop()))
            elif self.serving:
                self.happens(ServeDone(self.serving.pop()))
            elif stopping := self.stopping():
                self.running.remove(stopping)
                self.happens(ChildExited(stopping))
            else:
                break
        self.keeper.finish()

    def stopping(self) -> ChildId | None:
        shown = self.scheduler.snapshot().models.values()
        return next((state.child for state in shown if state.phase == "stopping"), None)


TestAnythingGoes = AnythingGoes.TestCase
TestAnythingGoes.settings = settings(
    max_examples=200, stateful_step_count=40, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
