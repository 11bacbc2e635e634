"""The listening side: what is a request, what is refused, and in which order answers come."""

from __future__ import annotations

import asyncio
import json
import math
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import pytest

from modelyard.app.resolution import Route
from modelyard.runtime.http.asgi import Message
from modelyard.runtime.http.connection import EdgeConnection
from tests.support.certificates import make_certificate
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


@dataclass
class SlowClock:
    """A clock that the test turns."""

    at: float

    def now(self) -> float:
        return self.at

    def wall(self) -> float:
        return self.at


@pytest.mark.parametrize(
    "begin",
    ["GET / HTTP/1.1", "POST /v1/completions HTTP/1.1\r\nHost: y\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0"],
)
def test_a_head_that_comes_byte_by_byte_is_not_waited_for_longer(begin: str) -> None:
    """R43: connections are no use to those who only hold them. Trailers count as head."""

    async def story(plane: Plane) -> None:
        plane.edge.clock = clock = SlowClock(1000.0)
        async with plane.client() as client:
            client.send(begin.encode())
            await eventually(lambda: plane.edge.connections)
            (connection,) = plane.edge.connections
            reader = connection._reader
            await eventually(lambda: reader.in_head or reader.parsing)
            for byte in b"\r\nX: 4567890":
                seen = reader._head_size
                client.send(bytes([byte]))
                while reader._head_size == seen:
                    await asyncio.sleep(0)
                connection.sweep(clock.at)
                assert not connection._transport.is_closing()  # type: ignore[union-attr]
                clock.at += 10
            clock.at += 1
            connection.sweep(clock.at)
            assert clock.at - 1000 == 121
            assert await client.until_closed() == b""

    in_plane(story)


class Slow(asyncio.Transport):
    """A client for whom bytes wait, as many as the test says."""

    def __init__(self) -> None:
        super().__init__({"sockname": ("127.0.0.1", 1)})
        self.waiting = 0
        self.said: list[str] = []

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        pass

    def get_write_buffer_size(self) -> int:
        return self.waiting

    def abort(self) -> None:
        self.said.append("abort")

    def is_closing(self) -> bool:
        return bool(self.said)

    def close(self) -> None:
        self.said.append("close")


def test_who_takes_something_now_and_then_is_slow_and_not_gone() -> None:
    async def story(plane: Plane) -> None:
        plane.edge.clock = clock = SlowClock(1000.0)
        connection, client = EdgeConnection(plane.edge), Slow()
        connection.connection_made(client)
        connection.pause_writing()
        connection.idle_since = math.inf  # it is about what waits for it, not about its next request
        for client.waiting in (5000, 4000, 3000, 2999, 2998):
            connection.sweep(clock.at)
            clock.at += 119
        connection.sweep(clock.at)
        assert client.said == []
        clock.at += 2
        connection.sweep(clock.at)
        assert client.said == ["abort"]
        connection.connection_lost(None)

    in_plane(story)


def test_a_client_that_takes_nothing_for_long_gives_its_place_back() -> None:
    """R19, R34: a stream that nobody reads must not keep its model for ever."""

    async def story(plane: Plane) -> None:
        plane.edge.clock = clock = SlowClock(1000.0)
        async with plane.client() as client:
            client.post()
            got = await plane.upstream.request()
            await got.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n")
            await client.head()
            (connection,) = plane.edge.connections
            client.reader._transport.pause_reading()  # type: ignore[attr-defined]
            feeding = asyncio.ensure_future(got.write(bytes(64 << 20)))
            await eventually(lambda: connection.write_paused)
            connection.sweep(clock.at)
            clock.at += 119
            connection.sweep(clock.at)
            assert plane.in_flight() == 1
            clock.at += 2
            connection.sweep(clock.at)
            await eventually(lambda: plane.in_flight() == 0)
            feeding.cancel()

    in_plane(story)


def test_a_client_that_is_gone_without_a_word_is_noticed_by_tcp() -> None:
    """R34: a machine that sleeps says no goodbye."""

    async def story(plane: Plane) -> None:
        async with plane.client():
            await eventually(lambda: plane.edge.connections)
            (connection,) = plane.edge.connections
            kept = connection._transport.get_extra_info("socket")  # type: ignore[union-attr]
            assert kept.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
            assert kept.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 30
            assert kept.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 120_000

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


@pytest.mark.parametrize("path", ["/v1/completions", "/upstream/m/file"])
def test_a_body_that_is_no_http_is_refused(path: str) -> None:
    """R19: its request can never be complete, so it ends, with its grant if it had one."""

    async def story(plane: Plane) -> None:
        plane.upstream.reads_bodies = False
        async with plane.client() as client:
            client.send(f"POST {path} HTTP/1.1\r\nHost: y\r\nContent-Type: application/json\r\n".encode())
            client.send(b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n")
            if path.startswith("/upstream"):
                await plane.upstream.request()
            else:
                await eventually(lambda: plane.edge.budget.used > 0)
            client.send(b"no size\r\n")
            assert (await client.head()).startswith("HTTP/1.1 400")
            await client.until_closed()
            assert plane.in_flight() == 0
            assert plane.edge.budget.used == 0
        assert [request.status for request in plane.requests_done] == [400]

    in_plane(story)


def test_a_bad_body_behind_a_request_waits_for_its_turn_to_be_refused() -> None:
    async def story(plane: Plane) -> None:
        async with plane.client() as client:
            client.post()
            client.send(b"POST /v1/completions HTTP/1.1\r\nHost: y\r\nTransfer-Encoding: chunked\r\n\r\nno size\r\n")
            await (await plane.upstream.request()).answer_json()
            assert (await client.head()).startswith("HTTP/1.1 200")
            await client.read(2)
            assert (await client.head()).startswith("HTTP/1.1 400")
            await client.until_closed()

    in_plane(story)


def test_a_bad_body_of_a_request_that_is_being_answered_breaks_the_answer_off() -> None:
    """R37: two answers must not mix."""

    async def story(plane: Plane) -> None:
        plane.upstream.reads_bodies = False
        async with plane.client() as client:
            client.send(b"POST /upstream/m/x HTTP/1.1\r\nHost: y\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n")
            got = await plane.upstream.request()
            await got.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc")
            await client.head()
            assert await client.read(3) == b"abc"
            client.send(b"no size\r\n")
            assert await client.until_closed() == b""
            await got.wait_closed_by_peer()
            assert plane.in_flight() == 0

    in_plane(story)


def test_a_refused_upgrade_leaves_the_request_before_it_alone() -> None:
    async def story(plane: Plane) -> None:
        async with plane.client() as client:
            client.post()
            client.send(b"GET / HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n")
            await (await plane.upstream.request()).answer_json()
            assert (await client.head()).startswith("HTTP/1.1 200")
            await client.read(2)
            assert (await client.head()).startswith("HTTP/1.1 400")

    in_plane(story)


def test_an_upgrade_with_a_body_is_an_ordinary_request() -> None:
    """RFC 6455 upgrades a GET without a body; taking a body for another protocol's bytes would smuggle requests."""

    async def story(plane: Plane) -> None:
        async with plane.client() as client:
            client.post(extra="Connection: Upgrade\r\nUpgrade: websocket\r\n")
            got = await plane.upstream.request()
            assert got.body == b'{"model":"m"}'
            assert "upgrade" not in got.headers
            await got.answer_json()
            assert (await client.head()).startswith("HTTP/1.1 200")
            await client.read(2)
            client.post()
            await (await plane.upstream.request()).answer_json()
            assert (await client.head()).startswith("HTTP/1.1 200")

    in_plane(story)


def test_nobody_is_asked_for_a_body_who_did_not_offer_to_wait() -> None:
    async def story(plane: Plane) -> None:
        async with plane.client() as client:
            client.post(extra="Expect: 100-continue\r\n")
            await (await plane.upstream.request()).answer_json()
            assert (await client.head()).startswith("HTTP/1.1 200")
            await client.read(2)
            client.send(b"POST /v1/completions HTTP/1.1\r\nHost: y\r\nContent-Type: application/json\r\n")
            client.send(b"Content-Length: 13\r\n\r\n")
            await eventually(lambda: "current=<Request" in repr(next(iter(plane.edge.connections))))
            client.send(b'{"model":"m"}')
            await (await plane.upstream.request()).answer_json()
            assert (await client.head()).startswith("HTTP/1.1 200")

    in_plane(story)


def test_a_client_of_http_1_0_knows_no_interim_answers() -> None:
    async def story(plane: Plane) -> None:
        async with plane.client() as client:
            client.send(b"POST /v1/completions HTTP/1.0\r\nContent-Type: application/json\r\nExpect: 100-continue\r\n")
            client.send(b"Content-Length: 13\r\n\r\n")
            await eventually(lambda: "current=<Request" in repr([*plane.edge.connections]))
            client.send(b'{"model":"m"}')
            await (await plane.upstream.request()).answer_json()
            assert (await client.head()).startswith("HTTP/1.1 200")

    in_plane(story)


def test_a_refused_client_may_finish_its_sentence_and_hears_why() -> None:
    """RFC 9112 section 9.6: closed at once, the socket would answer with a reset, and the refusal would be lost."""

    async def story(plane: Plane) -> None:
        plane.upstream.reads_bodies = False
        size = 32 << 20
        async with plane.client() as client:
            client.send(b"PUT /upstream/m/x HTTP/1.1\r\nHost: y\r\nConnection: close\r\n")
            client.send(b"Content-Length: %d\r\n\r\nabc" % size)
            await (await plane.upstream.request()).write(b"HTTP/1.1 413 No\r\nContent-Length: 0\r\n\r\n")
            await eventually(lambda: plane.in_flight() == 0)
            client.send(bytes(size - 3))
            await client.writer.drain()
            assert (await client.head()).startswith("HTTP/1.1 413")
            assert await client.until_closed() == b""
        await eventually(lambda: not plane.edge.connections)

    in_plane(story)


def test_a_refused_client_of_tls_may_finish_its_sentence_too(tmp_path: Path) -> None:
    """TLS can't be closed on one side only, so the connection stays for a while, and what comes is dropped."""
    certificate = make_certificate(tmp_path)
    size = 8 << 20

    async def story(plane: Plane) -> None:
        plane.upstream.reads_bodies = False
        port = (await plane.edge.listen("127.0.0.1", 0, certificate.server_context()))[0][1]
        reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=certificate.client_context())
        head = b"PUT /upstream/m/x HTTP/1.1\r\nHost: y\r\nConnection: close\r\nContent-Length: %d\r\n\r\nabc"
        writer.write(head % size)
        await (await plane.upstream.request()).write(b"HTTP/1.1 413 No\r\nContent-Length: 0\r\n\r\n")
        await eventually(lambda: plane.in_flight() == 0)
        for _ in range(size >> 16):
            writer.write(bytes(1 << 16))
            await writer.drain()
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 413")
        writer.close()
        await eventually(lambda: not plane.edge.connections)

    in_plane(story)


@pytest.mark.parametrize(
    ("path", "shape"),
    [
        (b"/v1/chat/completions", {"type": "invalid_request_error", "code": "request_too_large"}),
        (b"/v1/messages", {"type": "request_too_large"}),
        (b"/upstream/m/x", {"code": "request_too_large"}),
    ],
)
@pytest.mark.parametrize(
    ("framing", "body"),
    [
        (b"Content-Length: 21", b""),
        (b"Expect: 100-continue\r\nContent-Length: 21", b""),
        (b"Transfer-Encoding: chunked", b"b\r\nhello world\r\nb\r\nhello world\r\n"),
    ],
)
def test_a_body_beyond_the_limit_is_refused(path: bytes, shape: dict[str, str], framing: bytes, body: bytes) -> None:
    """R43: by its declared length, or as soon as more comes; the answer names the key and is one of the route's."""

    async def story(plane: Plane) -> None:
        plane.edge.budget.largest = 20
        async with plane.client() as client:
            client.send(b"POST %b HTTP/1.1\r\nHost: y\r\nContent-Type: application/json\r\n" % path)
            client.send(framing + b"\r\n\r\n" + body)
            head = await client.head()
            assert head.startswith("HTTP/1.1 413 Content Too Large")
            assert "Content-Type: application/json" in head
            error = json.loads(await client.until_closed())["error"]
            assert error["message"] == "the request body is larger than maxBody allows (20 bytes)"
            assert error.items() >= shape.items()
        await eventually(lambda: not plane.edge.connections)
        assert plane.in_flight() == 0

    in_plane(story)


def test_a_body_at_the_limit_passes_and_one_beyond_it_does_not_although_its_head_is_known() -> None:
    async def story(plane: Plane) -> None:
        plane.edge.budget.largest = 15
        async with plane.client() as client:
            for _ in range(3):
                client.post(b'{"model":"m"}  ')
                await (await plane.upstream.request()).answer_json()
                assert (await client.head()).startswith("HTTP/1.1 200")
                await client.read(2)
            client.post(b'{"model":"m"}   ')
            assert (await client.head()).startswith("HTTP/1.1 413")

    in_plane(story)


@pytest.mark.parametrize("piece", [b"X: yyyyyyyyyyyyyyyyyyyyyyyyy\r\n", b"y" * 30])
def test_trailers_without_end_are_refused(piece: bytes) -> None:
    """R43: what nobody reads must not fill the memory."""

    async def story(plane: Plane) -> None:
        async with plane.client() as client:
            client.send(b"POST /v1/completions HTTP/1.1\r\nHost: y\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n")
            for _ in range(100):
                client.send(piece * 100)
            assert (await client.head()).startswith("HTTP/1.1 431")
            await client.until_closed()

    in_plane(story)


def test_a_connection_that_comes_during_a_drain_is_closed() -> None:
    async def story(plane: Plane) -> None:
        plane.edge.draining = True
        async with plane.client() as late:
            assert await late.until_closed() == b""
        assert await plane.edge.wait_drained(5)

    in_plane(story)


def test_a_drain_does_not_wait_for_a_body_that_nobody_wants() -> None:
    async def story(plane: Plane) -> None:
        plane.upstream.reads_bodies = False
        async with plane.client() as client:
            client.send(b"PUT /upstream/m/x HTTP/1.1\r\nHost: y\r\nContent-Length: 100\r\n\r\nabc")
            await (await plane.upstream.request()).write(b"HTTP/1.1 413 No\r\nContent-Length: 0\r\n\r\n")
            await client.head()
            plane.edge.stop_listening()
            assert await plane.edge.wait_drained(5)

    in_plane(story)


def test_a_new_client_whose_first_words_wait_for_their_turn_is_served_in_a_drain() -> None:
    async def story(plane: Plane) -> None:
        async with plane.client() as client:
            await eventually(lambda: plane.edge.connections)
            connection = next(iter(plane.edge.connections))
            connection.data_received(b"GET /upstream/m/x HTTP/1.1\r\nHost: y\r\n\r\n")
            plane.edge.stop_listening()
            await (await plane.upstream.request()).answer_json()
            assert (await client.until_closed()).startswith(b"HTTP/1.1 200 ")

    in_plane(story)


def test_what_is_pipelined_behind_the_last_answer_of_a_drain_is_not_begun() -> None:
    async def story(plane: Plane) -> None:
        async with plane.client() as client:
            client.post()
            client.post()
            got = await plane.upstream.request()
            connection = next(iter(plane.edge.connections))
            plane.edge.stop_listening()
            await got.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
            await eventually(lambda: plane.in_flight() == 0)
            connection.data_received(b"GET / HTTP/1.1\r\nHost: y\r\n\r\n")
            assert (await client.until_closed()).endswith(b"{}")
            assert await plane.edge.wait_drained(5)
        assert len(plane.requests_done) == 1

    in_plane(story)


@pytest.mark.parametrize("body_is_late", [False, True])
def test_a_handler_that_breaks_costs_its_connection_and_nothing_else(body_is_late: bool) -> None:
    """R19: a bug of ours must not leave a client waiting for ever, nor the grant open."""

    async def story(plane: Plane) -> None:
        told: list[object] = []
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: told.append(context["exception"]))
        plane.world.routes = cast("dict[str, Route]", None)  # so that looking a name up raises
        async with plane.client() as client:
            client.send(b"POST /v1/completions HTTP/1.1\r\nHost: y\r\nContent-Type: application/json\r\n")
            if body_is_late:
                client.send(b"Content-Length: 13\r\n\r\n")
                await eventually(lambda: "current=<Request" in repr([*plane.edge.connections]))
                client.send(b'{"model":"m"}')
            else:
                client.send(b'Content-Length: 13\r\n\r\n{"model":"m"}')
            assert await client.until_closed() == b""
        await eventually(lambda: not plane.edge.connections)
        assert len(told) == 1

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
