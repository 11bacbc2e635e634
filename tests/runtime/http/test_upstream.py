"""Connections to a child, one by one."""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
from contextlib import suppress
from pathlib import Path

import pytest

from modelyard.runtime.http.pool import Target, UpstreamPool
from modelyard.runtime.http.upstream import UpstreamConnection
from modelyard.wire.heads import ResponseHead
from tests.support.certificates import make_certificate
from tests.support.plane import Plane, Received, eventually, in_plane


class Recorder:
    """Takes answers down."""

    def __init__(self) -> None:
        self.connection: UpstreamConnection | None = None
        self.said: list[str] = []

    def connected(self, connection: UpstreamConnection) -> None:
        self.connection = connection

    def connect_failed(self, reason: str) -> None:
        self.said.append(reason)

    def response_started(self, head: ResponseHead) -> None:
        self.said.append(str(head.status))

    def response_body(self, data: bytes) -> None:
        self.said.append(data.decode())

    def response_ended(self, data: bytes) -> None:
        self.said.append(data.decode() + "|")

    def response_whole(self, head: ResponseHead, data: bytes) -> None:
        self.response_started(head)
        self.response_ended(data)

    def response_broken(self, reason: str) -> None:
        self.said.append(reason)

    def upgraded(self, early: bytes) -> None:
        self.said.append("upgraded")

    def upstream_writable(self) -> None:
        pass

    def upstream_slow(self) -> None:
        pass


REQUEST = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


async def connect(plane: Plane, taker: Recorder, port: int = 0) -> UpstreamPool:
    pool = UpstreamPool(f"http://127.0.0.1:{port or plane.upstream_port}", plane.tasks, plane.turn)
    pool.connect(taker)
    await eventually(lambda: taker.connection or taker.said)
    return pool


async def ask(plane: Plane, taker: Recorder) -> tuple[UpstreamPool, UpstreamConnection, Received]:
    """A connection on which a request has arrived at the engine."""
    pool = await connect(plane, taker)
    assert taker.connection is not None
    taker.connection.send(taker, b"GET", REQUEST, None)
    return pool, taker.connection, await plane.upstream.request()


def test_a_connection_goes_back_to_the_pool_reading() -> None:
    """Its client may have been slow to the very end; the next one need not be."""

    async def story(plane: Plane) -> None:
        taker = Recorder()
        pool, connection, got = await ask(plane, taker)
        connection.inlet.pause()
        connection.data_received(ANSWER)  # what was read before the pause took hold
        await eventually(lambda: taker.said == ["200", "ok|"])
        got.finished.set()
        assert pool.take_idle() is connection
        connection.send(taker, b"GET", REQUEST, None)
        await (await plane.upstream.request()).answer(ANSWER)
        await eventually(lambda: taker.said == ["200", "ok|"] * 2)

    in_plane(story)


def test_an_engine_that_closes_an_idle_connection_takes_it_from_the_pool() -> None:
    async def story(plane: Plane) -> None:
        taker = Recorder()
        pool, _, got = await ask(plane, taker)
        await got.write(ANSWER)
        await eventually(lambda: len(taker.said) == 2)
        got.writer.close()
        await eventually(lambda: "open=0" in repr(pool))
        assert pool.take_idle() is None

    in_plane(story)


def test_a_connection_that_is_closed_as_soon_as_it_is_made_is_none() -> None:
    """R19: whoever waits for it hears that there is none."""

    class HastyPool(UpstreamPool):
        async def _open(self) -> UpstreamConnection:
            connection = await super()._open()
            connection.close()
            await eventually(lambda: connection.is_closed)
            return connection

    async def story(plane: Plane) -> None:
        taker = Recorder()
        pool = HastyPool(f"http://127.0.0.1:{plane.upstream_port}", plane.tasks, plane.turn)
        pool.connect(taker)
        await eventually(lambda: taker.said)
        assert taker.said == ["upstream closed the connection"]
        assert "open=0" in repr(pool)
        await eventually(lambda: plane.upstream.writers)

    in_plane(story)


@pytest.mark.parametrize("answer", [b"HTTP/1.1 413 No\r\nContent-Length: 2\r\n\r\nno", b""])
def test_an_engine_that_refuses_a_body_and_hangs_up_is_heard(answer: bytes) -> None:
    """R37: writing to it fails before its answer is read, which is in our socket all the same."""

    async def story(plane: Plane) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listening:
            taker = Recorder()
            pool = await connect(plane, taker, listening.getsockname()[1])
            engine = listening.accept()[0]
            connection = taker.connection
            assert connection is not None
            connection.body_follows = True
            connection.send(taker, b"PUT", b"PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n", None)
            pool.turn.finish_writes()
            engine.send(answer)
            engine.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            engine.close()  # which is a reset
            for _ in range(2):  # the loop has had no time to read
                connection.write(b"more of the body")
                pool.turn.finish_writes()
            await eventually(lambda: taker.said)
            if answer:
                assert taker.said == ["413", "no|"]
            else:
                assert len(taker.said) == 1
                assert "413" not in taker.said[0]
            assert "open=0" in repr(pool)

    in_plane(story)


def test_authorities_are_read_once_for_all_connections(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path)
    trusting = certificate.client_context()
    made: list[str | None] = []

    def make(cafile: str | None = None) -> ssl.SSLContext:
        made.append(cafile)
        return trusting

    monkeypatch.setattr("modelyard.runtime.http.pool.ssl.create_default_context", make)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async def story(plane: Plane) -> None:
        server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=certificate.server_context())
        port = server.sockets[0].getsockname()[1]
        pool = UpstreamPool(f"https://localhost:{port}", plane.tasks, plane.turn)
        takers = [Recorder(), Recorder()]
        pool.connect(takers[0])
        await eventually(lambda: takers[0].connection)
        pool.connect(takers[1])
        await eventually(lambda: takers[1].connection)
        assert len(made) == 1
        for taker in takers:
            assert taker.connection is not None
            taker.connection.close()
        server.close()

    in_plane(story)


class Slow(Recorder):
    """Takes the first of an answer, and no more until it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.has_begun = asyncio.Event()

    def response_body(self, data: bytes) -> None:
        if self.connection is not None and not self.has_begun.is_set():
            self.connection.inlet.pause()
            self.has_begun.set()
        super().response_body(data)


def answer_and_leave(listening: socket.socket, context: ssl.SSLContext, size: int) -> None:
    """An engine that sends its answer by TLS and is gone, without waiting for anybody."""
    plain, _ = listening.accept()
    with context.wrap_socket(plain, server_side=True) as connection:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
        connection.sendall(b"x" * size)
        connection.setblocking(False)
        with suppress(OSError):
            connection.unwrap()


def test_nothing_of_an_answer_by_tls_is_lost_when_its_client_is_slow_and_the_engine_gone(tmp_path: Path) -> None:
    """R37: it ends with the connection, so what is missing at its end would not show."""
    certificate = make_certificate(tmp_path)
    size = 1 << 20

    async def story(plane: Plane) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listening:
            url = f"https://localhost:{listening.getsockname()[1]}"
            pool = UpstreamPool(url, plane.tasks, plane.turn)
            pool._authorities = str(certificate.chain)
            context = certificate.server_context()
            engine = asyncio.create_task(asyncio.to_thread(answer_and_leave, listening, context, size))
            taker = Slow()
            pool.connect(taker)
            await eventually(lambda: taker.connection)
            assert taker.connection is not None
            taker.connection.send(taker, b"GET", REQUEST, None)
            await taker.has_begun.wait()
            await engine
            taker.connection.inlet.resume()
            await eventually(lambda: taker.said[-1].endswith("|"))
            assert sum(said.count("x") for said in taker.said) == size

    in_plane(story)


def test_an_idle_connection_on_which_much_came_unasked_answers_nobody() -> None:
    async def story(plane: Plane) -> None:
        taker = Recorder()
        pool, connection, got = await ask(plane, taker)
        await got.write(ANSWER)
        await eventually(lambda: taker.said == ["200", "ok|"])
        connection.data_received(b"HTTP/1.1 200 OK\r\nContent-Length: 20000\r\n\r\n" + b"s" * 20000)
        assert pool.take_idle() is None
        await eventually(lambda: connection.is_closed)
        got.finished.set()

    in_plane(story)


def test_nobody_listening_is_said_in_words() -> None:
    async def story(plane: Plane) -> None:
        taker = Recorder()
        await connect(plane, taker, port=1)
        assert taker.said == ["connection refused"]

    in_plane(story)


@pytest.mark.parametrize(
    ("url", "host", "port", "tls", "base", "addresses"),
    [
        ("http://localhost:5800", "localhost", 5800, False, b"", ("127.0.0.1", "::1")),
        ("http://10.0.0.1/base/", "10.0.0.1", 80, False, b"/base", ("10.0.0.1",)),
        ("https://gpu.lan", "gpu.lan", 443, True, b"", ("gpu.lan",)),
        ("http://[::1]:9", "::1", 9, False, b"", ("::1",)),
    ],
)
def test_where_a_proxy_url_points(
    url: str, host: str, port: int, tls: bool, base: bytes, addresses: tuple[str, ...]
) -> None:
    """R6: localhost is both loopback addresses, without a resolver."""
    target = Target(url)
    assert (target.host, target.port, target.tls, target.base_path) == (host, port, tls, base)
    assert target.addresses == addresses


@pytest.mark.parametrize(
    ("url", "asked", "forwarded"),
    [
        ("http://h", b"/v1/x?a=1", b"/v1/x?a=1"),
        ("http://h/base/", b"/v1/x", b"/base/v1/x"),
        ("http://h/base?k=v", b"/v1/x", b"/base/v1/x?k=v"),
        ("http://h/?k=v", b"/v1/x?a=%20", b"/v1/x?k=v&a=%20"),
    ],
)
def test_path_and_query_of_a_proxy_url_are_joined_with_those_of_the_request(
    url: str, asked: bytes, forwarded: bytes
) -> None:
    assert Target(url).joined_with(asked) == forwarded
