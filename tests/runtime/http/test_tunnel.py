"""Upgrades: bytes pass raw in both directions."""

from __future__ import annotations

from modelyard.runtime.http.connection import EdgeConnection
from modelyard.runtime.http.upstream import UpstreamConnection
from tests.support.plane import Plane, Received, eventually, in_plane

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


def test_an_upgrade_waits_for_the_requests_before_it() -> None:
    """What comes behind the head belongs to the tunnel, also while earlier requests are being answered."""

    async def story(plane: Plane) -> None:
        async with plane.client() as client:
            client.post()
            client.send(ASK + b"early")
            await (await plane.upstream.request()).answer_json()
            assert (await client.head()).startswith("HTTP/1.1 200")
            assert await client.read(2) == b"{}"
            got = await plane.upstream.request()
            await got.write(SWITCH)
            assert (await client.head()).startswith("HTTP/1.1 101")
            assert await got.reader.readexactly(5) == b"early"

    in_plane(story)


async def both_sides(plane: Plane) -> tuple[Received, EdgeConnection, UpstreamConnection]:
    """The request that has arrived, and the two connections that it came by."""
    got = await plane.upstream.request()
    (upstream_side,) = plane.pool()._all
    return got, next(iter(plane.edge.connections)), upstream_side


def test_bytes_that_are_read_in_the_turn_of_the_switch_are_not_lost() -> None:
    async def story(plane: Plane) -> None:
        async with plane.client() as client:
            client.send(ASK)
            got, edge_side, upstream_side = await both_sides(plane)
            upstream_side.data_received(SWITCH + b"a")
            edge_side.data_received(b"1")
            upstream_side.data_received(b"b")
            edge_side.data_received(b"2")
            assert (await client.head()).startswith("HTTP/1.1 101")
            assert await client.read(2) == b"ab"
            assert await got.reader.readexactly(2) == b"12"
            client.send(b"3")
            assert await got.reader.readexactly(1) == b"3"

    in_plane(story)


def test_what_is_long_and_waits_for_its_turn_at_the_switch_is_not_overtaken() -> None:
    async def story(plane: Plane) -> None:
        async with plane.client() as client:
            client.send(ASK)
            got, edge_side, upstream_side = await both_sides(plane)
            edge_side.data_received(b"a" * 20000)
            assert edge_side.inlet.held
            upstream_side.data_received(SWITCH)
            assert (await client.head()).startswith("HTTP/1.1 101")
            client.send(b"b")
            assert await got.reader.readexactly(20001) == b"a" * 20000 + b"b"

    in_plane(story)


def test_what_follows_a_declined_upgrade_is_read_in_order() -> None:
    async def story(plane: Plane) -> None:
        async with plane.client() as client:
            client.send(ASK + b"POST /v1/completions HTTP/1.1\r\nHost: y\r\nContent-Type: application/json\r\n")
            got, edge_side, upstream_side = await both_sides(plane)
            upstream_side.data_received(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
            edge_side.data_received(b'Content-Length: 13\r\n\r\n{"model":"m"}')
            got.finished.set()
            assert (await client.head()).startswith("HTTP/1.1 404")
            again = await plane.upstream.request()
            assert again.body == b'{"model":"m"}'
            await again.answer_json()
            assert (await client.head()).startswith("HTTP/1.1 200")

    in_plane(story)


def test_what_comes_before_the_switch_is_bounded() -> None:
    """R43: a client that talks while its model loads must not fill the memory."""

    async def story(plane: Plane) -> None:
        async with plane.client() as client:
            client.send(ASK)
            got = await plane.upstream.request()
            size = 64 << 20
            client.send(bytes(size))
            connection = next(iter(plane.edge.connections))
            await eventually(lambda: "paused" in repr(connection))
            await got.write(SWITCH)
            assert (await client.head()).startswith("HTTP/1.1 101")
            assert len(await got.reader.readexactly(size)) == size

    in_plane(story)


def test_a_drain_does_not_wait_for_tunnels() -> None:
    async def story(plane: Plane) -> None:
        async with plane.client() as client:
            client.send(ASK)
            got = await plane.upstream.request()
            await got.write(SWITCH)
            await client.head()
            plane.edge.stop_listening()
            assert await plane.edge.wait_drained(5)
            client.send(b"still here")
            assert await got.reader.readexactly(10) == b"still here"

    in_plane(story)
