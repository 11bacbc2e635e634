"""How long rows stay in a file."""

from __future__ import annotations

import asyncio
import itertools
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from modelyard.runtime.records import retention as module
from modelyard.runtime.records.queries import Where, count, sums
from modelyard.runtime.records.retention import Retention, remove_some, used_bytes
from modelyard.runtime.records.schema import connect
from modelyard.runtime.records.store import Store
from tests.runtime.records.rows import fill

NOW = 1_800_000_000.0
DAY = 86_400.0


def test_without_bounds_nothing_is_looked_for() -> None:
    assert not Retention()
    assert Retention(age=1.0)
    assert Retention(size=1)


def kept(path: Path, retention: Retention, work: Callable[[Store], None]) -> list[int]:
    """The ids that are left once the store has come to rest."""

    async def story() -> list[int]:
        store = Store(str(path), keep=0, say=pytest.fail, retention=retention, wall=lambda: NOW)
        try:
            work(store)
            async with asyncio.timeout(30):
                while True:
                    await store.read(lambda connection: None)
                    rest = await store.change(lambda connection: remove_some(connection, retention, NOW))
                    ids = await store.read(
                        lambda connection: [row[0] for row in connection.execute("SELECT id FROM activity ORDER BY id")]
                    )
                    if not rest:
                        return ids
        finally:
            store.close()

    return asyncio.run(story())


def test_rows_beyond_their_age_go_by_themselves(tmp_path: Path) -> None:
    """Also where nobody asks for anything any more."""

    async def story() -> None:
        said: list[str] = []
        retention = Retention(age=2 * DAY)
        minutes = itertools.count()
        store = Store(
            str(tmp_path / "a.db"), keep=0, say=said.append, retention=retention, wall=lambda: NOW + next(minutes) * 60
        )
        fill(store, 2500, ts_created=int(NOW - 3 * DAY))
        fill(store, 3, ts_created=int(NOW) * 2)
        async with asyncio.timeout(30):
            while await store.read(lambda connection: count(connection, Where())) != 3:
                await asyncio.sleep(0)
        assert (await store.read(sums)).requests == 3
        store.close()
        assert said == []

    asyncio.run(story())


def test_a_new_bound_applies_at_once(tmp_path: Path) -> None:
    async def story() -> None:
        store = Store(str(tmp_path / "a.db"), keep=0, say=pytest.fail, wall=lambda: NOW)
        fill(store, 5, ts_created=int(NOW - 3 * DAY))
        assert await store.read(lambda connection: count(connection, Where())) == 5
        store.retain(Retention(age=DAY))
        async with asyncio.timeout(30):
            while await store.read(lambda connection: count(connection, Where())):
                await asyncio.sleep(0)
        store.close()

    asyncio.run(story())


def test_what_exceeds_the_size_goes_the_oldest_first(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    left = kept(path, Retention(size=400_000), lambda store: fill(store, 8000, error_msg="x" * 100))
    assert left
    assert left == list(range(left[0], 8001)), "only the oldest are gone"
    assert left[0] > 1
    with sqlite3.connect(path) as connection:
        assert used_bytes(connection) <= 400_000 * 1.1


def test_age_and_size_on_a_file_that_was_there_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LOT", 10)
    path = tmp_path / "a.db"
    kept(path, Retention(), lambda store: fill(store, 95, ts_created=int(NOW - 3 * DAY)))
    connection = connect(str(path))
    turns = 0
    while remove_some(connection, Retention(age=DAY), NOW):
        turns += 1
    assert turns == 9
    assert count(connection, Where()) == 0
    connection.close()
