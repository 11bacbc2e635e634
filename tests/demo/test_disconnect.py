"""A client that leaves is noticed at once."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.demo.engine_process import EngineProcess
from tests.support.processes import wait_until

pytestmark = pytest.mark.real

NOTICED_WITHIN = 0.1
"""Seconds from the client's close to the engine's note of it."""


@pytest.fixture(scope="module")
def slow_engine() -> Iterator[EngineProcess]:
    """One whose answers take a second to begin and then many to end."""
    with EngineProcess("--slow-body", "1", "--tps", "10", "--tokens", "1000") as engine:
        yield engine.wait_ready()


@pytest.mark.parametrize("how", ["close", "reset", "half-close"])
def test_leaving_before_the_first_byte(slow_engine: EngineProcess, how: str) -> None:
    with _ask(slow_engine, stream=False) as client:
        _wait_open(slow_engine, 1)
        left = _leave(client, how)
        _check_noticed(slow_engine, left)


def test_leaving_mid_stream_stops_the_generation(slow_engine: EngineProcess) -> None:
    with _ask(slow_engine, stream=True) as client:
        assert client.recv(65536).startswith(b"HTTP/1.1 200 OK")
        left = _leave(client, "close")
        _check_noticed(slow_engine, left)


def test_a_complete_answer_is_not_early(slow_engine: EngineProcess) -> None:
    before = slow_engine.requests()["closed_early"]
    assert httpx.post(f"{slow_engine.url}/tokenize", json={"content": "x"}).status_code == 200
    report: dict[str, Any] = slow_engine.requests()
    assert report["closed_early"] == before
    assert report["recent"][-1]["closed_early"] is False
    assert report["open"] == 0


def _ask(engine: EngineProcess, *, stream: bool) -> socket.socket:
    body = json.dumps({"messages": [{"role": "user", "content": "Hello"}], "stream": stream}).encode()
    client = socket.create_connection(("127.0.0.1", httpx.URL(engine.url).port or 0), timeout=20)
    head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: engine\r\nContent-Length: {len(body)}\r\n\r\n"
    client.sendall(head.encode() + body)
    return client


def _leave(client: socket.socket, how: str) -> float:
    """Leave in one of three ways; the time at which it happened."""
    left = time.monotonic()
    if how == "half-close":
        client.shutdown(socket.SHUT_WR)
        return left
    if how == "reset":
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
    client.close()
    return left


def _wait_open(engine: EngineProcess, count: int) -> None:
    wait_until(lambda: engine.requests()["open"] == count)


def _check_noticed(engine: EngineProcess, left: float) -> None:
    _wait_open(engine, 0)
    last: Any = engine.requests()["last_closed_early"]
    assert left - 0.001 <= last["closed_at"] <= left + NOTICED_WITHIN
    engine.wait_for_line(rf"client closed request={last['request']} path=/v1/chat/completions after=")
