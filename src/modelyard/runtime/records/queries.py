"""Questions to the record of requests, as SQL. All take a connection and run off the loop."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from modelyard.runtime.records.row import COLUMNS

SORTABLE = {
    "id": "id",
    "time": "ts_created",
    "model": "model_id",
    "req_path": "req_path",
    "resp_status_code": "resp_status_code",
    "resp_content_type": "resp_content_type",
    "cached": "cache_tokens",
    "prompt": "input_tokens",
    "generated": "output_tokens",
    "drafted": "draft_tokens",
    "prompt_speed": "prompt_per_second",
    "gen_speed": "tokens_per_second",
    "duration": "duration_ms",
}
"""What rows can be sorted by, and the column of each (spec http 17.4)."""
_NAMES = ", ".join(COLUMNS)
_PERCENTILES = (50, 95, 99)
_LEAST_BINS, _MOST_BINS = 5, 20
Record = dict[str, Any]
"""A row as its columns."""


@dataclass(frozen=True, slots=True)
class Where:
    """Which rows: values of one column are alternatives, columns come on top of each other."""

    equal: dict[str, Sequence[str | int]] = field(default_factory=dict)
    """Columns and the values of which a row has one; no values: any."""
    least: dict[str, int] = field(default_factory=dict)
    most: dict[str, int] = field(default_factory=dict)

    def sql(self) -> tuple[str, list[Any]]:
        """The clause with its leading word, empty where all rows are meant, and its values."""
        parts: list[str] = []
        values: list[Any] = []
        for column, wanted in self.equal.items():
            if wanted:
                parts.append(f"{column} IN ({', '.join('?' * len(wanted))})")
                values += wanted
        for sign, bounds in ((">=", self.least), ("<=", self.most)):
            for column, bound in bounds.items():
                parts.append(f"{column} {sign} ?")
                values.append(bound)
        return (f" WHERE {' AND '.join(parts)}" if parts else ""), values

    @property
    def is_everything(self) -> bool:
        """Whether no row is left out."""
        return not self.sql()[0]


def count(connection: sqlite3.Connection, where: Where) -> int:
    """How many rows there are."""
    if where.is_everything:
        return _integer(connection.execute("SELECT COALESCE(SUM(requests), 0) FROM activity_sums"))
    clause, values = where.sql()
    return _integer(connection.execute(f"SELECT COUNT(*) FROM activity{clause}", values))


@dataclass(frozen=True, slots=True)
class Order:
    """By which column; rows that are equal in it go by their ids, in the same direction."""

    column: str = "id"
    descending: bool = True

    def sql(self) -> str:
        """The clause with its leading words."""
        way = "DESC" if self.descending else "ASC"
        return f" ORDER BY id {way}" if self.column == "id" else f" ORDER BY {self.column} {way}, id {way}"


def page(connection: sqlite3.Connection, where: Where, order: Order, limit: int, offset: int) -> list[Record]:
    """A stretch of the rows."""
    clause, values = where.sql()
    chosen = f"SELECT id FROM activity{clause}{order.sql()} LIMIT ? OFFSET ?"
    found = connection.execute(
        f"SELECT {_NAMES} FROM activity WHERE id IN ({chosen}){order.sql()}", [*values, limit, offset]
    )
    return [dict(zip(COLUMNS, values, strict=True)) for values in found]


def model_of(connection: sqlite3.Connection, row: int) -> str:
    """The model of a row, by its id; empty where there is no such row."""
    found = connection.execute("SELECT model_id FROM activity WHERE id = ?", (row,)).fetchone()
    return "" if found is None else str(found[0])


def captured(connection: sqlite3.Connection, rows: Sequence[int]) -> set[int]:
    """Which of these rows, by their ids, have a capture in the file."""
    places = ", ".join("?" * len(rows))
    return {found[0] for found in connection.execute(f"SELECT id FROM captures WHERE id IN ({places})", rows)}


def packed_capture(connection: sqlite3.Connection, row: int) -> bytes | None:
    """The capture of a row as the file has it; None where it has none."""
    found = connection.execute("SELECT packed FROM captures WHERE id = ?", (row,)).fetchone()
    return None if found is None else bytes(found[0])


def batches(connection: sqlite3.Connection, where: Where, size: int) -> Iterator[list[Record]]:
    """All rows by their ids, a batch at a time, so that nobody holds them all."""
    last = 0
    while True:
        narrowed = Where(where.equal, {**where.least, "id": max(last + 1, where.least.get("id", 0))}, where.most)
        found = page(connection, narrowed, Order(descending=False), size, 0)
        if not found:
            return
        yield found
        last = found[-1]["id"]


def delete(connection: sqlite3.Connection, where: Where) -> int:
    """Remove rows; how many."""
    clause, values = where.sql()
    return connection.execute(f"DELETE FROM activity{clause}", values).rowcount


@dataclass(frozen=True, slots=True)
class Sums:
    """What rows add up to."""

    requests: int
    input: int
    output: int
    cached: int


def sums(connection: sqlite3.Connection, models: Sequence[str] = ()) -> Sums:
    """The sums of all rows, or of those of some models."""
    clause = f" WHERE model_id IN ({', '.join('?' * len(models))})" if models else ""
    columns = ("requests", "input", "output", "cached")
    wanted = ", ".join(f"COALESCE(SUM({column}), 0)" for column in columns)
    return Sums(*connection.execute(f"SELECT {wanted} FROM activity_sums{clause}", list(models)).fetchone())


def histogram(connection: sqlite3.Connection, column: str, models: Sequence[str] = ()) -> Record | None:
    """How the values of a column that are above 0 are spread; None where there are none (spec http 17.5)."""
    clause = f" WHERE {column} > 0" + (f" AND model_id IN ({', '.join('?' * len(models))})" if models else "")
    among = f"FROM activity{clause}"
    number, least, most = connection.execute(
        f"SELECT COUNT(*), MIN({column}), MAX({column}) {among}", models
    ).fetchone()
    if not number:
        return None
    bins, width = [number], 0.0
    if most > least:
        bins = [0] * min(max(math.ceil(math.log2(number)) + 1, _LEAST_BINS), _MOST_BINS)
        width = (most - least) / len(bins)
        place = f"MIN(CAST(({column} - ?) / ? AS INTEGER), ?)"
        found = connection.execute(
            f"SELECT {place}, COUNT(*) {among} GROUP BY 1", [least, width, len(bins) - 1, *models]
        )
        for index, size in found:
            bins[index] = size
    shape: Record = {"bins": bins, "min": least, "max": most, "binSize": width}
    for percent in _PERCENTILES:
        rank = percent / 100 * (number - 1)
        near = connection.execute(
            f"SELECT {column} {among} ORDER BY {column} LIMIT 2 OFFSET ?", [*models, math.floor(rank)]
        ).fetchall()
        low, high = near[0][0], near[-1][0]
        shape[f"p{percent}"] = low + (high - low) * (rank - math.floor(rank))
    return shape


def _integer(found: sqlite3.Cursor) -> int:
    number = found.fetchone()[0]
    assert isinstance(number, int)
    return number
