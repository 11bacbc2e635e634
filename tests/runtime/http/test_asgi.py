"""The bridge to the API's application: what it promises both sides."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from modelyard.runtime.http.asgi import MAX_BODY, Message
from tests.support.plane import Plane, eventually, in_plane

Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


async def size_of_body(scope: Message, receive: Receive, send: Send) -> None:
    body = (await receive())["body"]
    text = str(len(body)).encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(text))]})
    await send({"type": "http.response.body", "body": text})


def test_a_body_that_comes_in_pieces_arrives_whole() -> None:
    async def story(plane: Plane) -> None:
        async with plane.client() as client:
            client.send(b"POST /x HTTP/1.1\r\nHost: y\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")
            await eventually(lambda: "current=<Request" in repr([*plane.edge.connections]))
            client.send(b"4\r\ndefg\r\n0\r\n\r\n")
            await client.head()
            assert await client.read(1) == b"7"

    in_plane(story, app=size_of_body)


def test_a_body_declared_too_large_is_refused_before_it_comes() -> None:
    """R43: the API takes no uploads."""

    async def story(plane: Plane) -> None:
        async with plane.client() as client:
            client.send(b"POST /x HTTP/1.1\r\nHost: y\r\nContent-Length: %d\r\n\r\n" % (MAX_BODY + 1))
            head = await client.head()
            assert head.startswith("HTTP/1.1 413")
            assert "Connection: close" in head

    in_plane(story, app=size_of_body)


def test_a_body_that_grows_too_large_is_refused_as_it_comes() -> None:
    """R43: nor one that does not say how large it is. It is no error of the application's."""

    async def story(plane: Plane) -> None:
        async with plane.client() as client:
            client.send(b"POST /x HTTP/1.1\r\nHost: y\r\nTransfer-Encoding: chunked\r\n\r\n")
            client.send((b"100000\r\n" + bytes(1 << 20) + b"\r\n") * 20)
            assert (await client.head()).startswith("HTTP/1.1 413")
            assert plane.edge.budget.used == 0

    in_plane(story, app=size_of_body)


def test_the_head_of_an_endless_answer_is_an_answer() -> None:
    """The application is stopped: nobody will read the rest."""
    ended = asyncio.Event()

    async def endless(scope: Message, receive: Receive, send: Send) -> None:
        try:
            await send({"type": "http.response.start", "status": 200, "headers": []})
            while True:
                await send({"type": "http.response.body", "body": b"x", "more_body": True})
                await asyncio.sleep(0)
        finally:
            ended.set()

    async def story(plane: Plane) -> None:
        async with plane.client() as client:
            for _ in range(2):
                client.send(b"HEAD /endless HTTP/1.1\r\nHost: y\r\n\r\n")
                assert (await client.head()).startswith("HTTP/1.1 200")
                await ended.wait()
                ended.clear()

    in_plane(story, app=endless)


def test_an_application_that_breaks_is_a_500_and_in_mid_answer_a_broken_body() -> None:
    """R37: and it is reported."""

    async def breaks(scope: Message, receive: Receive, send: Send) -> None:
        if scope["path"] == "/late":
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"x", "more_body": True})
        raise LookupError(scope["path"])

    async def story(plane: Plane) -> None:
        async with plane.client() as client:
            client.send(b"GET /soon HTTP/1.1\r\nHost: y\r\n\r\n")
            assert (await client.head()).startswith("HTTP/1.1 500")
            assert await client.read(15) == b"internal error\n"
            client.send(b"GET /late HTTP/1.1\r\nHost: y\r\n\r\n")
            await client.head()
            assert await client.chunk() == b"x"
            assert await client.until_closed() == b""
        assert plane.crashes == ["asgi /soon: LookupError('/soon')", "asgi /late: LookupError('/late')"]
        plane.crashes.clear()

    in_plane(story, app=breaks)


def test_an_application_waits_for_a_client_that_is_slow_already() -> None:
    """Backpressure: the answer before may still fill the client's socket."""
    size = 16 << 20
    second_is_through = asyncio.Event()

    async def large(scope: Message, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % size)]})
        if scope["path"] == "/first":
            await send({"type": "http.response.body", "body": bytes(size)})
            return
        await send({"type": "http.response.body", "body": bytes(size // 2), "more_body": True})
        await send({"type": "http.response.body", "body": bytes(size // 2)})
        second_is_through.set()

    async def story(plane: Plane) -> None:
        async with plane.client() as client:
            client.writer.transport.pause_reading()  # type: ignore[attr-defined]  # a plain socket transport
            client.send(b"GET /first HTTP/1.1\r\nHost: y\r\n\r\nGET /second HTTP/1.1\r\nHost: y\r\n\r\n")
            connection = next(iter(plane.edge.connections))
            await eventually(lambda: connection.write_paused and "/second started" in repr(connection))
            for _ in range(20):
                await asyncio.sleep(0)
            assert not second_is_through.is_set()
            client.writer.transport.resume_reading()  # type: ignore[attr-defined]
            for _ in range(2):
                await client.head()
                await client.read(size)

    in_plane(story, app=large)
