"""Reading the configuration anew: one at a time, none forgotten, what can't be used changes nothing."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import pytest

from modelyard.app.reload import MOST_TOLD, Loaded, Reloader, Sources
from modelyard.config.diff import Changes, changes_between
from modelyard.config.errors import ConfigError, Place, Problem
from modelyard.config.schema import Config, HeldPorts, ModelConfig, ProcessText
from modelyard.config.sources import Source
from modelyard.runtime.clock import SystemClock
from modelyard.runtime.logs import LogHub
from modelyard.runtime.tasks import TaskOwner
from tests.support.plane import eventually


def config(*models: str, ttl: int = 0) -> Config:
    """A configuration with these models."""
    return Config(models={model: ModelConfig(id=model, process=ProcessText(cmd=model), ttl=ttl) for model in models})


BROKEN = ConfigError([Problem(place=Place("c.yaml", 3, 5), path="models.a.ttl", message="is wrong", remedy="mend it")])


@dataclass
class Desk:
    """A reloader whose files are a list, read one after the other, and a record of what came of it."""

    outcomes: list[Config | Exception]
    serving: Config = field(default_factory=lambda: config("a"))
    held: HeldPorts = field(default_factory=lambda: HeldPorts(by_model={"a": 5800}))
    asked_with: list[HeldPorts] = field(default_factory=list)
    announced: int = 0
    may_read: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.logs = LogHub(to_stdout="none")
        self.tasks = TaskOwner(lambda name, error: pytest.fail(f"{name}: {error!r}"))
        self.reloader = Reloader(
            Sources(("c.yaml",), self._load), self, tasks=self.tasks, log=self.logs.daemon, clock=SystemClock()
        )
        self.may_read.set()

    def _load(self, held: HeldPorts) -> Loaded:
        assert self.may_read.wait(10)
        self.asked_with.append(held)
        outcome = self.outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return Loaded(outcome, (Source("c.yaml", "".join(outcome.models)),))

    def held_ports(self) -> HeldPorts:
        return self.held

    def adopt(self, config: Config) -> Changes:
        changes = changes_between(self.serving, config)
        self.serving = config
        return changes

    def config_status_changed(self) -> None:
        self.announced += 1

    async def over(self) -> None:
        """Wait until no reload is under way."""
        await eventually(lambda: not self.reloader.status.reloading and "reload" not in repr(self.tasks))

    def said(self) -> str:
        """The log."""
        return (self.logs.history("proxy") or b"").decode()


def at_desk(story: Callable[[Desk], Awaitable[None]], *outcomes: Config | Exception) -> None:
    """Run a story."""

    async def work() -> None:
        await story(Desk(list(outcomes)))

    asyncio.run(work())


def test_a_good_one_is_adopted_and_told_of() -> None:
    async def story(desk: Desk) -> None:
        desk.reloader.ask("because")
        assert desk.reloader.status.reloads == 0
        await desk.over()
        assert list(desk.serving.models) == ["a", "b"]
        assert desk.asked_with == [desk.held]
        status = desk.reloader.status
        assert (status.reloads, status.error, status.changes) == (1, None, Changes(added=("b",)))
        assert "reloading configuration: because" in desk.said()
        assert "configuration reloaded: added b" in desk.said()
        assert desk.announced == 2  # it began, it ended

    at_desk(story, config("a", "b"))


def test_a_bad_one_changes_nothing_and_says_why() -> None:
    """R51."""

    async def story(desk: Desk) -> None:
        before = desk.serving
        desk.reloader.ask("because")
        await desk.over()
        assert desk.serving is before
        status = desk.reloader.status
        assert status.error == "c.yaml:3:5: models.a.ttl: is wrong (mend it)"
        (problem,) = status.problems
        assert (problem.file, problem.line, problem.column, problem.path) == ("c.yaml", 3, 5, "models.a.ttl")
        assert (problem.message, problem.remedy) == ("is wrong", "mend it")
        assert "c.yaml:3:5: models.a.ttl: is wrong (mend it)" in desk.said()
        desk.reloader.ask("repaired")
        await desk.over()
        assert (desk.reloader.status.error, desk.reloader.status.problems) == (None, ())
        assert "configuration reloaded: nothing changed" in desk.said()

    at_desk(story, BROKEN, config("a"))


def test_what_is_asked_during_a_reload_is_done_afterwards_once() -> None:
    """R51."""

    async def story(desk: Desk) -> None:
        desk.may_read.clear()
        desk.reloader.ask("first")
        await eventually(lambda: desk.reloader.status.reloading)
        for _ in range(3):
            desk.reloader.ask("again")
        desk.may_read.set()
        await desk.over()
        assert desk.reloader.status.reloads == 2
        assert list(desk.serving.models) == ["c"]

    at_desk(story, config("b"), config("c"), config("too many"))


def test_a_bug_of_ours_ends_neither_the_server_nor_later_reloads() -> None:
    async def story(desk: Desk) -> None:
        desk.reloader.ask("first")
        await desk.over()
        assert desk.reloader.status.error == "internal error: LookupError('what')"
        assert "[ERROR] the reload failed: LookupError('what')" in desk.said()
        desk.reloader.ask("second")
        await desk.over()
        assert list(desk.serving.models) == ["c"]

    at_desk(story, LookupError("what"), config("c"))


def test_of_very_many_mistakes_the_first_are_told() -> None:
    problems = [Problem(place=Place("c.yaml", line), path="p", message="is wrong") for line in range(1, 1001)]

    async def story(desk: Desk) -> None:
        desk.reloader.ask("because")
        await desk.over()
        status = desk.reloader.status
        assert len(status.problems) == MOST_TOLD
        assert status.error is not None
        assert status.error.count("is wrong") == MOST_TOLD
        assert desk.said().count("is wrong") == MOST_TOLD
        assert f"[WARN] and {1000 - MOST_TOLD} more" in desk.said()

    at_desk(story, ConfigError(problems))


def with_port(model: str, port: int) -> Config:
    """A configuration of one model with an automatic port."""
    return Config(models={model: ModelConfig(id=model, process=ProcessText(cmd=model), port=port)})


def test_a_port_on_which_a_child_starts_during_the_load_goes_to_nobody_else() -> None:
    """The model `a` is removed, and started meanwhile: what drains on its port must not meet the new model there."""

    async def story(desk: Desk) -> None:
        desk.may_read.clear()
        desk.reloader.ask("because")
        await eventually(lambda: desk.reloader.status.reloading)
        desk.held = HeldPorts(by_model={"a": 5800}, taken=frozenset([5800]))
        desk.may_read.set()
        await desk.over()
        assert desk.serving.models["b"].port == 5801
        assert (desk.reloader.status.reloads, desk.asked_with[1]) == (1, desk.held)

    at_desk(story, with_port("b", 5800), with_port("b", 5801))


def test_a_model_that_starts_during_the_load_keeps_its_own_port() -> None:
    async def story(desk: Desk) -> None:
        desk.held = HeldPorts(by_model={"a": 5800}, taken=frozenset([5800]))
        desk.reloader.ask("because")
        await desk.over()
        assert desk.reloader.status.reloads == 1
        assert len(desk.asked_with) == 1

    at_desk(story, with_port("a", 5800))
