"""A small yard of children under real supervision, without a scheduler."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Any

import uvloop

from modelyard.core.events import ChildExited, ChildFailed, ChildReady, Event
from modelyard.core.model import ChildId
from modelyard.runtime.child import Child
from modelyard.runtime.clock import SystemClock
from modelyard.runtime.guard import Guard, new_daemon_id
from modelyard.runtime.logs import LogHub
from modelyard.runtime.platform.base import daemon_needle
from modelyard.runtime.platform.family import find_tree
from modelyard.runtime.platform.linux import all_processes
from modelyard.runtime.processspec import ProcessSpec
from modelyard.runtime.tasks import TaskOwner

from .processes import PATIENCE, eventually, free_port

LoopFactory = Callable[[], asyncio.AbstractEventLoop]


def run(test: Callable[[], Awaitable[None]], loop_factory: LoopFactory = uvloop.new_event_loop) -> None:
    """Run an asynchronous test on uvloop, as the daemon does, or on another loop."""

    async def main() -> None:
        await test()

    with asyncio.Runner(loop_factory=loop_factory) as runner:
        runner.run(main())


def in_yard(story: Callable[[Yard], Awaitable[None]], loop_factory: LoopFactory = uvloop.new_event_loop) -> None:
    """Run a story in a yard that is empty before and after."""

    async def inside() -> None:
        async with Yard() as yard:
            await story(yard)

    run(inside, loop_factory)


class Yard:
    """Children, and the events that they posted. Leaving it kills them and checks that nothing is left."""

    def __init__(self) -> None:
        self.clock = SystemClock()
        self.hub = LogHub()
        self.daemon = new_daemon_id()
        self.guard = Guard(self.daemon, log=self.hub.daemon, clock=self.clock)
        self.crashes: list[tuple[str, BaseException]] = []
        self.tasks = TaskOwner(lambda name, error: self.crashes.append((name, error)))
        self.events: list[Event] = []
        self.children: list[Child] = []

    async def __aenter__(self) -> Yard:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for child in self.children:
            child.kill()
        async with asyncio.timeout(PATIENCE):
            for child in self.children:
                await child.wait_gone()
        await self.guard.aclose()
        await self.tasks.aclose()
        assert find_tree([daemon_needle(self.daemon)]) == []
        assert self.crashes == []

    def child(
        self,
        cmd: str,
        *,
        port: int | None = None,
        proxy: str | None = None,
        check: str = "/health",
        cmd_stop: str = "",
        env: tuple[str, ...] = (),
        start_timeout: float = PATIENCE,
        handed_out: int | None = None,
        **more: Any,
    ) -> Child:
        """A started child. `handed_out` is its automatic port, as far as its words go; `more` is for its
        `ProcessSpec`."""
        number = len(self.children) + 1
        spec = ProcessSpec(
            model=f"m{number}",
            cmd=cmd,
            cmd_stop=cmd_stop,
            env=env,
            proxy=f"http://127.0.0.1:{port or free_port()}" if proxy is None else proxy,
            check_endpoint=check,
            start_timeout=start_timeout,
            port=handed_out,
            **more,
        )
        child = Child(
            ChildId(spec.model, number),
            spec,
            post=self.events.append,
            log=self.hub.model(spec.model),
            guard=self.guard,
            clock=self.clock,
            tasks=self.tasks,
            daemon_log=self.hub.daemon,
        )
        self.children.append(child)
        child.start()
        return child

    async def ready(self, child: Child) -> None:
        """Wait until the child is ready; fail at once if it can't be any more."""
        await eventually(lambda: self._news(child))
        assert self._news(child) == [ChildReady(child.child)]

    async def failure(self, child: Child) -> str:
        """Wait until the child has failed, having posted nothing else; why."""
        await self._gone(child)
        [event] = self._news(child)
        assert isinstance(event, ChildFailed), event
        return event.reason

    async def exit(self, child: Child) -> str:
        """Wait until the child has exited after having been ready, and nothing else; why."""
        await self._gone(child)
        ready, last = self._news(child)
        assert ready == ChildReady(child.child)
        assert isinstance(last, ChildExited), last
        return last.reason

    def daemon_lines(self) -> str:
        """What the daemon has logged."""
        history = self.hub.history("proxy")
        return (history or b"").decode()

    def _news(self, child: Child) -> list[Event]:
        kinds = (ChildReady, ChildFailed, ChildExited)
        return [event for event in self.events if isinstance(event, kinds) and event.child == child.child]

    async def _gone(self, child: Child) -> None:
        async with asyncio.timeout(PATIENCE):
            await child.wait_gone()
        assert child.pid is None


def zombies_of_ours() -> list[int]:
    """Ended children of this process that nobody has reaped."""
    return [stat.pid for stat in all_processes() if stat.parent == os.getpid() and not stat.alive]
