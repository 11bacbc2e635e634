"""Work that may block, beside the loop."""

from __future__ import annotations

import asyncio
import threading

import pytest

from modelyard.runtime.aside import run_aside


def test_it_returns_what_the_work_returns_and_raises_what_it_raises() -> None:
    def fail() -> None:
        raise ValueError("no")

    async def story() -> None:
        assert await run_aside(threading.current_thread, name="work") is not threading.current_thread()
        with pytest.raises(ValueError, match="no"):
            await run_aside(fail, name="work")

    asyncio.run(story())


def test_work_that_hangs_keeps_nobody() -> None:
    release = threading.Event()
    began = threading.Event()

    def hang() -> None:
        began.set()
        release.wait(60)

    async def story() -> None:
        waiting = asyncio.ensure_future(run_aside(hang, name="hangs"))
        while not began.is_set():
            await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting

    asyncio.run(story())
    release.set()  # its loop is closed: what it has to say is for nobody
