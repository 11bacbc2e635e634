"""Clients that leave: the engine hears of it at once, and nothing stays in flight."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator

import pytest

from tests.support.daemon import Daemon, demo_engine
from tests.support.processes import wait_until

pytestmark = pytest.mark.real

AT_ONCE = 0.1
"""Seconds between the client's leaving and the engine's seeing it."""


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    config = f"""
models:
  slow: {{cmd: '{demo_engine("--slow-body", 60)}'}}
  steady: {{cmd: '{demo_engine("--tps", 20, "--tokens", 5000)}'}}
groups:
  both: {{swap: false, members: [slow, steady]}}
"""
    with Daemon(tmp_path_factory.mktemp("leaving"), config) as daemon:
        yield daemon


def ask(daemon: Daemon, model: str) -> socket.socket:
    host, _, port = daemon.url.removeprefix("http://").partition(":")
    body = json.dumps({"model": model, "stream": True, "messages": [{"role": "user", "content": "hi"}]}).encode()
    connection = socket.create_connection((host, int(port)))
    head = "POST /v1/chat/completions HTTP/1.1\r\nHost: y\r\nContent-Type: application/json\r\n"
    connection.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
    return connection


def engine_report(daemon: Daemon, model: str) -> dict[str, object]:
    report: dict[str, object] = daemon.get(f"/upstream/{model}/debug/requests").json()
    return report


def closed_early(daemon: Daemon, model: str) -> dict[str, float] | None:
    last = engine_report(daemon, model)["last_closed_early"]
    assert last is None or isinstance(last, dict)
    return last


@pytest.mark.parametrize("model", ["slow", "steady"])
def test_the_engine_sees_a_leaving_client_at_once(daemon: Daemon, model: str) -> None:
    """R34: before the first byte (slow) and in mid-stream (steady)."""
    connection = ask(daemon, model)
    wait_until(lambda: engine_report(daemon, model)["open"] == 1)
    if model == "steady":
        assert connection.recv(100).startswith(b"HTTP/1.1 200")
    left_at = time.monotonic()
    connection.close()
    wait_until(lambda: closed_early(daemon, model))
    last = closed_early(daemon, model)
    assert last is not None
    assert last["closed_at"] - left_at < AT_ONCE
    assert engine_report(daemon, model)["open"] == 0
