"""For how long an upstream has said nothing although somebody waits for its answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from tests.runtime.http.test_upstream import REQUEST, Recorder, connect
from tests.support.plane import PATIENCE, Plane, in_plane


async def until_silent_for(silence: Callable[[], float], seconds: float) -> None:
    async with asyncio.timeout(PATIENCE):
        while silence() < seconds:
            await asyncio.sleep(0.01)


def test_nobody_asked_is_no_silence() -> None:
    async def story(plane: Plane) -> None:
        taker = Recorder()
        pool = await connect(plane, taker)
        assert taker.connection is not None
        pool.give_back(taker.connection)
        assert pool.seconds_of_silence() == 0

    in_plane(story)


def test_who_answers_one_is_not_silent_to_the_others() -> None:
    """R57: a request that waits for its turn with the engine is no sign of trouble, however long it waits."""

    async def story(plane: Plane) -> None:
        first, second = Recorder(), Recorder()
        pool = await connect(plane, first)
        pool.connect(second)
        async with asyncio.timeout(PATIENCE):
            while second.connection is None:
                await asyncio.sleep(0)
        assert first.connection is not None
        first.connection.send(first, b"GET", REQUEST, None)
        answered = await plane.upstream.request()
        second.connection.send(second, b"GET", REQUEST, None)
        await plane.upstream.request()
        await until_silent_for(pool.seconds_of_silence, 0.3)
        await answered.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhe")
        async with asyncio.timeout(PATIENCE):
            while not first.said:
                await asyncio.sleep(0)
        assert pool.seconds_of_silence() < 0.3
        await until_silent_for(pool.seconds_of_silence, 0.3)

    in_plane(story)


def test_who_is_not_read_is_not_silent() -> None:
    """A slow client's engine has to wait, and we with it."""

    async def story(plane: Plane) -> None:
        taker = Recorder()
        pool = await connect(plane, taker)
        assert taker.connection is not None
        taker.connection.send(taker, b"GET", REQUEST, None)
        await plane.upstream.request()
        await until_silent_for(pool.seconds_of_silence, 0.1)
        taker.connection.inlet.pause()
        assert pool.seconds_of_silence() == 0
        taker.connection.close()

    in_plane(story)
