"""The record of requests as files: CSV, JSON lines, Markdown, and traces that `modelyard simulate` reads. Ours."""

from __future__ import annotations

import csv
import io
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass

import msgspec

from modelyard.app.records import Records
from modelyard.runtime.records import queries
from modelyard.runtime.records.queries import Order, Record, Where
from modelyard.runtime.records.row import COLUMNS

BATCH = 1000
"""Rows that are read, and sent, at a time."""
_MARKDOWN = {
    "ID": "id",
    "Model": "model_id",
    "Path": "req_path",
    "Status": "resp_status_code",
    "Outcome": "outcome",
    "Cached": "cache_tokens",
    "Prompt": "input_tokens",
    "Generated": "output_tokens",
    "Prompt t/s": "prompt_per_second",
    "Generation t/s": "tokens_per_second",
    "Duration ms": "duration_ms",
}
_FORMULAS = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the beginning of a formula."""


@dataclass(frozen=True, slots=True)
class Format:
    """How rows are written."""

    suffix: str
    media_type: str
    head: str
    write: Callable[[Iterable[Record]], str]


def _csv(records: Iterable[Record]) -> str:
    text = io.StringIO()
    writer = csv.writer(text)
    for record in records:
        writer.writerow(_harmless(record[column]) for column in COLUMNS)
    return text.getvalue()


def _harmless(value: object) -> object:
    """Clients choose names and paths: none of them is to act as a formula."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULAS) else value


def _json_lines(records: Iterable[Record]) -> str:
    return "".join(msgspec.json.encode(record).decode() + "\n" for record in records)


def _markdown(records: Iterable[Record]) -> str:
    return "".join(f"| {' | '.join(_cell(record[column]) for column in _MARKDOWN.values())} |\n" for record in records)


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.2f}" if value >= 0 else "-"
    return str(value).replace("\\", "\\\\").replace("|", "\\|").replace("\r", " ").replace("\n", " ")


def trace_of(records: Iterable[Record]) -> str:
    """Rows as `modelyard simulate` reads them."""
    return "".join(_trace_line(record) for record in records)


def _trace_line(record: Record) -> str:
    """One request, in the words of `simulate/trace.py`: who was never served waited until he left."""
    line: Record = {
        "at": record["started_at"] or record["ts_created"] - record["duration_ms"] / 1000,
        "model": record["model_id"],
        "caller": record["caller"] or record["client"] or "unknown",
    }
    if record["serve_ms"] >= 0:
        line["service"] = record["serve_ms"] / 1000
    elif record["outcome"] == "client_gone":
        line["patience"] = record["duration_ms"] / 1000
    return msgspec.json.encode(line).decode() + "\n"


FORMATS = {
    "csv": Format("csv", "text/csv; charset=utf-8", ",".join(COLUMNS) + "\r\n", _csv),
    "jsonl": Format("jsonl", "application/x-ndjson", "", _json_lines),
    "markdown": Format(
        "md", "text/markdown; charset=utf-8", f"| {' | '.join(_MARKDOWN)} |\n|{' --- |' * len(_MARKDOWN)}\n", _markdown
    ),
    "trace": Format("trace.jsonl", "application/x-ndjson", "", trace_of),
}


async def write_export(records: Records, where: Where, made: Format) -> AsyncIterator[str]:
    """The whole file, a batch of rows at a time: as fast as the client reads, and no more than a batch in memory."""
    yield made.head
    last = 0
    while True:
        narrowed = Where(where.equal, {**where.least, "id": max(last + 1, where.least.get("id", 0))}, where.most)

        def ask(connection: sqlite3.Connection, narrowed: Where = narrowed) -> tuple[int, str]:
            found = queries.page(connection, narrowed, Order(descending=False), BATCH, 0)
            return (found[-1]["id"] if found else 0), made.write(found)

        last, text = await records.read(ask)
        if not last:
            return
        yield text
