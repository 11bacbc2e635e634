"""Upgrades: bytes pass raw in both directions."""

from __future__ import annotations

from tests.support.plane import Plane, eventually, in_plane

ASK = (
    b"GET /upstream/m/ws?x=1 HTTP/1.1\r\nHost: y\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Key: k\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
SWITCH = (
    b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: a\r\n\r\n"
)


def test_an_upgraded_connection_is_a_tunnel() -> None:
    """R44: WebSockets reach the engine, and count as in flight until they close."""

    async def story(plane: Plane) -> None:
        async with plane.client() as client:
            client.send(ASK + b"early")
            got = await plane.upstream.request()
            assert got.head.startswith("GET /ws?x=1 HTTP/1.1")
            assert got.headers["connection"] == "Upgrade"
            assert got.headers["upgrade"] == "websocket"
            assert got.headers["sec-websocket-key"] == "k"
            await got.write(SWITCH + b"hello")
            head = await client.head()
            assert head.startswith("HTTP/1.1 101 ")
            assert "Sec-WebSocket-Accept: a" in head
            assert await client.read(5) == b"hello"
            assert await got.reader.readexactly(5) == b"early"
            client.send(b"ping" * 10_000)
            assert await got.reader.readexactly(40_000) == b"ping" * 10_000
            assert plane.in_flight() == 1
            client.writer.close()
            await got.wait_closed_by_peer()
            await eventually(lambda: plane.in_flight() == 0)
        assert [request.status for request in plane.requests_done] == [101]

    in_plane(story)


def test_the_client_hears_when_the_engine_closes_the_tunnel() -> None:
    async def story(plane: Plane) -> None:
        async with plane.client() as client:
            client.send(ASK)
            got = await plane.upstream.request()
            await got.write(SWITCH)
            await client.head()
            got.writer.close()
            assert await client.until_closed() == b""
            await eventually(lambda: plane.in_flight() == 0)

    in_plane(story)


def test_a_declined_upgrade_is_an_ordinary_answer() -> None:
    async def story(plane: Plane) -> None:
        async with plane.client() as client:
            client.send(ASK)
            got = await plane.upstream.request()
            await got.answer(b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno")
            assert (await client.head()).startswith("HTTP/1.1 404")
            assert await client.read(2) == b"no"
            client.post()
            await (await plane.upstream.request()).answer_json()
            assert (await client.head()).startswith("HTTP/1.1 200")

    in_plane(story)
