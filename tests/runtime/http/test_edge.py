"""The listening side: what is a request, what is refused, and in which order answers come."""

from __future__ import annotations

import asyncio

import pytest

from modelyard.runtime.http.asgi import Message
from tests.support.plane import Plane, eventually, in_plane


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GET /health HTTP/1.1\r\n\r\n", 400),
        (b"GET /health HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
        (b"POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        (b"GET nonsense HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"garbage\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"y" * 70_000 + b"\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X: yy\r\n" * 1200 + b"\r\n", 431),
        (b"GET /" + b"y" * 70_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", 431),
        (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", 400),
    ],
)
def test_what_is_refused_is_answered_and_closed(sent: bytes, status: int) -> None:
    async def story(plane: Plane) -> None:
        async with plane.client() as client:
            client.send(sent)
            assert (await client.head()).startswith(f"HTTP/1.1 {status} ")
            await client.until_closed()
        assert plane.requests_done == []

    in_plane(story)


def test_pipelined_requests_are_answered_in_order() -> None:
    async def story(plane: Plane) -> None:
        async with plane.client() as client:
            for number in range(3):
                client.post(b'{"model":"m","n":%d}' % number)
            for number in range(3):
                got = await plane.upstream.request()
                assert got.body == b'{"model":"m","n":%d}' % number
                await got.answer_json(f"[{number}]")
            for number in range(3):
                await client.head()
                assert await client.read(3) == b"[%d]" % number

    in_plane(story)


def test_a_refusal_waits_for_the_answers_before_it() -> None:
    async def story(plane: Plane) -> None:
        async with plane.client() as client:
            client.post()
            client.send(b"GET / HTTP/1.1\r\n\r\n")
            await (await plane.upstream.request()).answer_json()
            assert (await client.head()).startswith("HTTP/1.1 200")
            await client.read(2)
            assert (await client.head()).startswith("HTTP/1.1 400")

    in_plane(story)


def test_a_body_is_asked_for_when_the_client_waits_to_be_asked() -> None:
    async def story(plane: Plane) -> None:
        async with plane.client() as client:
            head = b"POST /v1/completions HTTP/1.1\r\nHost: y\r\nContent-Type: application/json\r\n"
            client.send(head + b"Expect: 100-continue\r\nContent-Length: 13\r\n\r\n")
            assert await client.head() == "HTTP/1.1 100 Continue"
            client.send(b'{"model":"m"}')
            got = await plane.upstream.request()
            assert "expect" not in got.headers
            await got.answer_json()
            assert (await client.head()).startswith("HTTP/1.1 200")

    in_plane(story)


def test_an_upgrade_to_http2_is_ignored() -> None:
    async def story(plane: Plane) -> None:
        async with plane.client() as client:
            client.post(extra="Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMA\r\n")
            got = await plane.upstream.request()
            assert "upgrade" not in got.headers
            assert "http2-settings" not in got.headers
            await got.answer_json()
            assert (await client.head()).startswith("HTTP/1.1 200")
            await client.read(2)
            client.post()
            await (await plane.upstream.request()).answer_json()
            assert (await client.head()).startswith("HTTP/1.1 200")

    in_plane(story)


def test_an_absolute_target_is_a_path() -> None:
    async def story(plane: Plane) -> None:
        async with plane.client() as client:
            client.send(b"GET http://yard/upstream/m/x?y=1 HTTP/1.1\r\nHost: yard\r\n\r\n")
            got = await plane.upstream.request()
            assert got.head.startswith("GET /x?y=1 HTTP/1.1")
            await got.answer_json()
            await client.head()

    in_plane(story)


def test_a_connection_that_stands_still_is_closed() -> None:
    async def story(plane: Plane) -> None:
        async with plane.client() as idle, plane.client() as half:
            half.send(b"GET /health HT")
            await eventually(lambda: len(plane.edge.connections) == 2)
            now = plane.edge.clock.now()
            for connection in list(plane.edge.connections):
                connection.sweep(now + 10)
            assert len(plane.edge.connections) == 2
            for connection in list(plane.edge.connections):
                connection.sweep(now + 1000)
            assert await idle.until_closed() == b""
            assert await half.until_closed() == b""

    in_plane(story)


def test_draining_closes_idle_connections_and_lets_the_others_finish() -> None:
    async def story(plane: Plane) -> None:
        async with plane.client() as idle, plane.client() as busy:
            busy.post()
            got = await plane.upstream.request()
            plane.edge.stop_listening()
            assert await idle.until_closed() == b""
            assert not await plane.edge.wait_drained(0.01)
            await got.answer_json()
            assert "Connection: close" in await busy.head()
            assert await busy.until_closed() == b"{}"
            assert await plane.edge.wait_drained(5)

    in_plane(story)


def test_a_client_that_leaves_the_queue_frees_its_connection_and_its_place() -> None:
    """R19: a client may vanish at any point."""

    async def story(plane: Plane) -> None:
        async with plane.client() as client:
            client.send(b"POST /v1/completions HTTP/1.1\r\nHost: y\r\nContent-Type: application/json\r\n")
            client.send(b'Content-Length: 50\r\n\r\n{"model":')
            await eventually(lambda: plane.edge.budget.used > 0)
        await eventually(lambda: not plane.edge.connections)
        assert plane.edge.budget.used == 0
        assert plane.in_flight() == 0

    in_plane(story)


# ---------------------------------------------------------------- the bridge to the API


async def _echo(scope: Message, receive: object, send: object) -> None:
    message = await receive()  # type: ignore[operator]
    body = f"{scope['method']} {scope['path']} {scope['query_string'].decode()} {message['body'].decode()}".encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"X-Mine", b"1")]})  # type: ignore[operator]
    await send({"type": "http.response.body", "body": body[:5], "more_body": True})  # type: ignore[operator]
    await send({"type": "http.response.body", "body": body[5:]})  # type: ignore[operator]


def test_everything_else_is_for_the_application() -> None:
    async def story(plane: Plane) -> None:
        async with plane.client() as client:
            client.send(b"POST /a%20pi?x=1 HTTP/1.1\r\nHost: y\r\nContent-Length: 4\r\n\r\nbody")
            assert "X-Mine: 1" in await client.head()
            assert await client.chunk() + await client.chunk() == b"POST /a pi x=1 body"

    in_plane(story, app=_echo)


def test_an_application_hears_that_its_client_left() -> None:
    ended = asyncio.Event()

    async def endless(scope: Message, receive: object, send: object) -> None:
        try:
            await send({"type": "http.response.start", "status": 200, "headers": []})  # type: ignore[operator]
            await send({"type": "http.response.body", "body": b"x", "more_body": True})  # type: ignore[operator]
            await asyncio.Event().wait()
        finally:
            ended.set()

    async def story(plane: Plane) -> None:
        async with plane.client() as client:
            client.send(b"GET /endless HTTP/1.1\r\nHost: y\r\n\r\n")
            await client.head()
            assert await client.chunk() == b"x"
        await ended.wait()

    in_plane(story, app=endless)
