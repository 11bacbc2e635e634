"""What a request leaves behind: nothing. The collector's pauses would be everybody's latency."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Awaitable, Callable
from functools import partial

import pytest

from modelyard.runtime.http.asgi import Message
from tests.support.plane import Client, Plane, in_plane

ANSWERS = {
    "/v1/completions": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
    "/v1/messages": b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"2\r\n\n\n\r\n0\r\n\r\n",
}


async def serve(plane: Plane, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """An engine in a few lines: it keeps nothing of a request, so that what is kept is ours."""
    plane.upstream.writers.append(writer)
    try:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            await reader.readexactly(int(head.partition("Content-Length: ")[2].partition("\r\n")[0]))
            writer.write(ANSWERS[head.split(" ")[1]])
    except asyncio.IncompleteReadError:
        writer.close()


async def ok(scope: Message, receive: object, send: Callable[[Message], Awaitable[None]]) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"OK"})


async def ask(client: Client, path: str, *, in_two: bool) -> None:
    if in_two:
        head = f"POST {path} HTTP/1.1\r\nHost: y\r\nContent-Type: application/json\r\nExpect: 100-continue\r\n"
        client.send(head.encode() + b"Content-Length: 13\r\n\r\n")
        await client.head()
        client.send(b'{"model":"m"}')
    else:
        client.post(path=path)
    if "chunked" in await client.head():
        while await client.chunk():
            pass
    else:
        await client.read(2)


async def garbage_of(work: Callable[[], Awaitable[None]]) -> int:
    """How many objects only the collector could free after the work."""
    await work()
    gc.collect()
    gc.disable()
    try:
        await work()
        return gc.collect()
    finally:
        gc.enable()


@pytest.mark.parametrize(
    ("path", "in_two"),
    [
        ("/v1/completions", False),
        ("/v1/messages", False),
        ("/v1/completions", True),
        ("/upstream/m/v1/completions", True),
        ("/health", False),
        ("/health", True),
    ],
)
def test_requests_leave_nothing_for_the_collector(path: str, in_two: bool) -> None:
    async def story(plane: Plane) -> None:
        server = await asyncio.start_server(partial(serve, plane), "127.0.0.1", 0)
        plane.upstream_port = server.sockets[0].getsockname()[1]

        async def requests() -> None:
            async with plane.client() as client:
                for _ in range(300):
                    await ask(client, path, in_two=in_two)
                plane.requests_done.clear()

        assert await garbage_of(requests) < 30
        server.close()

    in_plane(story, app=ok)


def test_connections_leave_nothing_for_the_collector() -> None:
    async def story(plane: Plane) -> None:
        async def connections() -> None:
            for _ in range(50):
                async with plane.client() as client:
                    client.send(b"GET /health HTTP/1.1\r\nHost: y\r\nConnection: close\r\n\r\n")
                    await client.until_closed()
            plane.requests_done.clear()

        assert await garbage_of(connections) < 30

    in_plane(story, app=ok)
