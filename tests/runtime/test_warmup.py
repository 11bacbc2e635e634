from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from modelyard.core.events import ChildReady
from modelyard.runtime.health import probe_target
from modelyard.runtime.warmup import WarmingUp, WarmUp
from tests.support.processes import PATIENCE, engine, eventually, free_port
from tests.support.yard import Yard, in_yard, run

REQUEST = WarmUp("/warm", b'{"n": 1}', seconds=PATIENCE)


# What an engine may answer


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", "status 200"),
        (b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n", "status 201"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", "status 200"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\nand more", "status 200"),
        (b"HTTP/1.1 200 OK\r\n\r\nuntil the connection ends", "status 200"),
        (b"HTTP/1.1 204 No Content\r\n\r\n", "status 204"),
        (b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "status 404"),
        (b"SSH-2.0-OpenSSH\r\n\r\n", "an answer that is not HTTP"),
    ],
)
def test_an_answer_ends_it_whatever_it_is(answer: bytes, outcome: str) -> None:
    """R8."""

    async def story() -> None:
        async with serving([answer]) as (port, heard):
            warming = await warmed_up(port)
            assert warming.outcome == outcome
            assert warming.succeeded == outcome.startswith("status 2")
            assert heard == [b"POST /warm HTTP/1.1"]

    run(story)


@pytest.mark.parametrize(
    "not_yet",
    [
        b"HTTP/1.1 503 Loading\r\nContent-Length: 0\r\n\r\n",
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n",
    ],
)
def test_one_that_still_loads_is_asked_again(not_yet: bytes) -> None:
    """R2: the check has passed, and the model is not there yet all the same."""

    async def story() -> None:
        async with serving([not_yet, not_yet, b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"]) as (port, heard):
            assert (await warmed_up(port)).outcome == "status 200"
            assert len(heard) == 3

    run(story)


def test_nobody_waits_longer_than_was_said() -> None:
    async def story() -> None:
        warming = await warmed_up(free_port(), WarmUp("/warm", seconds=0.25))
        assert warming.outcome == "no answer within 0.25s (connection refused)"
        assert not warming.succeeded

    run(story)


def test_without_a_body_it_is_a_get() -> None:
    async def story() -> None:
        async with serving([b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"]) as (port, heard):
            await warmed_up(port, WarmUp("/warm"))
            assert heard == [b"GET /warm HTTP/1.1"]

    run(story)


# What that means for the model


@pytest.mark.real
def test_a_model_is_ready_once_it_is_warm() -> None:
    """R2: the engine's list of models answers before the model is loaded; the warm-up knows better."""

    async def story(yard: Yard) -> None:
        port = free_port()
        cmd = engine("--port", port, "--ready-after", 0.6, "--early", "/v1/models", "--say-requests")
        child = yard.child(cmd, port=port, check="/v1/models", warm_up=REQUEST)
        await eventually(lambda: b"POST /warm\n" in log(yard))
        assert yard.events == []
        await yard.ready(child)
        assert log(yard).count(b"GET /v1/models\n") == 1
        assert "[INFO] <m1> warm-up by /warm: status 200\n" in yard.daemon_lines()

    in_yard(story)


@pytest.mark.real
@pytest.mark.parametrize("check", ["/health", "none"])
def test_a_warm_up_that_fails_unloads_nobody(check: str) -> None:
    """R8: the engine does not know that path. It is healthy, so it is ready and stays."""

    async def story(yard: Yard) -> None:
        port = free_port()
        child = yard.child(engine("--port", port, "--unknown", "/warm"), port=port, check=check, warm_up=REQUEST)
        await yard.ready(child)
        assert "[WARN] <m1> warm-up by /warm: status 404\n" in yard.daemon_lines()
        assert yard.events == [ChildReady(child.child)]

    in_yard(story)


@pytest.mark.real
def test_an_engine_that_never_answers_it_is_ready_in_the_end() -> None:
    """R7, R8: its health check has passed."""

    async def story(yard: Yard) -> None:
        port = free_port()
        cmd = engine("--port", port, "--ready-after", 600, "--early", "/health")
        await yard.ready(yard.child(cmd, port=port, warm_up=WarmUp("/warm", seconds=0.3)))
        assert "warm-up by /warm: no answer within 0.3s (status 503)\n" in yard.daemon_lines()

    in_yard(story)


@pytest.mark.real
def test_an_engine_that_dies_of_it_has_failed() -> None:
    """R5: and is not waited for."""

    async def story(yard: Yard) -> None:
        port = free_port()
        child = yard.child(engine("--port", port, "--fatal", "/warm"), port=port, warm_up=REQUEST)
        began = time.monotonic()
        assert "upstream command exited prematurely — exit status 7" in await yard.failure(child)
        assert time.monotonic() - began < PATIENCE / 2

    in_yard(story)


@pytest.mark.real
def test_a_stop_does_not_wait_for_it() -> None:
    """R11."""

    async def story(yard: Yard) -> None:
        port = free_port()
        cmd = engine("--port", port, "--ready-after", 600, "--early", "/health", "--say-requests")
        child = yard.child(cmd, port=port, warm_up=WarmUp("/warm", seconds=600))
        await eventually(lambda: b"GET /warm\n" in log(yard))
        child.stop(PATIENCE)
        assert await yard.failure(child) == "aborted"

    in_yard(story)


@pytest.mark.real
def test_where_it_cannot_be_sent_it_is_left_out() -> None:
    async def story(yard: Yard) -> None:
        await yard.ready(yard.child("sleep 600", proxy="localhost:8080", check="none", warm_up=REQUEST))
        assert "<m1> can't be warmed up: not an http or https URL: localhost:8080\n" in yard.daemon_lines()

    in_yard(story)


def log(yard: Yard) -> bytes:
    return yard.hub.history("m1") or b""


async def warmed_up(port: int, request: WarmUp = REQUEST) -> WarmingUp:
    warming = WarmingUp(probe_target(f"http://127.0.0.1:{port}", request.path), request)
    async with asyncio.timeout(PATIENCE):
        await warming.wait_done()
    return warming


@asynccontextmanager
async def serving(answers: list[bytes]) -> AsyncIterator[tuple[int, list[bytes]]]:
    """A server that gives its answers, one to a connection; its port, and the first lines of what it was asked."""
    heard: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        heard.append(head.partition(b"\r\n")[0])
        if head.startswith(b"POST"):
            assert await reader.readexactly(len(REQUEST.body or b"")) == REQUEST.body
        writer.write(answers[len(heard) - 1])
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1], heard
    finally:
        server.close()
        await server.wait_closed()
