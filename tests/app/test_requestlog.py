"""The structured log: one object a line, and ids that go with the requests."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from modelyard.config.schema import Config, ModelConfig
from tests.support.plane import Plane, eventually, in_plane

Story = Callable[[Plane], Awaitable[None]]


def with_structured_log(story: Story) -> None:
    """Run a story on a plane whose log is JSON."""

    async def inside(plane: Plane) -> None:
        plane.logs.configure(level="info", time_format="kitchen", structured=True)
        await story(plane)

    models = {"m": ModelConfig(id="m", cmd="x", proxy="http://unused", aliases=("gpt",))}
    in_plane(inside, config=Config(models=models, aliases={"gpt": "m"}))


async def line(plane: Plane) -> dict[str, Any]:
    """The object of the request that was answered last."""
    await eventually(lambda: plane.requests_done)
    entry: dict[str, Any] = json.loads((plane.logs.history("proxy") or b"").splitlines()[-1])
    return entry


def test_a_request_is_an_object() -> None:
    async def story(plane: Plane) -> None:
        async with plane.client() as client:
            client.post(b'{"model":"gpt"}', extra="User-Agent: a \u202eb\r\nX-Forwarded-For: 203.0.113.7, 10.0.0.1\r\n")
            received = await plane.upstream.request()
            await received.answer_json('{"x":1}')
            head = await client.head()
        entry = await line(plane)
        assert entry.pop("seconds") >= 0
        assert entry.pop("time").endswith("Z")
        trace = entry.pop("id")
        assert entry == {
            "level": "info",
            "message": "request",
            "client": "203.0.113.7",
            "method": "POST",
            "path": "/v1/chat/completions",
            "status": 200,
            "bytes": 7,
            "agent": "a \u202eb",
            "model": "m",
        }
        assert received.headers["x-request-id"] == trace
        assert f"X-Request-Id: {trace}" in head
        raw = plane.logs.history("proxy") or b""
        assert "\u202e".encode() not in raw

    with_structured_log(story)


def test_ids_of_ours_differ() -> None:
    async def story(plane: Plane) -> None:
        traces = []
        async with plane.client() as client:
            for _ in range(3):
                client.post()
                received = await plane.upstream.request()
                await received.answer_json()
                await client.head()
                assert await client.read(2) == b"{}"
                traces.append(received.headers["x-request-id"])
        assert len(set(traces)) == 3

    with_structured_log(story)


def test_an_id_that_the_client_sent_stays() -> None:
    async def story(plane: Plane) -> None:
        async with plane.client() as client:
            client.post(extra="x-request-ID: req_01/ab.c:d\r\n")
            received = await plane.upstream.request()
            assert received.head.lower().count("x-request-id") == 1
            assert received.headers["x-request-id"] == "req_01/ab.c:d"
            await received.answer_json()
            assert "X-Request-Id: req_01/ab.c:d" in await client.head()
        assert (await line(plane))["id"] == "req_01/ab.c:d"

    with_structured_log(story)


@pytest.mark.parametrize("given", ["two words", "x" * 129, "", "Zürich"])
def test_an_id_that_is_not_fit_for_logs_is_replaced(given: str) -> None:
    async def story(plane: Plane) -> None:
        async with plane.client() as client:
            client.post(extra=f"X-Request-Id: {given}\r\n")
            received = await plane.upstream.request()
            assert received.head.lower().count("x-request-id") == 1
            assert received.headers["x-request-id"] not in ("", given)
            await received.answer_json()
            assert f"X-Request-Id: {received.headers['x-request-id']}" in await client.head()

    with_structured_log(story)


def test_an_engine_that_answers_with_an_id_is_believed() -> None:
    async def story(plane: Plane) -> None:
        async with plane.client() as client:
            client.post()
            received = await plane.upstream.request()
            await received.answer(b"HTTP/1.1 200 OK\r\nX-Request-Id: its-own\r\nContent-Length: 2\r\n\r\n{}")
            head = await client.head()
            assert head.lower().count("x-request-id") == 1
            assert "X-Request-Id: its-own" in head

    with_structured_log(story)


def test_answers_of_ours_and_streams_have_the_id_too() -> None:
    async def story(plane: Plane) -> None:
        async with plane.client() as client:
            client.post(b'{"model":"ghost"}', extra="X-Request-Id: one\r\n")
            head = await client.head()
            assert head.startswith("HTTP/1.1 404")
            assert "X-Request-Id: one" in head
        async with plane.client() as client:
            client.post(extra="X-Request-Id: two\r\n")
            received = await plane.upstream.request()
            await received.write(
                b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n:a\n\r\n"
            )
            assert "X-Request-Id: two" in await client.head()

    with_structured_log(story)


def test_without_a_structured_log_no_id_is_made() -> None:
    async def story(plane: Plane) -> None:
        async with plane.client() as client:
            client.post()
            received = await plane.upstream.request()
            assert "x-request-id" not in received.headers
            await received.answer_json()
            assert "x-request-id" not in (await client.head()).lower()

    in_plane(story)
