"""The record of requests over HTTP: pages of it, its statistics, exports, deletion (spec http 17.4, 17.5)."""

from __future__ import annotations

import math
import sqlite3
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from modelyard.app.api.exports import FORMATS, write_export
from modelyard.app.api.filters import RowQuery, query_of, where_of
from modelyard.app.api.guard import caller_of
from modelyard.app.auth import FORBIDDEN, Scope
from modelyard.app.records import Records
from modelyard.app.respond import api_error, api_json
from modelyard.runtime.clock import Clock
from modelyard.runtime.records import queries
from modelyard.runtime.records.queries import Record
from modelyard.wire.errors import HttpError

_DELETE_WHAT = HttpError(400, "say which rows by a filter, or all=true")
_UNKNOWN_FORMAT = HttpError(400, f"format must be one of {', '.join(FORMATS)}")
_TROUBLE = HttpError(503, "the record of requests can't be read now")
_AT_MOST = 20.0
"""Statistics that took long are told again for so many times as long."""


class ActivityRoutes:
    """The routes about rows."""

    def __init__(self, records: Records, clock: Clock) -> None:
        self._records = records
        self._clock = clock
        self._told: dict[tuple[object, ...], tuple[float, Record]] = {}
        """Statistics, and until when they are good enough."""

    def __repr__(self) -> str:
        return f"<ActivityRoutes of {self._records!r}>"

    async def page(self, request: Request) -> Response:
        """`GET /api/metrics/activity`: a page of rows."""
        query = query_of(request.query_params)
        if isinstance(query, HttpError):
            return api_error(request, query)

        def ask(connection: sqlite3.Connection) -> tuple[int, list[Record], set[int]]:
            total = queries.count(connection, query.where)
            found = queries.page(connection, query.where, query.order, query.limit, query.offset)
            return total, found, queries.captured(connection, [record["id"] for record in found])

        try:
            total, found, captured = await self._records.read(ask)
        except sqlite3.Error:
            return api_error(request, _TROUBLE)
        return api_json(
            {
                "data": [shown_row(record, self._has_capture(record["id"], captured)) for record in found],
                "page": query.page,
                "limit": query.limit,
                "total": total,
                "total_pages": math.ceil(total / query.limit),
                "dropped": self._records.store.dropped,
            }
        )

    async def stats(self, request: Request) -> Response:
        """`GET /api/metrics/stats?model=ID`: what all rows, or those of a model, add up to.

        The sums are kept as rows are written. With `histograms=0` (ours) they are all that is told, at once, however
        many rows there are.
        """
        models = [model for model in request.query_params.getlist("model") if model]
        store = self._records.store
        if request.query_params.get("histograms") == "0":
            try:
                return api_json(await self._records.read(lambda connection: _sums(connection, models)))
            except sqlite3.Error:
                return api_error(request, _TROUBLE)
        key = (store, *models)
        known = self._told.get(key)
        began = self._clock.now()
        if known is not None and began < known[0]:
            return api_json(known[1])
        try:
            shown = await self._records.read(lambda connection: _statistics(connection, models))
        except sqlite3.Error:
            return api_error(request, _TROUBLE)
        ended = self._clock.now()
        self._told = {other: told for other, told in self._told.items() if told[0] > ended}
        if ended - began > 0.1:
            self._told[key] = (ended + _AT_MOST * (ended - began), shown)
        return api_json(shown)

    async def delete(self, request: Request) -> Response:
        """`DELETE /api/metrics/activity`: ours; the rows that the filters mean, with their captures.

        For administrators, though others may read the record.
        """
        caller = caller_of(request)
        if caller is not None and not caller.opens(Scope.ADMIN):
            return api_error(request, FORBIDDEN)
        where = where_of(request.query_params)
        if isinstance(where, HttpError):
            return api_error(request, where)
        if where.is_everything and request.query_params.get("all") != "true":
            return api_error(request, _DELETE_WHAT)

        def order(connection: sqlite3.Connection) -> tuple[list[int], int]:
            gone = [record["id"] for batch in queries.batches(connection, where, 1000) for record in batch]
            return gone, queries.delete(connection, where)

        try:
            gone, number = await self._records.change(order)
        except sqlite3.Error:
            return api_error(request, _TROUBLE)
        for row in gone:
            self._records.captures.discard(row)
        self._told.clear()
        return api_json({"deleted": number})

    async def export(self, request: Request) -> Response:
        """`GET /api/metrics/activity/export?format=csv`: ours; all rows that the filters mean, by their ids."""
        where = where_of(request.query_params)
        if isinstance(where, HttpError):
            return api_error(request, where)
        made = FORMATS.get(request.query_params.get("format", "csv"))
        if made is None:
            return api_error(request, _UNKNOWN_FORMAT)
        headers = {"Content-Disposition": f'attachment; filename="activity.{made.suffix}"'}
        return StreamingResponse(write_export(self._records, where, made), media_type=made.media_type, headers=headers)

    def _has_capture(self, row: int, captured: set[int]) -> bool:
        """In memory, or among those in the file."""
        return row in self._records.captures or (row in captured and self._records.store.keeps_captures)


def shown_row(record: Record, has_capture: bool) -> Record:
    """A row as clients know it (spec http 17.1), and what we know beside."""
    shown: Record = {
        "id": record["id"],
        "timestamp": RowQuery.timestamp(record["ts_created"]),
        "model": record["model_id"],
        "req_path": record["req_path"],
        "resp_content_type": record["resp_content_type"],
        "resp_status_code": record["resp_status_code"],
        "tokens": _tokens(record),
        "duration_ms": record["duration_ms"],
        "has_capture": has_capture,
    }
    if record["error_msg"]:
        shown["error_msg"] = record["error_msg"]
    if record["metadata_json"]:
        shown["metadata"] = _metadata(record["metadata_json"])
    return shown | _ours(record)


def _tokens(record: Record) -> Record:
    return {
        "cache_tokens": record["cache_tokens"],
        "draft_tokens": record["draft_tokens"],
        "draft_acc_tokens": record["draft_acc_tokens"],
        "input_tokens": record["input_tokens"],
        "output_tokens": record["output_tokens"],
        "prompt_per_second": record["prompt_per_second"],
        "tokens_per_second": record["tokens_per_second"],
        "reasoning_tokens": max(record["reasoning_tokens"], 0),
        "cache_written_tokens": max(record["cache_written_tokens"], 0),
    }


_OURS = ("queue_ms", "load_ms", "first_byte_ms", "first_token_ms", "serve_ms")


def _ours(record: Record) -> Record:
    """What was measured by us; null where it does not apply."""
    shown = {
        "requested_model": record["requested_model"] or record["model_id"],
        "outcome": record["outcome"] or None,
        "started_at": RowQuery.timestamp(record["started_at"]) if record["started_at"] else None,
        **{name: record[name] if record[name] >= 0 else None for name in _OURS},
        "req_bytes": record["req_bytes"],
        "resp_bytes": record["resp_bytes"],
        "key": record["caller"],
        "session": record["session"],
        "client": record["client"],
    }
    return shown | {"derived": derived_speeds(record)}


def derived_speeds(record: Record) -> Record:
    """Speeds that the engine does not report, from what we measured (tokens/s); null where that can't be said.

    The prompt's tokens by the time to the first token, the answer's by the time from it to the end. They hold what
    the engine does not count: the network, its own queue.
    """
    first, duration, forwarded = record["first_token_ms"], record["duration_ms"], record["serve_ms"]
    prompt = generation = None
    if forwarded >= 0 and first >= 0:
        before, after = first - (duration - forwarded), duration - first
        read = record["input_tokens"] - max(record["cache_tokens"], 0)
        if record["prompt_per_second"] <= 0 < read and before > 0:
            prompt = round(read / before * 1000, 2)
        if record["tokens_per_second"] <= 0 and record["output_tokens"] > 1 and after > 0:
            generation = round((record["output_tokens"] - 1) / after * 1000, 2)
    return {"prompt_per_second": prompt, "tokens_per_second": generation}


def _metadata(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:  # somebody else wrote it
        return {}


def _sums(connection: sqlite3.Connection, models: list[str]) -> Record:
    sums = queries.sums(connection, models)
    return {
        "total_requests": sums.requests,
        "total_input_tokens": sums.input,
        "total_output_tokens": sums.output,
        "total_cache_tokens": sums.cached,
    }


def _statistics(connection: sqlite3.Connection, models: list[str]) -> Record:
    connection.execute("BEGIN")  # all of it of one moment
    try:
        return {
            **_sums(connection, models),
            "prompt_histogram": queries.histogram(connection, "prompt_per_second", models),
            "gen_histogram": queries.histogram(connection, "tokens_per_second", models),
        }
    finally:
        connection.execute("COMMIT")
