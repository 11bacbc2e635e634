"""The record of requests over HTTP: pages, statistics, exports, deletion, captures."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import shlex
import shutil
from pathlib import Path
from typing import Any, Literal

import httpx
import msgspec
import pytest

from modelyard.app.api.activity import derived_speeds
from modelyard.app.api.captures import curl_command
from modelyard.app.api.filters import RowQuery
from modelyard.config.document import ApiKeyEntry, Store
from modelyard.config.schema import Config
from modelyard.runtime.records.captures import Capture, RawCapture
from modelyard.runtime.records.row import COLUMNS
from modelyard.simulate.trace import parse_trace
from tests.app.test_api import CONFIG, Story, api_of, with_api
from tests.runtime.records.rows import row
from tests.support.plane import Plane, in_plane

PAGE = "/api/metrics/activity"


def with_rows(story: Story) -> None:
    """The story on an API with five rows."""

    async def inside(plane: Plane, client: httpx.AsyncClient) -> None:
        store = plane.records.store
        for more in (
            {"model_id": "m", "tokens_per_second": 10.0, "cache_tokens": 4},
            {"model_id": "m", "tokens_per_second": 20.0, "caller": "k1", "session": "s1"},
            {"model_id": "org/x", "tokens_per_second": 60.0, "req_path": "/v1/messages"},
            {"model_id": "m", "resp_status_code": 429, "outcome": "rejected", "error_msg": "Too many requests",
             "input_tokens": 0, "output_tokens": 0, "cache_tokens": 0},
            {"model_id": "m", "requested_model": "gpt", "metadata_json": '{"fifo_priority":"0"}', "queue_ms": 0.0},
        ):  # fmt: skip
            store.add_all([row(store.next_id(), **more)])
        await story(plane, client)

    with_api(inside)


async def ids(client: httpx.AsyncClient, **parameters: Any) -> list[int]:
    answer = (await client.get(PAGE, params=parameters)).raise_for_status().json()
    return [shown["id"] for shown in answer["data"]]


def test_a_page_and_what_is_around_it() -> None:
    async def story(plane: Plane, client: httpx.AsyncClient) -> None:
        answer = (await client.get(PAGE, params={"limit": 2, "page": 2})).json()
        assert [shown["id"] for shown in answer.pop("data")] == [3, 2]
        assert answer == {"page": 2, "limit": 2, "total": 5, "total_pages": 3, "dropped": 0}
        assert await ids(client, page=9) == []
        assert await ids(client, sort="gen_speed", order="ASC") == [4, 5, 1, 2, 3]
        assert await ids(client, sort=" ", order="", limit="", model="") == [5, 4, 3, 2, 1]

    with_rows(story)


def test_filters() -> None:
    async def story(plane: Plane, client: httpx.AsyncClient) -> None:
        assert await ids(client, model=["org/x", "ghost"]) == [3]
        assert await ids(client, model="m", status=[200, 404]) == [5, 2, 1]
        assert await ids(client, outcome="rejected") == [4]
        assert await ids(client, path="/v1/messages") == [3]
        assert await ids(client, key="k1", session="s1") == [2]
        assert await ids(client, requested="gpt") == [5]
        assert await ids(client, min_id=2, max_id=3) == [3, 2]
        assert await ids(client, start=RowQuery.timestamp(1_795_000_004)) == [5, 4]
        assert await ids(client, end="2026-11-18T13:06:42+02:00") == [2, 1]

    with_rows(story)


def test_a_row_as_clients_know_it_and_what_we_add() -> None:
    async def story(plane: Plane, client: httpx.AsyncClient) -> None:
        plane.records.captures.add(RawCapture(5, 2, b"/", [], [b"{}"], None, None))
        fifth, fourth = (await client.get(PAGE, params={"limit": 2})).json()["data"]
        assert fifth["timestamp"] == RowQuery.timestamp(1_795_000_005)
        assert fifth["tokens"]["cache_tokens"] == -1
        assert (fifth["has_capture"], fourth["has_capture"]) == (True, False)
        assert fifth["metadata"] == {"fifo_priority": "0"}
        assert "error_msg" not in fifth
        assert (fourth["error_msg"], "metadata" in fourth) == ("Too many requests", False)
        assert (fifth["requested_model"], fourth["requested_model"]) == ("gpt", "m")
        assert (fifth["queue_ms"], fourth["queue_ms"]) == (0, None)

    with_rows(story)


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("limit=0", "limit must be between 1 and 999"),
        ("limit=1000", "limit must be between 1 and 999"),
        ("limit=abc", "invalid limit"),
        ("limit=99999999999999999999", "invalid limit"),
        ("page=0", "page must be >= 1"),
        ("page=-1", "page must be >= 1"),
        ("sort=nope", "invalid sort column"),
        ("order=up", "order must be asc or desc"),
        ("min_id=0", "min_id must be >= 1"),
        ("max_id=0", "max_id must be >= 1"),
        ("min_id=3&max_id=2", "min_id must be <= max_id"),
        ("start=yesterday", "invalid 'start' timestamp, use RFC3339 format"),
        ("start=2026-01-01", "invalid 'start' timestamp, use RFC3339 format"),
        ("end=2026-01-01T00:00:00", "invalid 'end' timestamp, use RFC3339 format"),
        ("start=2026-01-02T00:00:00Z&end=2026-01-01T00:00:00Z", "start must be before end"),
        ("status=2xx", "invalid status"),
    ],
)
def test_what_is_wrong_with_a_question(query: str, message: str) -> None:
    async def story(plane: Plane, client: httpx.AsyncClient) -> None:
        answer = await client.get(f"{PAGE}?{query}")
        assert (answer.status_code, answer.json()["error"]["message"]) == (400, message)

    with_api(story)


def test_the_statistics() -> None:
    async def story(plane: Plane, client: httpx.AsyncClient) -> None:
        told = (await client.get("/api/metrics/stats")).json()
        histogram = told.pop("gen_histogram")
        assert (histogram["bins"], histogram["p50"], histogram["binSize"]) == ([1, 1, 0, 0, 1], 20, 10)
        assert told == {
            "total_requests": 5,
            "total_input_tokens": 40,
            "total_output_tokens": 20,
            "total_cache_tokens": 4,
            "prompt_histogram": None,
        }
        of_one = (await client.get("/api/metrics/stats", params={"model": "org/x"})).json()
        assert (of_one["total_requests"], of_one["gen_histogram"]["bins"]) == (1, [1])

    with_rows(story)


def test_deletion_wants_to_know_what_and_takes_the_captures_along() -> None:
    async def story(plane: Plane, client: httpx.AsyncClient) -> None:
        for number in (3, 4):
            plane.records.captures.add(RawCapture(number, 2, b"/", [], [], None, None))
        assert (await client.delete(PAGE)).status_code == 400
        assert (await client.delete(PAGE, params={"model": "org/x"})).json() == {"deleted": 1}
        assert await ids(client) == [5, 4, 2, 1]
        assert (3 in plane.records.captures, 4 in plane.records.captures) == (False, True)
        assert (await client.delete(PAGE, params={"all": "true"})).json() == {"deleted": 4}
        assert plane.records.store.next_id() == 6

    with_rows(story)


@pytest.mark.parametrize(("routes", "status"), [(("logs",), 403), (("logs", "admin"), 200)])
def test_who_may_only_read_deletes_nothing(routes: tuple[Literal["logs", "admin"], ...], status: int) -> None:
    config = Config(api_keys=(ApiKeyEntry(key="k", name="k", routes=routes),))

    async def inside(plane: Plane) -> None:
        plane.records.store.add_all([row(1)])
        headers = {"Authorization": "Bearer k"}
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{plane.port}", headers=headers) as client:
            assert await ids(client) == [1]
            assert (await client.delete(PAGE, params={"all": "true"})).status_code == status

    in_plane(inside, config=config, make_app=api_of)


async def exported(client: httpx.AsyncClient, made: str, **parameters: Any) -> str:
    answer = await client.get(f"{PAGE}/export", params={"format": made, **parameters})
    assert answer.raise_for_status().headers["content-disposition"].startswith("attachment")
    return answer.text


def test_exports_hold_all_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("modelyard.app.api.exports.BATCH", 2)

    async def story(plane: Plane, client: httpx.AsyncClient) -> None:
        table = list(csv.DictReader(io.StringIO(await exported(client, "csv"))))
        assert [line["id"] for line in table] == ["1", "2", "3", "4", "5"]
        assert tuple(table[0]) == COLUMNS
        lines = [json.loads(line) for line in (await exported(client, "jsonl", model="m")).splitlines()]
        assert [line["id"] for line in lines] == [1, 2, 4, 5]
        text = (await exported(client, "markdown")).splitlines()
        assert len(text) == 7
        assert text[2].startswith("| 1 | m | /v1/chat/completions | 200 | ok | 4 | 10 | 5 | 0.00 | 10.00 | 100 |")
        assert (await client.get(f"{PAGE}/export", params={"format": "xml"})).status_code == 400
        assert (await client.get(f"{PAGE}/export", params={"min_id": "x"})).status_code == 400

    with_rows(story)


def test_what_clients_name_is_no_formula_and_no_cell() -> None:
    async def story(plane: Plane, client: httpx.AsyncClient) -> None:
        plane.records.store.add_all([row(plane.records.store.next_id(), model_id="=1+1|2\n")])
        assert "'=1+1|2" in await exported(client, "csv")
        assert "=1+1\\|2 " in await exported(client, "markdown")

    with_api(story)


def test_an_export_is_a_trace_for_the_simulator() -> None:
    async def story(plane: Plane, client: httpx.AsyncClient) -> None:
        store = plane.records.store
        store.add_all([row(store.next_id(), started_at=100.0, serve_ms=250.0, caller="k", model_id="m")])
        store.add_all(
            [row(store.next_id(), started_at=101.5, outcome="client_gone", duration_ms=700, client="10.0.0.1")]
        )
        store.add_all([row(store.next_id(), ts_created=105, duration_ms=1000)])
        lines = parse_trace(await exported(client, "trace"), "trace", {"m": "m", "m1": "m1"})
        assert [(line.at, line.model, line.caller, line.service, line.patience) for line in lines] == [
            (0.0, "m", "k", 0.25, None),
            (1.5, "m1", "10.0.0.1", None, 0.7),
            (4.0, "m1", "unknown", None, None),
        ]

    with_api(story)


def test_captures_over_http() -> None:
    async def story(plane: Plane, client: httpx.AsyncClient) -> None:
        head = [(b"authorization", b"Authorization", b"Bearer s"), (b"x-a", b"X-A", b"it's")]
        plane.records.captures.add(RawCapture(7, 2, b"/v1/x", head, [b"{}"], None, b"\xff"))
        assert (await client.get("/api/captures/7")).json() == {
            "id": 7,
            "req_path": "/v1/x",
            "req_headers": {"Authorization": "[REDACTED]", "X-A": "it's"},
            "req_body": "e30=",
            "resp_headers": None,
            "resp_body": "/w==",
        }
        command = (await client.get("/api/captures/7/curl")).text
        assert shlex.split(command.replace("\\\n", "")) == [
            "curl", f"http://127.0.0.1:{plane.port}/v1/x", "-H", "Authorization: Bearer $MODELYARD_KEY",
            "-H", "X-A: it's", "--data-raw", "{}",
        ]  # fmt: skip
        for number, status, message in (("8", 404, "capture not found"), ("x", 400, "invalid capture ID")):
            for path in (f"/api/captures/{number}", f"/api/captures/{number}/curl"):
                answer = await client.get(path)
                assert (answer.status_code, answer.json()["error"]["message"]) == (status, message)

    with_api(story)


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
@pytest.mark.parametrize(
    "body", [b'{"model":"gpt","q":"it\'s\\n"}', b'{"model":"gpt","q":"\xff\x00"}', b"@/etc/hostname"]
)
def test_the_command_asks_the_same_model_the_same_again(body: bytes) -> None:
    """Although the capture is of what the engine got, by a name and on a path of its own."""

    async def story(plane: Plane, client: httpx.AsyncClient) -> None:
        async with plane.client() as asking:
            asking.post(body, path="/upstream/gpt/v1/embeddings", extra="X-A: it's\r\n")
            first = await plane.upstream.request()
            await first.answer_json()
            await asking.head()
        command = (await client.get("/api/captures/1/curl")).text
        process = await asyncio.create_subprocess_shell(f"{command.rstrip()} -s -o /dev/null")
        again = await plane.upstream.request()
        await again.answer_json()
        assert await process.wait() == 0
        assert again.head.partition("\r\n")[0] == first.head.partition("\r\n")[0] == "POST /v1/embeddings HTTP/1.1"
        assert again.body == first.body == body
        assert again.headers["x-a"] == "it's"
        assert again.headers["content-type"] == first.headers["content-type"]

    with_api(story)


def test_a_body_that_is_no_text_and_a_key_in_another_header() -> None:
    capture = Capture(id=1, req_path="/v1/x y", req_headers={"X-Api-Key": "[REDACTED]"}, req_body=b"\xff")
    assert curl_command(capture, "http://h") == (
        "printf %s /w== | base64 -d | curl http://h/v1/x%20y \\\n"
        '  -H "X-Api-Key: $MODELYARD_KEY" \\\n'
        "  --data-binary @-\n"
    )


def test_a_command_leaves_out_what_curl_sets_itself() -> None:
    headers = {"Content-Length": "5", "Accept-Encoding": "gzip", "Cookie": "[REDACTED]", "Accept": "*/*"}
    command = curl_command(Capture(id=1, req_path="/v1/x", req_headers=headers), "http://h")
    assert command == "curl http://h/v1/x \\\n  -H 'Accept: */*'\n"


def test_speeds_that_the_engine_does_not_report_are_derived_and_marked_so() -> None:
    measured = {"first_token_ms": 1500.0, "duration_ms": 3500, "serve_ms": 2500.0}
    counted = {"input_tokens": 120, "cache_tokens": 20, "output_tokens": 41}
    unknown = {"prompt_per_second": -1, "tokens_per_second": -1}
    assert derived_speeds({**measured, **counted, **unknown}) == {"prompt_per_second": 200, "tokens_per_second": 20}
    known = {"prompt_per_second": 5.0, "tokens_per_second": 5.0}
    nothing = {"prompt_per_second": None, "tokens_per_second": None}
    assert derived_speeds({**measured, **counted, **known}) == nothing
    assert derived_speeds({**measured, **counted, **unknown, "first_token_ms": -1.0}) == nothing


def test_a_record_that_can_not_be_read_is_said_to_be_so() -> None:
    async def story(plane: Plane, client: httpx.AsyncClient) -> None:
        await plane.records.store.change(lambda connection: connection.execute("DROP TABLE activity"))
        for path in (PAGE + "?model=m", "/api/metrics/stats"):
            assert (await client.get(path)).status_code == 503
        assert (await client.delete(PAGE + "?model=m")).status_code == 503
        await asyncio.sleep(0)

    with_api(story)


def test_captures_outlive_a_restart_where_the_file_keeps_them(tmp_path: Path) -> None:
    """Over HTTP: what was said, its command, and which rows have it; deleted rows take it along."""
    kept = Store(path=str(tmp_path / "a.db"), captures=True)
    config = msgspec.structs.replace(CONFIG, store=kept)
    other = msgspec.structs.replace(CONFIG, store=msgspec.structs.replace(kept, path=str(tmp_path / "b.db")))
    head = [(b"authorization", b"Authorization", b"Bearer secret")]

    async def before(plane: Plane, client: httpx.AsyncClient) -> None:
        plane.records.adopt(config)
        store = plane.records.store
        for number in (1, 2, 3):
            store.add_all([row(store.next_id(), model_id="m")])
            if number < 3:
                store.add_captures([RawCapture(number, 2, b"/v1/x", head, [b"{}"], None, b"ok")])

    async def after(plane: Plane, client: httpx.AsyncClient) -> None:
        plane.records.adopt(config)
        rows = (await client.get(PAGE)).json()["data"]
        assert {shown["id"]: shown["has_capture"] for shown in rows} == {1: True, 2: True, 3: False}
        assert (await client.get("/api/captures/2")).json() == {
            "id": 2,
            "req_path": "/v1/x",
            "req_headers": {"Authorization": "[REDACTED]"},
            "req_body": "e30=",
            "resp_headers": None,
            "resp_body": "b2s=",
        }
        assert "/upstream/m/v1/x" in (await client.get("/api/captures/2/curl")).text
        for number in ("3", "4", "-1", "9" * 30):
            assert (await client.get(f"/api/captures/{number}")).status_code == 404
        assert (await client.delete(PAGE + "?min_id=2")).json() == {"deleted": 2}
        assert (await client.get("/api/captures/2")).status_code == 404
        assert (await client.get("/api/captures/1")).status_code == 200
        plane.records.adopt(other)
        assert (await client.get("/api/captures/1")).status_code == 404, "it is another one's"
        await plane.records.store.change(lambda connection: connection.execute("DROP TABLE captures"))
        assert (await client.get("/api/captures/1")).status_code == 503

    with_api(before)
    with_api(after)
