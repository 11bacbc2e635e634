from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import pytest

from modelyard.runtime import health
from modelyard.runtime.clock import SystemClock
from modelyard.runtime.health import Probe, probe_target
from tests.support.processes import PATIENCE, eventually, free_port
from tests.support.yard import run

Answer = Callable[[bytes, int], bytes | None]
"""What a server says to the head of its n-th request; None for nothing at all."""


@pytest.mark.parametrize(
    ("proxy", "endpoint", "url"),
    [
        ("http://localhost:5800", "/health", "http://localhost:5800/health"),
        ("http://localhost:5800/", "health", "http://localhost:5800/health"),
        ("http://127.0.0.1:5800/v2/", "/a/b?c=d&e=f", "http://127.0.0.1:5800/v2/a/b?c=d&e=f"),
        ("http://[::1]:5800", "", "http://[::1]:5800/"),
        ("http://h:1", "https://elsewhere.example/ready?x", "http://h:1/ready?x"),
        ("https://user:secret@models.example", " /up ", "https://models.example/up"),
        ("http://h:1/a b", "/ü\r\nX: y", "http://h:1/a%20b/%C3%BCX:%20y"),
    ],
)
def test_where_the_probe_asks(proxy: str, endpoint: str, url: str) -> None:
    assert str(probe_target(proxy, endpoint)) == url


def test_ports_follow_the_scheme() -> None:
    assert probe_target("http://h", "/").port == 80
    assert probe_target("https://h", "/").port == 443


@pytest.mark.parametrize("proxy", ["", "localhost:1", "ftp://h", "http://", "http://h:nine", "http://h:70000"])
def test_what_is_no_proxy(proxy: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        probe_target(proxy, "/health")


def test_localhost_means_both_families() -> None:
    """R6: the engine may have bound either."""
    assert probe_target("http://localhost:1", "/").addresses == ("127.0.0.1", "::1")
    assert probe_target("http://[::1]:1", "/").addresses == ("::1",)


def test_the_request_is_what_an_engine_expects() -> None:
    async def story() -> None:
        heads: list[bytes] = []

        def answer(head: bytes, _number: int) -> bytes:
            heads.append(head)
            return b"HTTP/1.1 200 OK\r\n\r\n"

        async with serving(answer) as port:
            await ready(port, "/v1/models?a=b")
            assert heads[0].startswith(b"GET /v1/models?a=b HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n" % port)
            assert b"\r\nConnection: close\r\n" in heads[0]

    run(story)


@pytest.mark.parametrize(
    "not_yet",
    [
        b"HTTP/1.1 503 Loading\r\n\r\n",
        b"HTTP/1.1 204 No Content\r\n\r\n",
        b"HTTP/1.1 201 Created\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n",
        b"HTTP/2 200\r\n\r\n",
        b"SSH-2.0-OpenSSH\r\n\r\n",
        b"HTTP/1.1 200",
        b"",
        b"x" * 100_000,
    ],
)
def test_only_200_is_ready(not_yet: bytes) -> None:
    """R2: whatever else a loading engine says, it is asked again."""

    async def story() -> None:
        def answer(_head: bytes, number: int) -> bytes:
            return not_yet if number < 3 else b"HTTP/1.1 200 OK\r\n\r\n"

        async with serving(answer) as port:
            await ready(port)

    run(story)


def test_an_interim_answer_is_not_the_answer() -> None:
    async def story() -> None:
        async with serving(lambda head, number: b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\n\r\n") as port:
            await ready(port)

    run(story)


def test_a_probe_that_gets_no_answer_is_given_up_for_another(monkeypatch: pytest.MonkeyPatch) -> None:
    """R7: a health endpoint that accepts and stays silent once does not hang the start."""
    monkeypatch.setattr(health, "PROBE_SECONDS", 0.1)

    async def story() -> None:
        async with serving(lambda head, number: None if number < 3 else b"HTTP/1.1 200 OK\r\n\r\n") as port:
            await ready(port)

    run(story)


def test_an_engine_is_found_soon_after_it_listens() -> None:
    async def story() -> None:
        port = free_port()
        probe = Probe(probe_target(f"http://127.0.0.1:{port}", "/"), SystemClock())
        asking = asyncio.get_running_loop().create_task(probe.wait_ready())
        await eventually(lambda: probe.last_answer == "connection refused")
        async with serving(lambda head, number: b"HTTP/1.1 200 OK\r\n\r\n", port=port):
            assert await eventually(asking.done) < 1.0
        assert probe.last_answer == "status 200"

    run(story)


@pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="this machine has no IPv6")
def test_an_engine_on_the_other_family_is_found() -> None:
    """R6: `localhost` in the proxy, the engine on ::1 only."""

    async def story() -> None:
        async with serving(lambda head, number: b"HTTP/1.1 200 OK\r\n\r\n", host="::1") as port:
            await ready(port, host="localhost")

    run(story)


def test_a_refusal_of_the_other_family_hides_no_answer() -> None:
    """What an engine on 127.0.0.1 said is told, not that nobody listens on ::1."""

    async def story() -> None:
        async with serving(lambda head, number: b"HTTP/1.1 404 Not Found\r\n\r\n") as port:
            probe = Probe(probe_target(f"http://localhost:{port}", "/"), SystemClock())
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(probe.wait_ready(), 0.2)
            assert probe.last_answer == "status 404"

    run(story)


@asynccontextmanager
async def serving(answer: Answer, *, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[int]:
    """A server that answers each connection's first head, then closes; its port."""
    count = 0
    writers: list[asyncio.StreamWriter] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal count
        writers.append(writer)
        with suppress(asyncio.IncompleteReadError, ConnectionError):  # a probe that is given up before it asked
            head = await reader.readuntil(b"\r\n\r\n")
            data = answer(head, count)
            count += 1
            if data is None:
                return
            writer.write(data)
        writer.close()

    server = await asyncio.start_server(serve, host, port)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for writer in writers:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()
        await server.wait_closed()


async def ready(port: int, path: str = "/health", *, host: str = "127.0.0.1") -> None:
    await within(Probe(probe_target(f"http://{host}:{port}", path), SystemClock()).wait_ready())


async def within(waiting: Awaitable[None]) -> None:
    async with asyncio.timeout(PATIENCE):
        await waiting
