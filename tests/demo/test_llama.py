"""llama.cpp's own routes, the page and the WebSocket of the demo engine."""

from __future__ import annotations

import json
import socket
from typing import Any

import httpx
import pytest
from websockets.sync.client import connect

from tests.demo.engine_process import EngineProcess

pytestmark = pytest.mark.real


def test_completion(engine: EngineProcess) -> None:
    answer = _post(engine, "/completion", {"prompt": "Once upon a", "n_predict": 8})
    assert answer["content"]
    assert (answer["stop"], answer["stop_type"], answer["tokens_predicted"]) == (True, "limit", 8)
    assert answer["timings"]["predicted_n"] == 8


def test_completion_streamed(engine: EngineProcess) -> None:
    body = {"prompt": "Once upon a", "temperature": 0, "stream": True, "stop": ["rabbit", "Rabbit"]}
    text = httpx.post(f"{engine.url}/completion", json=body).text
    events = [json.loads(line.removeprefix("data: ")) for line in text.split("\n\n") if line]
    assert [event["stop"] for event in events] == [False] * (len(events) - 1) + [True]
    plain = _post(engine, "/completion", body | {"stream": False})
    assert "".join(event["content"] for event in events) == plain["content"]


def test_infill(engine: EngineProcess) -> None:
    answer = _post(engine, "/infill", {"input_prefix": "It was the", "input_suffix": "of times", "n_predict": 2})
    assert answer["content"]
    assert answer["tokens_predicted"] == 2


def test_tokens_go_there_and_back(engine: EngineProcess) -> None:
    tokens = _post(engine, "/tokenize", {"content": "Down the rabbit-hole! ☃"})["tokens"]
    assert _post(engine, "/detokenize", {"tokens": tokens})["content"] == "Down the rabbit-hole! ☃"
    pieces = _post(engine, "/tokenize", {"content": "Down the", "with_pieces": True})["tokens"]
    assert [token["piece"] for token in pieces] == ["Down", " the"]
    assert httpx.post(f"{engine.url}/detokenize", json={"tokens": [10**9]}).status_code == 400


def test_props_and_slots(engine: EngineProcess) -> None:
    props = httpx.get(f"{engine.url}/props").json()
    assert props["model_alias"] == "tiny"
    assert props["default_generation_settings"]["n_ctx"] > 0
    slots = httpx.get(f"{engine.url}/slots").json()
    assert [slot["is_processing"] for slot in slots] == [False]


def test_page_names_the_model(engine: EngineProcess) -> None:
    answer = httpx.get(f"{engine.url}/")
    assert answer.headers["content-type"].startswith("text/html")
    assert "<h1>tiny</h1>" in answer.text
    head = httpx.head(f"{engine.url}/")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == str(len(answer.content))


def test_headers_are_told(engine: EngineProcess) -> None:
    here = httpx.get(f"{engine.url}/debug/headers", headers={"X-Here": "1"}).json()
    assert ["X-Here", "1"] in here["headers"]
    httpx.post(f"{engine.url}/tokenize", json={"content": ""}, headers={"X-There": "2"})
    last = httpx.get(f"{engine.url}/debug/headers").json()["last"]
    assert last["path"] == "/tokenize"
    assert ["X-There", "2"] in last["headers"]


def test_websocket_echoes(engine: EngineProcess) -> None:
    with connect(engine.url.replace("http", "ws", 1) + "/ws") as echo:
        for message in ("hello", "", "ü" * 100, "x" * 70_000):
            echo.send(message)
            assert echo.recv(timeout=20) == message
        echo.send(b"\x00\xff")
        assert echo.recv(timeout=20) == b"\x00\xff"
        assert echo.ping().wait(20)


def test_pipelined_requests_are_answered_in_order(engine: EngineProcess) -> None:
    request = b"GET %s HTTP/1.1\r\nHost: engine\r\n%s\r\n"
    with socket.create_connection(("127.0.0.1", httpx.URL(engine.url).port or 0), timeout=20) as client:
        client.sendall(request % (b"/v1/models", b"") + request % (b"/health", b"Connection: close\r\n"))
        answers = b"".join(iter(lambda: client.recv(65536), b""))
    assert answers.count(b"HTTP/1.1 200 OK") == 2
    assert answers.index(b'"tiny"') < answers.index(b'"status":"ok"')


def test_other_upgrades_are_ignored(engine: EngineProcess) -> None:
    answer = httpx.get(f"{engine.url}/health", headers={"Connection": "Upgrade", "Upgrade": "h2c"})
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_garbage_is_refused(engine: EngineProcess) -> None:
    with socket.create_connection(("127.0.0.1", httpx.URL(engine.url).port or 0), timeout=20) as client:
        client.sendall(b"nonsense\r\n\r\n")
        assert b"".join(iter(lambda: client.recv(65536), b"")).startswith(b"HTTP/1.1 400 ")


def _post(engine: EngineProcess, path: str, body: object) -> dict[str, Any]:
    answer = httpx.post(f"{engine.url}{path}", json=body)
    assert answer.status_code == 200, answer.text
    value: dict[str, Any] = answer.json()
    return value
