"""How long an upstream may take: `timeouts` of a model or a peer (R48)."""

from __future__ import annotations

import asyncio
import socket

from modelyard.runtime.http.limits import Limits, probe_idle_peer
from modelyard.runtime.http.pool import UpstreamPool
from tests.runtime.http.test_upstream import ANSWER, REQUEST, Recorder
from tests.support.plane import Plane, eventually, in_plane

SHORT = 0.05


async def connect(plane: Plane, taker: Recorder, limits: Limits, port: int = 0) -> UpstreamPool:
    pool = UpstreamPool(f"http://127.0.0.1:{port or plane.upstream_port}", plane.tasks, plane.turn, limits)
    pool.connect(taker)
    await eventually(lambda: taker.connection or taker.said)
    return pool


def test_an_answer_that_does_not_begin_in_time_is_none() -> None:
    """R48: the connection is given up, and nobody else gets the request."""

    async def story(plane: Plane) -> None:
        taker = Recorder()
        pool = await connect(plane, taker, Limits(response_header=SHORT))
        connection = taker.connection
        assert connection is not None
        connection.send(taker, b"GET", REQUEST, None)
        got = await plane.upstream.request()
        await eventually(lambda: taker.said)
        assert taker.said == ["no answer within 0.05 seconds"]
        assert connection.answer_begun, "an exchange would try again"
        await got.wait_closed_by_peer()
        await eventually(lambda: "open=0" in repr(pool))

    in_plane(story)


def test_an_answer_that_has_begun_may_take_its_time() -> None:
    """R48: the limit is for the head alone, and each request has its own."""

    async def story(plane: Plane) -> None:
        taker = Recorder()
        pool = await connect(plane, taker, Limits(response_header=SHORT))
        connection = taker.connection
        assert connection is not None
        for _ in range(2):
            connection.send(taker, b"GET", REQUEST, None)
            got = await plane.upstream.request()
            await got.write(ANSWER[:-2])
            await eventually(lambda: taker.said)
            await asyncio.sleep(2 * SHORT)  # the world outside stands still for longer than the limit
            await got.answer(ANSWER[-2:])
            await eventually(lambda: "ok|" in taker.said)
            taker.said.clear()
            assert pool.take_idle() is connection
            got.finished.clear()

    in_plane(story)


def test_without_a_limit_an_answer_may_take_any_time() -> None:
    """R48: as it is for models that say nothing else."""

    async def story(plane: Plane) -> None:
        taker = Recorder()
        await connect(plane, taker, Limits())
        assert taker.connection is not None
        taker.connection.send(taker, b"GET", REQUEST, None)
        got = await plane.upstream.request()
        await asyncio.sleep(SHORT)
        assert taker.said == []
        await got.answer(ANSWER)
        await eventually(lambda: taker.said == ["200", "ok|"])

    in_plane(story)


def test_an_upload_does_not_count() -> None:
    """R48: while the request is still on its way nobody can have answered it."""

    async def story(plane: Plane) -> None:
        plane.upstream.reads_bodies = False
        taker = Recorder()
        await connect(plane, taker, Limits(response_header=SHORT))
        connection = taker.connection
        assert connection is not None
        connection.body_follows = True
        connection.send(taker, b"POST", REQUEST, None)
        await asyncio.sleep(2 * SHORT)
        assert taker.said == []
        connection.body_follows = False
        await eventually(lambda: taker.said)
        assert taker.said == ["no answer within 0.05 seconds"]

    in_plane(story)


def test_a_connection_that_does_not_come_about_in_time_is_none() -> None:
    """R48: a host that does not answer at all."""

    async def story(plane: Plane) -> None:
        with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
            port = full.getsockname()[1]
            fillers = [socket.socket() for _ in range(4)]
            for filler in fillers:
                filler.setblocking(False)
                filler.connect_ex(("127.0.0.1", port))
            taker = Recorder()
            await connect(plane, taker, Limits(connect=SHORT), port)
            assert taker.said == ["no connection within 0.05 seconds"]
            for filler in fillers:
                filler.close()

    in_plane(story)


def test_an_unused_connection_is_closed_in_time() -> None:
    """R48: and one that was used meanwhile is not."""

    async def story(plane: Plane) -> None:
        taker = Recorder()
        pool = await connect(plane, taker, Limits(idle=SHORT))
        connection = taker.connection
        assert connection is not None
        for _ in range(10):
            connection.send(taker, b"GET", REQUEST, None)
            got = await plane.upstream.request()
            await got.write(ANSWER)
            await eventually(lambda: taker.said == ["200", "ok|"])
            taker.said.clear()
            await asyncio.sleep(SHORT / 4)
            assert pool.take_idle() is connection
            got.finished.set()
        pool.give_back(connection)
        await eventually(lambda: connection.is_closed)
        assert pool.take_idle() is None
        await eventually(lambda: pool._sweeper is None)

    in_plane(story)


def test_tcp_asks_whether_the_other_end_is_there() -> None:
    with socket.socket() as asked, socket.socket() as unasked:
        probe_idle_peer(asked, 7.0)
        probe_idle_peer(unasked, 0.0)
        assert asked.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
        assert asked.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 7
        assert asked.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL) == 7
        assert unasked.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 0
