"""Questions to the record of requests, against an oracle that goes through all rows."""

from __future__ import annotations

import math
import sqlite3
import statistics
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelyard.runtime.records import queries
from modelyard.runtime.records.queries import Order, Where
from modelyard.runtime.records.row import COLUMNS, Row, values_of
from modelyard.runtime.records.schema import connect
from tests.runtime.records.rows import row


def database(rows: list[Row]) -> sqlite3.Connection:
    connection = connect(":memory:")
    connection.executemany(f"INSERT INTO activity VALUES ({', '.join('?' * len(COLUMNS))})", map(values_of, rows))
    return connection


@pytest.fixture
def some() -> Iterator[sqlite3.Connection]:
    rows = [
        row(1, model_id="m1", resp_status_code=200, input_tokens=5, cache_tokens=2),
        row(2, model_id="m2", resp_status_code=429, outcome="rejected", input_tokens=0, output_tokens=0),
        row(3, model_id="m1", resp_status_code=502, outcome="client_gone", input_tokens=5),
        row(4, model_id="M0", session="s", input_tokens=9),
    ]
    with closing(database(rows)) as connection:
        yield connection


def ids(connection: sqlite3.Connection, where: Where | None = None, **order: Any) -> list[int]:
    found = queries.page(connection, where or Where(), Order(**order), 100, 0)
    assert queries.count(connection, where or Where()) == len(found)
    return [record["id"] for record in found]


def test_filters_come_on_top_of_each_other_and_their_values_are_alternatives(some: sqlite3.Connection) -> None:
    assert ids(some) == [4, 3, 2, 1]
    assert ids(some, Where({"model_id": ["m1", "m2"]})) == [3, 2, 1]
    assert ids(some, Where({"model_id": ["m1"], "outcome": ["client_gone", "rejected"]})) == [3]
    assert ids(some, Where({"session": ["s"]})) == [4]
    assert ids(some, Where(least={"id": 2}, most={"id": 3})) == [3, 2]
    assert ids(some, Where(least={"ts_created": 1_795_000_004})) == [4]
    assert ids(some, Where({"model_id": ["' OR 1=1 --"]})) == []


def test_equal_rows_go_by_their_ids_in_the_same_direction(some: sqlite3.Connection) -> None:
    assert ids(some, column="input_tokens") == [4, 3, 1, 2]
    assert ids(some, column="input_tokens", descending=False) == [2, 1, 3, 4]
    assert ids(some, column="model_id", descending=False) == [4, 1, 3, 2], "by bytes"


def test_pages_are_stretches(some: sqlite3.Connection) -> None:
    order = Order("input_tokens", descending=False)
    pages = [queries.page(some, Where(), order, 3, offset) for offset in (0, 3, 6)]
    assert [[record["id"] for record in page] for page in pages] == [[2, 1, 3], [4], []]


def test_batches_bring_everything_once(some: sqlite3.Connection) -> None:
    found = list(queries.batches(some, Where({"model_id": ["m1", "m2"]}), 2))
    assert [[record["id"] for record in batch] for batch in found] == [[1, 2], [3]]


def test_the_sums_follow_what_comes_and_goes(some: sqlite3.Connection) -> None:
    assert queries.sums(some) == queries.Sums(requests=4, input=19, output=15, cached=2)
    assert queries.sums(some, ["m1"]) == queries.Sums(requests=2, input=10, output=10, cached=2)
    assert queries.delete(some, Where({"model_id": ["m1"]})) == 2
    assert queries.sums(some) == queries.Sums(requests=2, input=9, output=5, cached=0)
    assert queries.sums(some, ["m1"]) == queries.Sums(0, 0, 0, 0)
    assert queries.delete(some, Where()) == 2
    assert some.execute("SELECT * FROM activity_sums").fetchall() == []


def spread(speeds: list[float]) -> dict[str, Any] | None:
    with closing(database([row(n, tokens_per_second=speed) for n, speed in enumerate(speeds, 1)])) as connection:
        return queries.histogram(connection, "tokens_per_second")


def test_the_example_of_a_histogram() -> None:
    assert spread([10, 20, 60, -1, 0]) == {
        "bins": [1, 1, 0, 0, 1],
        "min": 10,
        "max": 60,
        "binSize": 10,
        "p50": 20,
        "p95": 56,
        "p99": pytest.approx(59.2),
    }


def test_a_histogram_of_nothing_and_of_one_value() -> None:
    assert spread([]) is None
    assert spread([-1, 0]) is None
    assert spread([5, 5, 5]) == {"bins": [3], "min": 5, "max": 5, "binSize": 0, "p50": 5, "p95": 5, "p99": 5}


@given(st.lists(st.floats(0.01, 10_000), min_size=2, max_size=200))
@settings(deadline=None)  # each makes a database
def test_a_histogram_holds_every_value_and_its_percentiles_are_the_usual_ones(speeds: list[float]) -> None:
    shape = spread(speeds)
    assert shape is not None
    assert sum(shape["bins"]) == len(speeds)
    assert (shape["min"], shape["max"]) == (min(speeds), max(speeds))
    if min(speeds) < max(speeds):
        assert len(shape["bins"]) == min(max(math.ceil(math.log2(len(speeds))) + 1, 5), 20)
    cuts = statistics.quantiles(speeds, n=100, method="inclusive")
    for percent in (50, 95, 99):
        assert shape[f"p{percent}"] == pytest.approx(cuts[percent - 1])


def test_a_histogram_may_be_of_some_models_only() -> None:
    rows = [row(1, model_id="a", tokens_per_second=5.0), row(2, model_id="b", tokens_per_second=7.0)]
    with closing(database(rows)) as connection:
        shape = queries.histogram(connection, "tokens_per_second", ["b"])
        assert shape is not None
        assert shape["max"] == shape["min"] == 7
