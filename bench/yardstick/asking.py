"""Single requests, one after the other, and how long each takes."""

from __future__ import annotations

import http.client
import json
import time

from yardstick.tools import BenchError

_REQUEST_SECONDS = 60.0


def chat(port: int, model: str) -> float:
    """One short chat on a connection of its own; how many milliseconds it took."""
    return post(port, "/v1/chat/completions", {"model": model, "messages": [{"role": "user", "content": "hi"}]})


def post(port: int, path: str, body: dict[str, object]) -> float:
    """One request that must be answered 200; how many milliseconds it took."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_REQUEST_SECONDS)
    began = time.monotonic()
    try:
        connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
        answer = connection.getresponse()
        text = answer.read().decode(errors="replace")
    finally:
        connection.close()
    if answer.status != 200:
        raise BenchError(f"POST {path} was answered {answer.status}: {text}")
    return (time.monotonic() - began) * 1000
