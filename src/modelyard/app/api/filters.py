"""Query parameters that say which rows are meant, and in which order (spec http 17.4)."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from starlette.datastructures import QueryParams

from modelyard.runtime.records.queries import SORTABLE, Order, Where
from modelyard.wire.errors import HttpError

MAX_LIMIT = 999
_DEFAULT_LIMIT = 25
_EQUAL = {
    "model": "model_id",
    "outcome": "outcome",
    "path": "req_path",
    "key": "caller",
    "session": "session",
    "requested": "requested_model",
}
"""Parameters whose values are texts of a column; all but `model` are ours, and all may be given several times."""


class BadParameterError(Exception):
    """A parameter that can't be used; the text says why."""


@dataclass(frozen=True, slots=True)
class RowQuery:
    """A page of rows."""

    where: Where
    order: Order
    limit: int
    page: int

    @property
    def offset(self) -> int:
        """Rows before it."""
        return (self.page - 1) * self.limit

    @staticmethod
    def timestamp(seconds: float) -> str:
        """RFC 3339 by the clock on the wall here; whole seconds where they are whole."""
        moment = datetime.datetime.fromtimestamp(seconds, tz=datetime.UTC).astimezone()
        precision = "seconds" if isinstance(seconds, int) else "milliseconds"
        return moment.isoformat(timespec=precision).replace("+00:00", "Z")


def query_of(parameters: QueryParams) -> RowQuery | HttpError:
    """What the parameters ask for, or what is wrong with them."""
    try:
        limit = _integer(parameters, "limit", _DEFAULT_LIMIT)
        if not 1 <= limit <= MAX_LIMIT:
            raise BadParameterError(f"limit must be between 1 and {MAX_LIMIT}")
        page = _integer(parameters, "page", 1)
        if page < 1:
            raise BadParameterError("page must be >= 1")
        column = SORTABLE.get(_text(parameters, "sort") or "id")
        if column is None:
            raise BadParameterError("invalid sort column")
        order = (_text(parameters, "order") or "desc").lower()
        if order not in ("asc", "desc"):
            raise BadParameterError("order must be asc or desc")
        return RowQuery(_where(parameters), Order(column, order == "desc"), limit, page)
    except BadParameterError as error:
        return HttpError(400, str(error))


def where_of(parameters: QueryParams) -> Where | HttpError:
    """Which rows are meant, or what is wrong with the parameters."""
    try:
        return _where(parameters)
    except BadParameterError as error:
        return HttpError(400, str(error))


def _where(parameters: QueryParams) -> Where:
    equal: dict[str, Sequence[str | int]] = {}
    for name, column in _EQUAL.items():
        if wanted := [value for value in parameters.getlist(name) if value.strip()]:
            equal[column] = [*wanted]
    if statuses := [value for value in parameters.getlist("status") if value.strip()]:
        equal["resp_status_code"] = [_status(value) for value in statuses]
    least, most = _range(parameters)
    return Where(equal, least, most)


def _range(parameters: QueryParams) -> tuple[dict[str, int], dict[str, int]]:
    least: dict[str, int] = {}
    most: dict[str, int] = {}
    for name, bounds in (("min_id", least), ("max_id", most)):
        if _text(parameters, name):
            bounds["id"] = _integer(parameters, name, 0)
            if bounds["id"] < 1:
                raise BadParameterError(f"{name} must be >= 1")
    if least.get("id", 0) > most.get("id", least.get("id", 0)):
        raise BadParameterError("min_id must be <= max_id")
    for name, bounds in (("start", least), ("end", most)):
        if text := _text(parameters, name):
            bounds["ts_created"] = _moment(name, text)
    if "ts_created" in least and "ts_created" in most and least["ts_created"] > most["ts_created"]:
        raise BadParameterError("start must be before end")
    return least, most


def _text(parameters: QueryParams, name: str) -> str:
    return parameters.get(name, "").strip()


def _integer(parameters: QueryParams, name: str, default: int) -> int:
    text = _text(parameters, name)
    if not text:
        return default
    digits = text.removeprefix("-").removeprefix("+")
    if not (digits.isascii() and digits.isdigit() and len(digits) < 19):
        raise BadParameterError(f"invalid {name}")
    return int(text)


def _status(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) == 3):
        raise BadParameterError("invalid status")
    return int(text)


def _moment(name: str, text: str) -> int:
    """Seconds since the epoch. What stands behind the second does not count."""
    try:
        moment = datetime.datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None or "T" not in text.upper():
        raise BadParameterError(f"invalid '{name}' timestamp, use RFC3339 format")
    return int(moment.timestamp())
