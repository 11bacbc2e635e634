"""Messages whose heads are known skip the parser; nobody may be able to tell, whatever arrives in whatever pieces.

The reference gets the same bytes one by one: then no read ever holds a whole message, and nothing is known.
"""

from __future__ import annotations

import asyncio
from itertools import pairwise
from typing import cast

from hypothesis import given, settings
from hypothesis import strategies as st

from modelyard.runtime.clock import SystemClock
from modelyard.runtime.http.connection import EdgeConnection
from modelyard.runtime.http.edge import Edge
from modelyard.runtime.http.pool import UpstreamPool
from modelyard.runtime.http.request import Request
from modelyard.runtime.http.turn import Turn
from modelyard.runtime.http.upstream import UpstreamConnection
from modelyard.runtime.tasks import TaskOwner
from modelyard.wire.heads import MISSES, ResponseHead
from tests.support.plane import Plane, in_plane
from tests.support.socketless import Socketless

POST = b"POST /v1/x HTTP/1.1\r\nHost: y\r\nContent-Length: %d\r\n\r\n%b"
REQUESTS = [
    POST % (2, b"{}"),
    POST % (2, b"[]"),
    POST % (0, b""),
    POST % (12, b"POST /v1/x H"),
    POST.replace(b"Host", b"X: 1\r\nHost") % (2, b"{}"),
    POST.replace(b"Host", b"Connection: close\r\nHost") % (2, b"{}"),
    POST.replace(b"Host", b"Content-Length: 2\r\nHost") % (2, b"{}"),
    POST.replace(b"Host", b"Transfer-Encoding: chunked\r\nHost") % (2, b"2\r\n{}\r\n0\r\n\r\n"),
    POST.replace(b"Host", b"Upgrade: h2c\r\nConnection: upgrade\r\nHost") % (2, b"{}"),
    POST.replace(b"HTTP/1.1", b"HTTP/1.0") % (2, b"{}"),
    POST.replace(b"/v1/x", b"http://y/v1/x") % (2, b"{}"),
    POST.replace(b": %d", b": 0%d") % (2, b"{}"),
    b"POST /c HTTP/1.1\r\nHost: y\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    b"GET /v1/x HTTP/1.1\r\nHost: y\r\n\r\n",
    POST % (3, b"{}"),
    POST % (1, b"{}"),
    b"\r\n",
    b"PO",
    b"ST",
]
ANSWER = b"HTTP/1.1 200 OK\r\nX: 1\r\nContent-Length: %d\r\n\r\n%b"
ANSWERS = [
    ANSWER % (2, b"{}"),
    ANSWER % (2, b"[]"),
    ANSWER % (0, b""),
    ANSWER.replace(b"200 OK", b"404 No") % (2, b"{}"),
    ANSWER.replace(b"X: 1", b"X: 2") % (2, b"{}"),
    ANSWER.replace(b"X: 1", b"Connection: close") % (2, b"{}"),
    ANSWER.replace(b"200 OK", b"204 No Content") % (0, b""),
    ANSWER % (3, b"{}"),
    ANSWER % (1, b"{}"),
    b"HTTP/1.1 100 Continue\r\n\r\n" + ANSWER % (2, b"{}"),
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    ANSWER % (2, b"{}") + ANSWER % (2, b"{}"),
]


async def asked(reads: list[bytes]) -> list[object]:
    """What an edge makes of these reads: the requests, then what it wrote, then whether it closed."""
    seen: list[object] = []

    def answer(request: Request) -> None:
        request.body.when_complete(lambda: request.respond(200, []))

    def done(request: Request) -> None:
        head = request.head
        seen.append((head.method, head.target, head.headers, head.fields, bytes(request.body.view()), head.keep_alive))

    turn = Turn(asyncio.get_running_loop())
    connection = EdgeConnection(Edge(answer, SystemClock(), turn, request_done=done))
    socket = Socketless()
    connection.connection_made(cast("asyncio.Transport", socket))
    for read in reads:
        if not socket.closed:
            connection.take(read)
            turn.finish_writes()
            await asyncio.sleep(0)  # what waits behind an answer is handed on in the next turn
    return [*seen, socket.written, socket.closed]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(REQUESTS), min_size=1, max_size=6), st.lists(st.integers(1, 400), max_size=4))
def test_a_request_with_a_known_head_is_the_request_that_the_parser_sees(said: list[bytes], cuts: list[int]) -> None:
    async def both() -> None:
        whole = b"".join(said)
        bytewise = await asked([whole[at : at + 1] for at in range(len(whole))])
        assert await asked(said) == bytewise
        assert await asked(_cut(whole, cuts)) == bytewise

    asyncio.run(both())


def _cut(whole: bytes, cuts: list[int]) -> list[bytes]:
    ends = sorted({min(sum(cuts[:count]), len(whole)) for count in range(len(cuts) + 1)} | {len(whole)})
    return [whole[start:end] for start, end in pairwise(ends)]


class Taker:
    """Takes answers down, each in one piece."""

    def __init__(self) -> None:
        self.said: list[object] = []
        self.body = b""

    def response_started(self, head: ResponseHead) -> None:
        self.said.append((head.status, head.reason, head.headers, head.traits))
        self.body = b""

    def response_body(self, data: bytes) -> None:
        self.body += data

    def response_ended(self, data: bytes) -> None:
        self.said.append(self.body + data)

    def response_whole(self, head: ResponseHead, data: bytes) -> None:
        self.response_started(head)
        self.response_ended(data)

    def response_broken(self, reason: str) -> None:
        self.said.append("broken")

    def connected(self, connection: UpstreamConnection) -> None:
        raise AssertionError

    def connect_failed(self, reason: str) -> None:
        raise AssertionError

    def upgraded(self, early: bytes) -> None:
        raise AssertionError

    def upstream_writable(self) -> None:
        raise AssertionError

    def upstream_slow(self) -> None:
        raise AssertionError


async def answered(answers: list[tuple[bytes, bytes]], *, bytewise: bool) -> list[object]:
    """What becomes of these answers, each to a request of its method on the same connection."""
    turn = Turn(asyncio.get_running_loop())
    connection = UpstreamConnection(UpstreamPool("http://unused", TaskOwner(lambda name, error: None), turn))
    socket = Socketless()
    connection.connection_made(cast("asyncio.Transport", socket))
    taker = Taker()
    for method, answer in answers:
        if not socket.closed:
            connection.send(taker, method, b"", None)
            for read in (answer[at : at + 1] for at in range(len(answer))) if bytewise else [answer]:
                connection.take(read)
            taker.said.append(socket.closed)
    return taker.said


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from([b"POST", b"POST", b"HEAD"]), st.sampled_from(ANSWERS)), min_size=1, max_size=6)
)
def test_an_answer_with_a_known_head_is_the_answer_that_the_parser_sees(said: list[tuple[bytes, bytes]]) -> None:
    async def both() -> None:
        assert await answered(said, bytewise=False) == await answered(said, bytewise=True)

    asyncio.run(both())


def test_a_request_whose_head_is_known_does_not_overtake_one_that_waits() -> None:
    """Its read comes in the same turn as the answer before, and so before those who wait are handed on."""

    async def story() -> None:
        handed: list[Request] = []
        bodies: list[bytes | None] = []

        def hold(request: Request) -> None:
            handed.append(request)
            bodies.append(request.body.single)

        turn = Turn(asyncio.get_running_loop())
        connection = EdgeConnection(Edge(hold, SystemClock(), turn, request_done=lambda request: None))
        connection.connection_made(cast("asyncio.Transport", Socketless()))
        connection.take(POST % (1, b"1"))
        connection.take(POST % (1, b"2"))
        handed[0].respond(200, [])
        connection.take(POST % (1, b"3"))
        assert bodies == [b"1", b"2"]
        handed[1].respond(200, [])
        await asyncio.sleep(0)
        assert bodies == [b"1", b"2", b"3"]

    asyncio.run(story())


def test_heads_that_always_differ_are_no_longer_learnt() -> None:
    async def story() -> None:
        turn = Turn(asyncio.get_running_loop())
        edge = Edge(lambda request: request.respond(200, []), SystemClock(), turn, request_done=lambda request: None)
        connection = EdgeConnection(edge)
        connection.connection_made(cast("asyncio.Transport", Socketless()))
        learnt = []
        for number in range(2 * MISSES):
            connection.take(POST.replace(b"Host", b"X: %d\r\nHost" % number) % (1, b"1"))
            learnt.append(connection._reader.known is not None)
        assert learnt == [True] * MISSES + [False] * MISSES

    asyncio.run(story())


def test_lengths_that_differ_reach_both_sides() -> None:
    async def story(plane: Plane) -> None:
        async with plane.client() as client:
            for size in (1, 1, 100, 3, 20_000, 20_000):
                client.post(b'{"model":"m","n":"%b"}' % (b"x" * size))
                got = await plane.upstream.request()
                assert got.headers["content-length"] == str(len(got.body)) == str(size + 20)
                await got.answer_json("y" * size)
                assert f"\r\nContent-Length: {size}" in await client.head()
                assert await client.read(size) == b"y" * size

    in_plane(story)
