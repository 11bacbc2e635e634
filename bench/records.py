"""What the record of requests costs and bears: its writer under load, and a day of a million rows.

`scripts/bench records` prints two tables. The writer gets rows from a running event loop at a steady rate, for some
seconds, into a file; the day is a file of a million rows of which every kind of page, the statistics and an export
are asked through the HTTP API. It is no test: a slow result is a result.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from modelyard.app.api.activity import ActivityRoutes
from modelyard.app.records import SWITCH, Records
from modelyard.config.document import Store as StoreKeys
from modelyard.config.schema import Config
from modelyard.runtime.clock import SystemClock
from modelyard.runtime.logs import LogHub
from modelyard.runtime.records.queries import SORTABLE
from modelyard.runtime.records.row import Row
from modelyard.runtime.records.schema import connect
from modelyard.runtime.records.store import Store
from modelyard.runtime.tasks import TaskOwner

TICK = 0.01
"""Seconds between two lots of rows."""
MODELS = 12
REPEATS = 3

_DAY = """
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?),
     drawn(i, a, b, c, d) AS MATERIALIZED (
         SELECT i, abs(random() % 10000) / 10000.0, abs(random() % 10000) / 10000.0,
                abs(random() % 10000) / 10000.0, abs(random() % 10000) / 10000.0 FROM n)
INSERT INTO activity (ts_created, model_id, req_path, resp_content_type, resp_status_code, cache_tokens, draft_tokens,
    draft_acc_tokens, input_tokens, output_tokens, prompt_per_second, tokens_per_second, duration_ms, error_msg,
    metadata_json, requested_model, outcome, started_at, queue_ms, load_ms, first_byte_ms, first_token_ms, serve_ms,
    req_bytes, resp_bytes, caller, session, client)
SELECT 1790000000 + i * 86400 / ?, 'model-' || (i * 7919 % ?),
    CASE WHEN d < 0.8 THEN '/v1/chat/completions' WHEN d < 0.9 THEN '/v1/messages' ELSE '/v1/embeddings' END,
    CASE WHEN a < 0.6 THEN 'text/event-stream' ELSE 'application/json' END,
    CASE WHEN b < 0.97 THEN 200 WHEN b < 0.99 THEN 502 ELSE 429 END,
    CAST(a * 4000 AS INTEGER), -1, -1, CAST(a * b * 32000 AS INTEGER), CAST(b * c * 4000 AS INTEGER),
    CASE WHEN d < 0.7 THEN 100 + a * 5000 ELSE -1 END, CASE WHEN d < 0.7 THEN 5 + c * 200 ELSE -1 END,
    CAST(c * c * 60000 AS INTEGER), CASE WHEN b < 0.97 THEN '' ELSE 'it failed' END, '{"fifo_priority":"0"}',
    'gpt', CASE WHEN b < 0.97 THEN 'ok' ELSE 'upstream_error' END, 1790000000 + i * 86400.0 / ?, a * 900, 0,
    b * 900, b * 1000, c * 60000, 900, 20000, 'key-' || (i % 20), 'session-' || (i % 3000), '10.0.0.' || (i % 200)
FROM drawn
"""


class _Ended:
    """Something that a row is made of when it is written, as in the server."""

    __slots__ = ("number",)

    def __init__(self, number: int) -> None:
        self.number = number

    def row(self) -> Row:
        number = self.number
        return Row(
            number, 1_790_000_000 + number // 10_000, f"model-{number % MODELS}", "/v1/chat/completions",
            "text/event-stream", 200, 100, -1, -1, number % 9000, number % 700, 100 + number * 7919 % 5000 / 3,
            5 + number * 104_729 % 20_000 / 100, number * 7 % 60_000, "", '{"fifo_priority":"0"}', "gpt", "ok",
            1_790_000_000 + number / 10_000, 1.5, 0.0, 20.25, 25.5, 900.125, 900, 20_000, -1, -1, "key",
            f"session-{number % 3000}", "10.0.0.1",
        )  # fmt: skip


async def writer(path: Path, rate: int, seconds: int) -> dict[str, float]:
    """Add rows at a rate; how far the writer fell behind, and how late the loop was meanwhile."""
    said: list[str] = []
    store = Store(str(path), keep=0, say=said.append)
    behind: list[int] = []
    late: list[float] = []
    added = 0
    sys.setswitchinterval(SWITCH)  # as the server has it
    began, began_cpu = time.perf_counter(), time.process_time()
    for tick in range(int(seconds / TICK)):
        due = began + tick * TICK
        if (left := due - time.perf_counter()) > 0:
            await asyncio.sleep(left)
        late.append(max(0.0, time.perf_counter() - due))
        lot = [_Ended(store.next_id()) for _ in range(int(rate * TICK))]
        store.add_all(lot)
        added += len(lot)
        behind.append(len(store._rows))
    offered = time.perf_counter() - began
    written = await store.read(lambda connection: connection.execute("SELECT COUNT(*) FROM activity").fetchone()[0])
    taken, cpu = time.perf_counter() - began, time.process_time() - began_cpu
    store.close()
    return {
        "rows offered per second": added / offered,
        "rows written per second": written / taken,
        "CPU per row, µs": cpu / added * 1e6,
        "rows dropped": store.dropped,
        "rows waiting, median": statistics.median(behind),
        "rows waiting, most": max(behind),
        "loop late, p50 ms": statistics.median(late) * 1000,
        "loop late, p99 ms": sorted(late)[int(len(late) * 0.99)] * 1000,
    }


def fill(path: Path, rows: int) -> None:
    """A day of so many requests."""
    connection = connect(str(path))
    connection.execute("BEGIN")
    connection.execute(_DAY, (rows, rows, MODELS, rows))
    connection.execute("COMMIT")
    connection.close()


async def day(path: Path) -> dict[str, str]:
    """Ask everything of a full file; the best of some tries each, since the machine has other work."""
    config = Config(models={}, store=StoreKeys(path=str(path)))
    records = Records(config, tasks=TaskOwner(lambda what, error: None), log=LogHub().daemon)
    found: dict[str, tuple[float, float]] = {}

    async def answer(request: Request) -> Response:
        """By routes that have told nothing before: statistics that took long are told again for a while."""
        activity = ActivityRoutes(records, SystemClock())
        asked = {"page": activity.page, "stats": activity.stats, "export": activity.export}
        return await asked[request.path_params["what"]](request)

    application = Starlette(routes=[Route("/{what}", answer)])
    transport = httpx.ASGITransport(app=application)
    async with httpx.AsyncClient(transport=transport, base_url="http://day", timeout=600) as client:

        async def timed(name: str, path: str, **parameters: Any) -> None:
            times, worked = [], []
            for _ in range(REPEATS):
                began, began_cpu = time.perf_counter(), time.process_time()
                (await client.get(path, params=parameters)).raise_for_status()
                times.append(time.perf_counter() - began)
                worked.append(time.process_time() - began_cpu)
            before = found.get(name, (0.0, 0.0))
            found[name] = max(before[0], min(times) * 1000), max(before[1], min(worked) * 1000)

        for column in SORTABLE:
            for order in ("asc", "desc"):
                await timed(f"page by {column}", "/page", sort=column, order=order)
        await timed("page of one status", "/page", status=502)
        await timed("page of one key and session", "/page", key="key-7", session="session-7")
        await timed("page of one outcome by duration", "/page", outcome="upstream_error", sort="duration")
        await timed("sums", "/stats", histograms="0")
        await timed("sums and histograms", "/stats")
        await timed("sums and histograms of a model", "/stats", model="model-3")
        await timed("export as CSV, filtered", "/export", format="csv", outcome="upstream_error")
    records.close()
    return {name: f"{wall:10,.0f}{cpu:10,.0f}" for name, (wall, cpu) in found.items()}


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(prog="scripts/bench records", description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000, help="of the day (default 1,000,000)")
    parser.add_argument("--rate", type=int, default=10_000, help="rows per second for the writer (default 10,000)")
    parser.add_argument("--seconds", type=int, default=10, help="how long the writer gets rows (default 10)")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="modelyard-records-") as folder:
        written = asyncio.run(writer(Path(folder, "writer.db"), asked.rate, asked.seconds))
        _table("The writer", {name: f"{value:10,.1f}" for name, value in written.items()})
        print(f"filling a day of {asked.rows:,} rows", file=sys.stderr, flush=True)
        fill(Path(folder, "day.db"), asked.rows)
        size = Path(folder, "day.db").stat().st_size / 1e6
        found = asyncio.run(day(Path(folder, "day.db")))
        _table(f"A day of {asked.rows:,} rows, {size:,.0f} MB: ms until the answer, ms of CPU", found)


def _table(title: str, figures: dict[str, str]) -> None:
    width = max(map(len, figures))
    print(f"\n{title}", flush=True)
    for name, value in figures.items():
        print(f"  {name:{width}} {value}", flush=True)


if __name__ == "__main__":
    main()
