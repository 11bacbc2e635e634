"""What would happen, and why. What it says is what then happens."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelyard.core import simulation
from modelyard.core.commands import Command, Grant, Reject, StartChild, StopChild
from modelyard.core.events import Event, RequestArrived
from modelyard.core.explain import Explanation
from modelyard.core.model import ModelFacts, Phase
from modelyard.core.planners.groups import GroupRule
from modelyard.core.scheduler import Scheduler
from modelyard.core.worlds import random_world
from tests.support.playbook import Playbook


def told(book: Playbook, model: str) -> Explanation:
    return book.scheduler.explain(model, book.now)


class Told(Scheduler):
    """Asks before every request what will happen, and holds the scheduler to it."""

    asked = 0
    verdicts: set[str]

    def handle(self, event: Event, now: float) -> list[Command]:
        deadline = self.next_deadline()
        if not isinstance(event, RequestArrived) or (deadline is not None and deadline <= now):
            return super().handle(event, now)
        before = self.snapshot()
        said = self.explain(event.model, now)
        assert self.snapshot() == before, "a question changed something"
        committed = event.model in self._desk.yard.swaps
        commands = super().handle(event, now)
        Told.asked += 1
        Told.verdicts.add(said.verdict)
        happened = verdict_of(event, commands, before=committed, after=event.model in self._desk.yard.swaps)
        assert said.verdict == happened, said
        if said.verdict == "swap":
            stopped = {command.child.model for command in commands if isinstance(command, StopChild)}
            stopping = {model for model in said.evicts if before.models[model].phase is Phase.STOPPING}
            assert stopped == set(said.evicts) - stopping, said
        return commands


def verdict_of(event: RequestArrived, commands: list[Command], *, before: bool, after: bool) -> str:
    for command in commands:
        if isinstance(command, Grant) and command.request == event.request:
            return "serve"
        if isinstance(command, Reject) and command.request == event.request:
            return "refuse"
    if before:
        return "join"
    started = any(isinstance(command, StartChild) and command.child.model == event.model for command in commands)
    assert after or not started
    return "swap" if after else "queue"


def test_what_it_says_is_what_then_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    """In random worlds, before every single request."""
    monkeypatch.setattr(simulation, "Scheduler", Told)
    Told.asked, Told.verdicts = 0, set()

    @settings(max_examples=250, deadline=None)
    @given(seed=st.integers(0, 100_000))
    def check(seed: int) -> None:
        simulation.simulate(random_world(seed))

    check()
    assert Told.asked > 1_000
    assert Told.verdicts == {"serve", "join", "queue", "swap", "refuse"}


class TestWords:
    def test_serve(self) -> None:
        said = told(Playbook("a").running("a"), "a")
        assert said.verdict == "serve"
        assert said.sentences == ("a is ready and has room: the request is forwarded at once.",)
        assert said.wait == 0.0

    def test_swap(self) -> None:
        said = told(Playbook("a", "b", load_times={"b": 8.0}).running("a"), "b")
        reason = "a must go, since members of the default group take turns"
        assert (said.verdict, said.evicts, said.reason, said.wait) == ("swap", ("a",), reason, 8.0)
        assert said.sentences == (f"A swap for b begins now: {reason}.",)

    def test_join(self) -> None:
        book = Playbook("a", "b").running("a").asks(1, "b")
        said = told(book, "b")
        assert (said.verdict, said.evicts, said.behind) == ("join", ("a",), ("a",))
        assert said.sentences[0] == "b starts, when a is gone: the request joins those that wait for that."
        said = told(book.exited("a#1"), "b")
        assert (said.verdict, said.behind) == ("join", ())
        assert said.sentences == (
            "b starts now: the request joins those that wait for that.",
            "1 waits for b already.",
        )

    def test_queue_behind_what_is_served(self) -> None:
        said = told(Playbook("a", "b").running("a").asks(1, "a"), "b")
        assert (said.verdict, said.behind, said.evicts) == ("queue", ("a",), ("a",))
        assert said.sentences == ("a must go first, and has requests in flight.",)

    def test_queue_for_a_place_of_the_same_model(self) -> None:
        book = Playbook(ModelFacts(model="a", parallel=1)).running("a").asks(1, "a").asks(2, "a").asks(3, "a")
        assert told(book, "a").sentences == (
            "a serves as many requests at a time as it may.",
            "2 wait for a already.",
        )

    def test_queue_behind_a_swap(self) -> None:
        said = told(Playbook("a", "b").asks(1, "a"), "b")
        assert (said.verdict, said.behind) == ("queue", ("a",))
        assert said.sentences == ("A swap for a is under way, and both have to do with the same places.",)

    def test_queue_until_a_ttl(self) -> None:
        book = Playbook(ModelFacts(model="a", evictable="idle", ttl=30.0), "b").running("a")
        said = told(book, "b")
        assert (said.verdict, said.behind, said.until) == ("queue", ("a",), 30.0)
        assert said.sentences == ("a must go first, and leaves only by its ttl or an unload (evictable: idle).",)
        assert told(book.asks(1, "a"), "b").until is None

    def test_queue_until_a_model_is_old_enough(self) -> None:
        said = told(Playbook("a", "b", min_residency=20.0).running("a").at(5.0), "b")
        assert (said.verdict, said.behind, said.until) == ("queue", ("a",), 20.0)
        assert said.sentences == ("a must go first, and has not been loaded for minResidency yet.",)

    def test_queue_while_another_is_overdue(self) -> None:
        groups = {"g": GroupRule(swap=False, exclusive=False, members=("x", "y"))}
        book = Playbook("x", "y", "b", groups=groups, max_wait=10.0).running("x")
        book.asks(1, "x").asks(2, "b").at(10.0)
        assert told(book, "y").sentences == (
            "Somebody has waited too long for b, and a swap for y would be in the way.",
        )
        assert told(book, "x").sentences == ("x takes nobody until b has had its turn.",)
        assert told(book, "x").behind == ("b",)
        assert told(book, "b").sentences == ("x must go first, and has requests in flight.", "1 waits for b already.")

    def test_queue_while_the_process_is_replaced(self) -> None:
        book = Playbook("a").running("a").asks(1, "a").configure("a", restart=["a"])
        assert told(book, "a").sentences == (
            "The configuration of a changed: its process ends what it serves, then another one starts.",
        )

    def test_refuse(self) -> None:
        limited = ModelFacts(model="a", concurrency_limit=1)
        book = Playbook(limited, ModelFacts(model="b", queue_limit=1), "c").running("a").asks(1, "a").asks(2, "b")
        assert told(book, "a").sentences == ("a has as many requests as its concurrencyLimit allows.",)
        assert told(book, "b").sentences == ("The queue of b is full; there may be room again in 1 s.",)
        assert told(book, "nobody").sentences == ("No model nobody is configured.",)
        said = told(book.hold("a", until=60.0), "c")
        assert (said.verdict, said.behind, said.until) == ("refuse", ("a",), 60.0)
        assert said.sentences == ("c needs the place of a, which must not be evicted.",)
        assert told(book.shutdown(), "a").sentences == ("The server shuts down.",)
