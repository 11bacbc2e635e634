"""A loop under virtual time: where nothing is ready it jumps to its next timer. For code without sockets."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Awaitable, Callable
from typing import Any


class _NoWaiting(selectors.DefaultSelector):
    """Instead of waiting for files it lets time pass."""

    jump: Callable[[float], None]

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Nothing ever happens but time."""
        if timeout is None:
            raise AssertionError("everybody waits, and nothing is going to happen")
        self.jump(timeout)
        return super().select(0)


class JumpingLoop(asyncio.SelectorEventLoop):
    """Its time is `now`, from 0 on."""

    def __init__(self) -> None:
        selector: Any = _NoWaiting()
        super().__init__(selector)
        self._clock_resolution = 1e-9
        self.now = 0.0
        selector.jump = self._jump

    def _jump(self, seconds: float) -> None:
        self.now += seconds

    def time(self) -> float:
        """asyncio: what timers go by."""
        return self.now


def run_jumping(story: Callable[[JumpingLoop], Awaitable[None]]) -> None:
    """Run a story to its end in as little time as it takes to compute."""

    async def main() -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, JumpingLoop)
        await story(loop)

    with asyncio.Runner(loop_factory=JumpingLoop) as runner:
        runner.run(main())
