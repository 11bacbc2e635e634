"""What is recorded of requests, on the whole data plane: rows, captures, news of them."""

from __future__ import annotations

import asyncio
import gzip
import json
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from modelyard.app.recorder import ACTIVITY
from modelyard.app.recording import Recording
from modelyard.config.document import ApiKeyEntry, Store, Ui
from modelyard.config.document.root import Activity
from modelyard.config.schema import Config, ModelConfig
from modelyard.runtime.records import queries
from modelyard.runtime.records.queries import Order, Record, Where
from modelyard.wire.usage import Figures
from tests.support.plane import Plane, eventually, in_plane

ONE = Config(models={"m": ModelConfig(id="m", cmd="x", proxy="http://u", aliases=("alias",))}, aliases={"alias": "m"})
USAGE = {"usage": {"prompt_tokens": 12, "completion_tokens": 7}}


async def rows(plane: Plane, number: int) -> list[Record]:
    """The rows, once there are so many, by their ids."""
    while True:
        plane.recorder.catch_up()
        found = await plane.records.store.read(lambda connection: queries.page(connection, Where(), Order(), 100, 0))
        if len(found) >= number:
            assert len(found) == number
            return found[::-1]
        await asyncio.sleep(0)


async def the_row(plane: Plane) -> Record:
    (found,) = await rows(plane, 1)
    return found


def play(story: Callable[[Plane], Awaitable[None]], config: Config = ONE) -> None:
    async def inside(plane: Plane) -> None:
        plane.engine.on_move = plane.recorder.models_moved
        await story(plane)

    in_plane(inside, config=config)


def test_a_row_says_who_asked_for_what_and_what_it_cost() -> None:
    """R58: the figures are the engine's, and what it does not report is not made up."""

    async def story(plane: Plane) -> None:
        async with plane.client() as client:
            client.post(b'{"model":"alias"}', extra="X-Session-ID: s1\r\nX-Forwarded-For: 203.0.113.9, 10.0.0.1\r\n")
            await (await plane.upstream.request()).answer_json(json.dumps(USAGE))
            await client.head()
        row = await the_row(plane)
        expected = {
            "id": 1,
            "model_id": "m",
            "requested_model": "alias",
            "req_path": "/v1/chat/completions",
            "resp_content_type": "application/json",
            "resp_status_code": 200,
            "input_tokens": 12,
            "output_tokens": 7,
            "cache_tokens": -1,
            "prompt_per_second": -1,
            "error_msg": "",
            "metadata_json": '{"fifo_priority":"0"}',
            "outcome": "ok",
            "session": "s1",
            "client": "203.0.113.9",
            "req_bytes": 17,
            "resp_bytes": len(json.dumps(USAGE)),
            "first_token_ms": -1,
        }
        assert {name: row[name] for name in expected} == expected
        assert row["load_ms"] >= 0
        assert 0 < row["first_byte_ms"] <= row["duration_ms"] + 1
        assert abs(row["started_at"] - row["ts_created"]) < 60
        capture = plane.records.captures.get(1)
        assert capture is not None
        assert (capture.req_body, capture.resp_body) == (b'{"model":"alias"}', json.dumps(USAGE).encode())

    play(story)


def test_the_path_is_the_engine_s_without_its_query() -> None:
    async def story(plane: Plane) -> None:
        async with plane.client() as client:
            for path in ("/v/chat/completions?q=1", "/audioapi/v1/tasks/run", "/upstream/m/v1/embeddings?x=1"):
                client.post(path=path)
                await (await plane.upstream.request()).answer_json()
                await client.head()
                await client.read(2)
        found = await rows(plane, 3)
        assert [row["req_path"] for row in found] == ["/chat/completions", "/v1/tasks/run", "/v1/embeddings"]

    play(story)


def test_a_record_that_can_not_be_made_costs_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    made, said = Recording.figures, []

    def figures(recording: Recording) -> Figures:
        if recording.path == b"/v1/embeddings":
            raise ZeroDivisionError
        return made(recording)

    monkeypatch.setattr(Recording, "figures", figures)

    async def story(plane: Plane) -> None:
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: said.append(context["message"]))
        paths = ["/v1/chat/completions", "/v1/embeddings", "/v1/completions"]
        for path in paths:
            async with plane.client() as client:
                client.post(path=path)
                await (await plane.upstream.request()).answer_json()
                await client.head()
        assert [row["req_path"] for row in await rows(plane, 2)] == [paths[0], paths[2]]
        assert len(said) == 1
        assert "could not be recorded" in said[0]

    play(story)


def test_a_model_or_a_key_may_have_nothing_captured() -> None:
    """Its requests have rows all the same; other models and keys have captures."""
    secret = msgspec.structs.replace(ONE.models["m"], capture=False)
    keys = (
        ApiKeyEntry(key="quiet", name="quiet", capture=False),
        ApiKeyEntry(key="loud", name="loud"),
    )

    def told(config: Config, *tokens: str) -> list[bool]:
        found: list[bool] = []

        async def story(plane: Plane) -> None:
            for token in tokens:
                async with plane.client() as client:
                    client.post(extra=f"Authorization: Bearer {token}\r\n")
                    await (await plane.upstream.request()).answer_json()
                    await client.head()
            found.extend(row["id"] in plane.records.captures for row in await rows(plane, len(tokens)))

        play(story, config)
        return found

    assert told(ONE, "any") == [True]
    assert told(Config(models={"m": secret}), "any") == [False]
    assert told(msgspec.structs.replace(ONE, api_keys=keys), "quiet", "loud") == [False, True]


def test_what_may_be_captured_is_in_the_file_when_another_process_opens_it(tmp_path: Path) -> None:
    """Where `store.captures` says so; what a key or a model keeps to itself is not there either."""
    file = tmp_path / "a.db"
    quiet = msgspec.structs.replace(ONE.models["m"], id="quiet", capture=False)
    keys = (ApiKeyEntry(key="shy", name="shy", capture=False), ApiKeyEntry(key="loud", name="loud"))
    store = Store(path=str(file), captures=True)
    config = Config(models={**ONE.models, "quiet": quiet}, api_keys=keys, store=store)

    async def story(plane: Plane) -> None:
        for model, token in (("m", "loud"), ("m", "shy"), ("quiet", "loud"), ("m", "loud")):
            async with plane.client() as client:
                body = json.dumps({"model": model, "says": f"{token} to {model}"}).encode()
                client.post(body, extra=f"Authorization: Bearer {token}\r\n")
                await (await plane.upstream.request()).answer_json(json.dumps(USAGE))
                await client.head()
        await rows(plane, 4)

    async def afterwards(plane: Plane) -> None:
        found = [await plane.records.capture(number) for number in range(1, 6)]
        assert [None if each is None else each.id for each in found] == [1, None, None, 4, None]
        first = found[0]
        assert first is not None
        assert first.req_body == b'{"model": "m", "says": "loud to m"}'
        assert first.resp_body == json.dumps(USAGE).encode()
        assert plane.records.captures.get(1) is None, "memory did not know it"
        plane.records.adopt(msgspec.structs.replace(config, store=Store(path=str(file))))
        assert await plane.records.capture(1) is None, "switched off"

    play(story, config)
    play(afterwards, config)


def test_what_is_said_gets_half_of_the_file_at_most(tmp_path: Path) -> None:
    """Else it would push the rows out."""
    store = Store(path=str(tmp_path / "a.db"), captures=True, keep_megabytes=1)

    async def story(plane: Plane) -> None:
        for _ in range(3):
            async with plane.client() as client:
                client.post(json.dumps({"model": "m", "says": os.urandom(200_000).hex()}).encode())
                await (await plane.upstream.request()).answer_json(json.dumps(USAGE))
                await client.head()
        await rows(plane, 3)
        assert 1 in plane.records.captures
        assert await plane.records.store.read(lambda connection: queries.captured(connection, [1, 2, 3])) == {2, 3}

    play(story, msgspec.structs.replace(ONE, store=store))


def test_what_names_no_model_or_is_no_model_s_route_is_not_recorded() -> None:
    async def story(plane: Plane) -> None:
        async with plane.client() as client:
            client.post(b"{}")
            await client.head()
        async with plane.client() as client:
            client.send(b"GET /props?model=m HTTP/1.1\r\nHost: y\r\n\r\n")
            await (await plane.upstream.request()).answer_json()
            await client.head()
            await client.read(2)
            client.post(path="/upstream/m/some/page")
            await (await plane.upstream.request()).answer_json()
            await client.head()
        await rows(plane, 0)

    play(story)


def test_an_unknown_model_is_recorded_as_it_was_named() -> None:
    async def story(plane: Plane) -> None:
        async with plane.client() as client:
            client.post(b'{"model":"ghost"}')
            await client.head()
        row = await the_row(plane)
        assert (row["model_id"], row["resp_status_code"], row["outcome"]) == ("ghost", 404, "rejected")
        assert row["error_msg"] == "no router for requested model"
        assert row["metadata_json"] == ""
        assert row["resp_content_type"] == "application/json"
        capture = plane.records.captures.get(1)
        assert capture is not None
        assert (capture.req_body, capture.resp_body) == (b'{"model":"ghost"}', None)
        assert (capture.resp_headers or {})["Content-Type"] == "application/json"

    play(story)


STREAM = (
    b'data: {"choices":[{"delta":{"role":"assistant","content":""}}]}\n\n',
    b'data: {"choices":[{"delta":{"content":"Hi"}}]}\n\n',
    b'data: {"usage":{"prompt_tokens":3,"completion_tokens":2}}\n\n',
)
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def test_of_a_stream_the_first_token_is_noted_and_the_events_are_captured() -> None:
    async def story(plane: Plane) -> None:
        async with plane.client() as client:
            client.post()
            got = await plane.upstream.request()
            await got.write(HEAD)
            for event in STREAM:
                await got.write(chunk(event))
                await client.head() if event is STREAM[0] else None
                assert await client.chunk() == event
            await got.answer(b"0\r\n\r\n")
            assert await client.read(5) == b"0\r\n\r\n"
        row = await the_row(plane)
        assert (row["input_tokens"], row["output_tokens"]) == (3, 2)
        assert row["first_byte_ms"] < row["first_token_ms"] <= row["duration_ms"] + 1
        capture = plane.records.captures.get(1)
        assert capture is not None
        assert capture.resp_body == b"".join(STREAM)

    play(story)


def test_a_client_that_leaves_in_the_midst_of_a_stream_leaves_what_had_arrived() -> None:
    """R58: requests that were cancelled count with what was generated for them."""

    async def story(plane: Plane) -> None:
        async with plane.client() as client:
            client.post()
            got = await plane.upstream.request()
            await got.write(HEAD + chunk(STREAM[2]))
            await client.head()
            await client.chunk()
        await got.wait_closed_by_peer()
        row = await the_row(plane)
        assert (row["outcome"], row["resp_status_code"], row["input_tokens"]) == ("client_gone", 200, 3)
        assert row["error_msg"] == ""

    play(story)


def test_a_client_that_leaves_before_the_answer_is_no_failure_of_the_engine() -> None:
    async def story(plane: Plane) -> None:
        async with plane.client() as client:
            client.post()
            got = await plane.upstream.request()
        await got.wait_closed_by_peer()
        row = await the_row(plane)
        assert (row["outcome"], row["resp_status_code"]) == ("client_gone", 502)
        assert row["error_msg"] == "502 Bad Gateway"

    play(story)


@pytest.mark.parametrize(
    ("status", "body", "message", "outcome"),
    [
        (400, b'{"error":"bad thing"}', "bad thing", "ok"),
        (503, b'{"error":{"code":42}}', "503 Service Unavailable", "upstream_error"),
        (500, b"<html>", "500 Internal Server Error", "upstream_error"),
        (499, b"", "HTTP 499", "ok"),
    ],
)
def test_a_failed_answer_says_why(status: int, body: bytes, message: str, outcome: str) -> None:
    async def story(plane: Plane) -> None:
        async with plane.client() as client:
            client.post()
            head = f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\n\r\n".encode()
            await (await plane.upstream.request()).answer(head + body)
            await client.head()
        row = await the_row(plane)
        assert (row["resp_status_code"], row["error_msg"], row["outcome"]) == (status, message, outcome)
        assert row["input_tokens"] == 0
        capture = plane.records.captures.get(1)
        assert capture is not None
        assert capture.resp_body is None

    play(story)


def test_an_engine_that_breaks_off_is_an_upstream_error() -> None:
    async def story(plane: Plane) -> None:
        async with plane.client() as client:
            client.post()
            got = await plane.upstream.request()
            got.writer.transport.abort()
            await client.head()
        row = await the_row(plane)
        assert (row["outcome"], row["resp_status_code"]) == ("upstream_error", 502)
        assert row["error_msg"].startswith("upstream error: ")

    play(story)


def test_a_packed_answer_passes_as_it_is_and_is_read_unpacked() -> None:
    packed = gzip.compress(json.dumps(USAGE).encode())

    async def story(plane: Plane) -> None:
        async with plane.client() as client:
            client.post()
            head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\n"
            await (await plane.upstream.request()).answer(head + b"Content-Length: %d\r\n\r\n" % len(packed) + packed)
            await client.head()
            assert await client.read(len(packed)) == packed
        assert (await the_row(plane))["input_tokens"] == 12
        capture = plane.records.captures.get(1)
        assert capture is not None
        assert capture.resp_body == json.dumps(USAGE).encode()
        assert capture.resp_headers is not None
        assert "Content-Encoding" not in capture.resp_headers

    play(story)


def test_what_can_not_be_unpacked_is_said_and_not_captured() -> None:
    async def story(plane: Plane) -> None:
        async with plane.client() as client:
            client.post()
            head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope"
            await (await plane.upstream.request()).answer(head)
            await client.head()
        row = await the_row(plane)
        assert row["error_msg"].startswith("response decompression failed: ")
        assert 1 not in plane.records.captures

    play(story)


@pytest.mark.parametrize(
    ("path", "request_body", "answer_body"),
    [
        ("/v1/audio/speech", True, False),
        ("/sdapi/v1/img2img", False, False),
        ("/v1/audio/voices", False, True),
        ("/upstream/m/v1/audio/speech", True, False),
    ],
)
def test_bodies_of_some_routes_are_not_captured(path: str, request_body: bool, answer_body: bool) -> None:
    async def story(plane: Plane) -> None:
        async with plane.client() as client:
            client.post(path=path)
            await (await plane.upstream.request()).answer_json()
            await client.head()
        await the_row(plane)
        capture = plane.records.captures.get(1)
        assert capture is not None
        assert (capture.req_body is not None, capture.resp_body is not None) == (request_body, answer_body)

    play(story)


@pytest.mark.parametrize("size", [(1 << 20) + 1, 1 << 10])
@pytest.mark.parametrize("in_answer", [True, False])
def test_bodies_that_are_too_large_are_not_captured(size: int, in_answer: bool) -> None:
    config = Config(models=ONE.models, capture_buffer=1)

    async def story(plane: Plane) -> None:
        padding = "x" * size
        async with plane.client() as client:
            client.post(json.dumps({"model": "m", "pad": "" if in_answer else padding}).encode())
            answer = json.dumps({**USAGE, "pad": padding if in_answer else ""})
            await (await plane.upstream.request()).answer_json(answer)
            await client.head()
            await client.read(len(answer))
        assert (await the_row(plane))["input_tokens"] == 12
        assert (1 in plane.records.captures) is (size < 1 << 20)

    play(story, config)


def test_an_empty_answer_and_a_switched_off_buffer_are_not_captured() -> None:
    def story_of(answer: str) -> Callable[[Plane], Awaitable[None]]:
        async def story(plane: Plane) -> None:
            async with plane.client() as client:
                client.post()
                await (await plane.upstream.request()).answer_json(answer)
                await client.head()
            assert (await the_row(plane))["input_tokens"] == (12 if answer else 0)
            assert 1 not in plane.records.captures

        return story

    play(story_of(""))
    play(story_of(json.dumps(USAGE)), Config(models=ONE.models, capture_buffer=0))


def test_the_wait_for_a_load_is_told_from_the_wait_for_a_turn() -> None:
    async def story(plane: Plane) -> None:
        async with plane.client() as client:
            for _ in range(2):
                client.post()
                await (await plane.upstream.request()).answer_json()
                await client.head()
                await client.read(2)
        first, second = await rows(plane, 2)
        assert first["load_ms"] > 0
        assert first["queue_ms"] >= 0
        assert first["queue_ms"] + first["load_ms"] <= first["first_byte_ms"]
        assert (second["queue_ms"], second["load_ms"]) == (0, 0)

    play(story)


def test_the_session_is_that_of_the_first_header_that_is_there() -> None:
    ui = Ui(activity=Activity(session_id=("X-One", "X-Two")))

    async def story(plane: Plane) -> None:
        async with plane.client() as client:
            client.post(extra="X-Session-ID: no\r\nX-Two: two\r\n")
            await (await plane.upstream.request()).answer_json()
            await client.head()
        assert (await the_row(plane))["session"] == "two"

    play(story, Config(models=ONE.models, ui=ui))


def test_watchers_hear_of_each_row_in_its_turn() -> None:
    async def story(plane: Plane) -> None:
        watching = plane.feed.watch()
        async with plane.client() as client:
            for _ in range(3):
                client.post()
                await (await plane.upstream.request()).answer_json()
                await client.head()
                await client.read(2)
        news: list[Any] = []
        async with asyncio.timeout(20):
            while len(news) < 3:
                news += [step.data for step in await watching.read() if step.topic == ACTIVITY]
        assert news == [{"id": 1}, {"id": 2}, {"id": 3}]
        watching.close()

    play(story)


def test_a_reload_keeps_rows_and_captures_and_applies_the_bounds() -> None:
    async def story(plane: Plane) -> None:
        async with plane.client() as client:
            for _ in range(3):
                client.post()
                await (await plane.upstream.request()).answer_json()
                await client.head()
                await client.read(2)
        await rows(plane, 3)
        plane.records.adopt(Config(metrics_max_in_memory=2))
        assert 1 in plane.records.captures
        plane.records.adopt(Config(metrics_max_in_memory=2, capture_buffer=0))
        assert 1 not in plane.records.captures
        async with plane.client() as client:
            client.post()
            await (await plane.upstream.request()).answer_json()
            await client.head()
        await eventually(lambda: plane.records.store.last_id == 4)
        assert [row["id"] for row in await rows(plane, 2)] == [3, 4]

    play(story)


def test_another_file_begins_another_record_and_one_that_can_not_be_used_changes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "a.db"

    async def ask(plane: Plane) -> None:
        async with plane.client() as client:
            client.post()
            await (await plane.upstream.request()).answer_json()
            await client.head()

    async def story(plane: Plane) -> None:
        await ask(plane)
        await rows(plane, 1)
        plane.records.adopt(Config(store=Store(path=str(tmp_path))))
        assert b"can't be used for the record of requests" in (plane.logs.history("proxy") or b"")
        await rows(plane, 1)
        plane.records.adopt(Config(store=Store(path=str(file))))
        assert 1 not in plane.records.captures, "it is another one's"
        await rows(plane, 0)
        await ask(plane)
        assert (await the_row(plane))["id"] == 1
        assert 1 in plane.records.captures

    play(story)
    assert file.stat().st_size > 0


def test_who_shows_no_key_has_none_in_the_record_also_where_shares_tell_callers_apart() -> None:
    async def story(plane: Plane) -> None:
        async with plane.client() as client:
            client.post(b'{"model":"m"}', extra="X-Session-ID: s1\r\n")
            await (await plane.upstream.request()).answer_json()
            await client.head()
        row = await the_row(plane)
        assert (row["caller"], row["session"]) == ("", "s1")

    play(story, msgspec.structs.replace(ONE, fairness="caller"))
