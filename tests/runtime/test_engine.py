"""The engine: what the scheduler says is done, in order, once, whatever breaks on the way."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import cast

from modelyard.core.errors import Cause, LoadFailed, ShuttingDown, UnknownModel
from modelyard.core.events import ChildExited, ChildReady, SpecsChanged
from modelyard.core.model import ChildId, ModelFacts, Phase, RequestId
from modelyard.core.planners.groups import GroupRule, GroupsPlanner
from modelyard.runtime.clock import SystemClock
from modelyard.runtime.engine import Engine, Serving
from modelyard.runtime.http.pool import UpstreamPool
from tests.support.plane import eventually


class FakePool:
    """Remembers that it was closed."""

    closed = False

    def close(self) -> None:
        self.closed = True


@dataclass
class FakeServing:
    """A child that does what the test says."""

    child: ChildId
    said: list[str] = field(default_factory=list)
    gone: asyncio.Event = field(default_factory=asyncio.Event)
    pool: UpstreamPool = field(default_factory=lambda: cast("UpstreamPool", FakePool()))
    breaks: bool = False
    load_progress: float | None = None

    def start(self) -> None:
        if self.breaks:
            raise LookupError("no such thing")
        self.said.append("start")

    def stop(self, grace: float, reason: str) -> None:
        self.said.append("stop")

    def kill(self) -> None:
        self.said.append("kill")

    async def wait_gone(self) -> None:
        await self.gone.wait()


@dataclass
class Yard:
    """An engine with models `a` and `b`, of which one can run at a time."""

    facts: dict[str, ModelFacts]
    servings: list[FakeServing] = field(default_factory=list)
    reported: list[str] = field(default_factory=list)
    starts_break: bool = False

    def __post_init__(self) -> None:
        self.engine = Engine(SystemClock(), self._make)
        rule = GroupRule(swap=True, exclusive=True, persistent=False, members=tuple(self.facts))
        self.engine.post(SpecsChanged(self.facts, GroupsPlanner({"all": rule})))
        asyncio.get_running_loop().set_exception_handler(
            lambda loop, context: self.reported.append(f"{context['message']}: {context['exception']!r}")
        )

    def _make(self, child: ChildId, reason: str) -> Serving:
        serving = FakeServing(child, breaks=self.starts_break)
        self.servings.append(serving)
        return serving

    def ready(self) -> FakeServing:
        """The youngest child becomes ready."""
        self.engine.post(ChildReady(self.servings[-1].child))
        return self.servings[-1]

    def exited(self, serving: FakeServing) -> None:
        """No process of the child is left."""
        self.engine.post(ChildExited(serving.child))
        serving.gone.set()

    def in_flight(self, model: str) -> int:
        """How many grants are open."""
        return len(self.engine.snapshot().models[model].in_flight)


@dataclass
class Asker:
    """A request, and what became of it."""

    yard: Yard
    model: str = "a"
    id: RequestId = 0
    said: list[str] = field(default_factory=list)
    then: Callable[[Asker], None] = lambda asker: None

    def ask(self) -> Asker:
        self.id = self.yard.engine.submit(self.model, self)
        return self

    def granted(self, serving: Serving) -> None:
        self.said.append(f"granted {cast('FakeServing', serving).child}")
        self.then(self)

    def rejected(self, cause: Cause) -> None:
        self.said.append(type(cause).__name__)

    def waiting_at(self, position: int, turn: int) -> None:
        pass

    def done(self) -> None:
        self.yard.engine.done(self.id)


def in_yard(story: Callable[[Yard], Awaitable[None]], **facts: float) -> None:
    """Run the story; afterwards nothing may have broken that the story did not look at."""

    async def work() -> None:
        yard = Yard({model: ModelFacts(model=model, parallel=2, ttl=facts.get("ttl", 0.0)) for model in "ab"})
        await story(yard)
        assert yard.reported == []

    asyncio.run(work())


def broken(asker: Asker) -> None:
    raise LookupError(asker.model)


def test_a_request_for_a_ready_model_is_granted_before_submit_returns() -> None:
    async def story(yard: Yard) -> None:
        first = Asker(yard).ask()
        assert first.said == []
        yard.ready()
        assert first.said == ["granted a#1"]
        assert Asker(yard).ask().said == ["granted a#1"]
        assert yard.in_flight("a") == 2

    in_yard(story)


def test_a_request_for_nobody_is_rejected_before_submit_returns() -> None:
    async def story(yard: Yard) -> None:
        assert Asker(yard, "nobody").ask().said == [UnknownModel.__name__]

    in_yard(story)


def test_who_ends_the_moment_it_is_granted_lets_the_next_one_in() -> None:
    """R19: every grant comes back, also those that fail at once."""

    async def story(yard: Yard) -> None:
        askers = [Asker(yard, then=Asker.done).ask() for _ in range(5)]
        yard.ready()
        assert [asker.said for asker in askers] == [["granted a#1"]] * 5
        assert yard.in_flight("a") == 0

    in_yard(story)


def test_who_asks_while_another_is_granted_waits_for_its_turn() -> None:
    """Events that come up while commands run are queued, never nested."""

    async def story(yard: Yard) -> None:
        seconds: list[Asker] = []

        def ask_again(asker: Asker) -> None:
            second = Asker(yard).ask()
            assert second.said == []
            seconds.append(second)

        Asker(yard, then=ask_again).ask()
        yard.ready()
        assert seconds[0].said == ["granted a#1"]
        assert yard.in_flight("a") == 2

    in_yard(story)


def test_who_leaves_while_another_is_granted_gets_no_grant() -> None:
    """R19: neither does its place stay taken."""

    async def story(yard: Yard) -> None:
        leaver = Asker(yard)

        def leave(asker: Asker) -> None:
            yard.engine.leave(leaver.id)

        Asker(yard, then=leave).ask()
        leaver.ask()
        third = Asker(yard).ask()
        yard.ready()
        assert leaver.said == []
        assert third.said == ["granted a#1"]
        assert yard.in_flight("a") == 2

    in_yard(story)


def test_an_operator_ends_who_waits_and_nobody_who_is_served() -> None:
    async def story(yard: Yard) -> None:
        served = Asker(yard).ask()
        yard.ready()
        waiting = Asker(yard, "b").ask()
        for asker in (served, waiting):
            yard.engine.cancel(asker.id)
        assert served.said == ["granted a#1"]
        assert waiting.said == ["Cancelled"]

    in_yard(story)


def test_what_serves_a_model_is_known_while_it_is_ready() -> None:
    async def story(yard: Yard) -> None:
        engine = yard.engine
        assert (engine.phase_of("a"), engine.ready_serving("a")) == (Phase.STOPPED, None)
        Asker(yard).ask()
        assert (engine.phase_of("a"), engine.ready_serving("a")) == (Phase.STARTING, None)
        child = yard.ready()
        assert (engine.phase_of("a"), engine.ready_serving("a")) == (Phase.READY, child)
        assert engine.phase_of("nobody") is Phase.STOPPED

    in_yard(story)


def test_a_waiter_that_breaks_takes_no_grant_with_it() -> None:
    """R19: one request's bug is reported, its own grant comes back, and the others are served."""

    async def story(yard: Yard) -> None:
        Asker(yard, then=broken).ask()
        other = Asker(yard).ask()
        yard.ready()
        assert other.said == ["granted a#1"]
        assert yard.in_flight("a") == 1
        (report,) = yard.reported
        assert "LookupError('a')" in report
        yard.reported.clear()

    in_yard(story)


def test_a_waiter_that_breaks_on_the_express_lane_gives_its_grant_back() -> None:
    async def story(yard: Yard) -> None:
        Asker(yard, then=Asker.done).ask()
        yard.ready()
        try:
            Asker(yard, then=broken).ask()
        except LookupError:
            pass
        else:
            raise AssertionError("the caller must hear of it")
        assert yard.in_flight("a") == 0

    in_yard(story)


def test_a_child_that_cannot_even_be_started_fails_who_waits() -> None:
    """R5, R19: a bug of ours included."""

    async def story(yard: Yard) -> None:
        yard.starts_break = True
        assert Asker(yard).ask().said == [LoadFailed.__name__]
        assert len(yard.reported) == 1
        yard.reported.clear()
        yard.starts_break = False
        assert Asker(yard, "b").ask().said == []
        assert yard.servings[-1].said == ["start"]

    in_yard(story)


def test_a_swap_stops_the_one_and_starts_the_other_when_it_is_gone() -> None:
    async def story(yard: Yard) -> None:
        Asker(yard, "a", then=Asker.done).ask()
        a = yard.ready()
        second = Asker(yard, "b").ask()
        assert a.said == ["start", "stop"]
        assert len(yard.servings) == 1
        yard.exited(a)
        assert cast("FakePool", a.pool).closed
        yard.ready()
        assert second.said == ["granted b#1"]

    in_yard(story)


def test_news_of_a_child_that_is_long_gone_changes_nothing() -> None:
    """Late news names its child, so that it is recognised."""

    async def story(yard: Yard) -> None:
        Asker(yard, then=Asker.done).ask()
        old = yard.ready()
        yard.exited(old)
        waiting = Asker(yard).ask()
        yard.engine.post(ChildReady(old.child))
        yard.engine.post(ChildExited(old.child))
        assert waiting.said == []
        yard.ready()
        assert len(waiting.said) == 1

    in_yard(story)


def test_an_unload_returns_when_the_process_is_gone() -> None:
    async def story(yard: Yard) -> None:
        Asker(yard, then=Asker.done).ask()
        serving = yard.ready()
        unloading = asyncio.get_running_loop().create_task(yard.engine.unload(("a",)))
        await eventually(lambda: "stop" in serving.said)
        assert not unloading.done()
        yard.exited(serving)
        await unloading

    in_yard(story)


def test_a_shutdown_rejects_who_waits_and_stops_all() -> None:
    async def story(yard: Yard) -> None:
        waiting = Asker(yard).ask()
        serving = yard.servings[-1]
        going_down = asyncio.get_running_loop().create_task(yard.engine.shut_down(1.0))
        await eventually(lambda: "stop" in serving.said)
        assert waiting.said == [ShuttingDown.__name__]
        assert Asker(yard).ask().said == [ShuttingDown.__name__]
        yard.engine.kill_all()
        assert serving.said[-1] == "kill"
        yard.exited(serving)
        await going_down

    in_yard(story)


def test_a_deadline_of_the_scheduler_is_met() -> None:
    """R22: an idle model is stopped when its time to live is over, with no other event to wake the engine."""

    async def story(yard: Yard) -> None:
        asker = Asker(yard).ask()
        serving = yard.ready()
        asker.done()
        assert "stop" not in serving.said
        await eventually(lambda: "stop" in serving.said)
        yard.exited(serving)

    in_yard(story, ttl=0.05)


def test_the_flight_recorder_keeps_the_last_events() -> None:
    async def story(yard: Yard) -> None:
        Asker(yard, then=Asker.done).ask()
        yard.ready()
        for _ in range(2000):
            Asker(yard, "nobody").ask()
        assert len(yard.engine.flight_recorder) == 1000

    in_yard(story)


def test_listeners_hear_when_models_move_and_not_of_every_request() -> None:
    async def story(yard: Yard) -> None:
        moves: list[str] = []
        yard.engine.on_move = lambda: moves.append(str(yard.engine.snapshot().models["a"].phase))
        first = Asker(yard).ask()
        assert moves == ["starting"]
        serving = yard.ready()
        assert moves == ["starting", "ready"]
        Asker(yard).ask().done()
        first.done()
        assert moves == ["starting", "ready"]
        yard.engine.post(SpecsChanged(yard.facts, GroupsPlanner({})))
        yard.exited(serving)
        assert moves == ["starting", "ready", "ready", "stopped"]

    in_yard(story)
