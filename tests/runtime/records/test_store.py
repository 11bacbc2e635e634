"""Rows on their way to the database: nobody waits, little is lost, and what is lost is said."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path
from typing import ClassVar, cast

import pytest

from modelyard.runtime.records import store as module
from modelyard.runtime.records.queries import Where, count
from modelyard.runtime.records.row import Row
from modelyard.runtime.records.schema import VERSION, TooNewError, connect
from modelyard.runtime.records.store import IN_MEMORY, Store
from tests.runtime.records.rows import fill, row, with_store

LLAMA_SWAP = """
CREATE TABLE goose_db_version (id INTEGER PRIMARY KEY AUTOINCREMENT, version_id INTEGER NOT NULL);
CREATE TABLE activity (id INTEGER PRIMARY KEY AUTOINCREMENT, ts_created INTEGER NOT NULL DEFAULT 0,
  model_id TEXT NOT NULL DEFAULT '', req_path TEXT NOT NULL DEFAULT '', resp_content_type TEXT NOT NULL DEFAULT '',
  resp_status_code INTEGER NOT NULL DEFAULT 0, cache_tokens INTEGER NOT NULL DEFAULT 0,
  draft_tokens INTEGER NOT NULL DEFAULT 0, draft_acc_tokens INTEGER NOT NULL DEFAULT 0,
  input_tokens INTEGER NOT NULL DEFAULT 0, output_tokens INTEGER NOT NULL DEFAULT 0,
  prompt_per_second REAL NOT NULL DEFAULT 0, tokens_per_second REAL NOT NULL DEFAULT 0,
  duration_ms INTEGER NOT NULL DEFAULT 0, error_msg TEXT NOT NULL DEFAULT '', metadata_json TEXT NOT NULL DEFAULT '');
CREATE INDEX idx_activity_created_id ON activity (ts_created DESC, id DESC);
INSERT INTO activity (model_id, input_tokens, output_tokens) VALUES ('old', 7, 8), ('old', 1, 1);
"""


def everything(connection: sqlite3.Connection) -> int:
    return count(connection, Where())


def rows_in(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return cast("int", connection.execute("SELECT COUNT(*) FROM activity").fetchone()[0])


def test_what_was_added_is_there_for_whoever_asks_next(tmp_path: Path) -> None:
    async def story(store: Store, said: list[str]) -> None:
        for number in (1, 999, 1001, 60):
            before = await store.read(everything)
            fill(store, number)
            assert await store.read(everything) == before + number
        assert said == []

    with_store(story)
    with_store(story, tmp_path / "a.db")


def test_in_memory_only_the_newest_stay() -> None:
    async def story(store: Store, said: list[str]) -> None:
        for number in (3, 50, 5000):
            fill(store, number)
            await store.read(everything)
        ids = await store.read(lambda connection: connection.execute("SELECT id FROM activity ORDER BY id").fetchall())
        assert [number for (number,) in ids] == list(range(5044, 5054))
        store.keep = 4
        fill(store, 1)
        assert await store.read(everything) == 4

    with_store(story, keep=10)


def test_ids_are_never_used_again(tmp_path: Path) -> None:
    path = tmp_path / "a.db"

    async def first(store: Store, said: list[str]) -> None:
        fill(store, 5)
        await store.change(lambda connection: connection.execute("DELETE FROM activity"))

    async def second(store: Store, said: list[str]) -> None:
        assert store.next_id() == 6

    with_store(first, path)
    with_store(second, path)


def test_a_file_is_closed_with_all_that_waited(tmp_path: Path) -> None:
    path = tmp_path / "a.db"

    async def story(store: Store, said: list[str]) -> None:
        fill(store, 2500)

    with_store(story, path)
    assert rows_in(path) == 2500


def test_a_file_of_llama_swap_opens_and_it_can_go_on_with_ours(tmp_path: Path) -> None:
    path = tmp_path / "activity.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(LLAMA_SWAP)

    async def story(store: Store, said: list[str]) -> None:
        assert store.next_id() == 3
        sums = await store.read(lambda connection: connection.execute("SELECT * FROM activity_sums").fetchall())
        assert sums == [("old", 2, 8, 9, 0)]

    with_store(story, path)
    with closing(sqlite3.connect(path)) as connection:  # as llama-swap would write to it
        connection.execute("INSERT INTO activity (model_id, input_tokens) VALUES ('old', 5)")
        assert connection.execute("SELECT requests, input FROM activity_sums").fetchall() == [(3, 13)]
        assert connection.execute("PRAGMA user_version").fetchone() == (VERSION,)


def test_a_file_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA user_version = {VERSION + 1}")
    with pytest.raises(TooNewError):
        connect(str(path))


def test_a_migration_is_taken_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE activity_sums (something_else)")
    with pytest.raises(sqlite3.Error):
        connect(str(path))
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT name FROM sqlite_master WHERE name = 'activity'").fetchall() == []
        assert connection.execute("PRAGMA user_version").fetchone() == (0,)


class Stuck:
    """A row whose making takes as long as the test wants: as if the disk stood still."""

    def __init__(self) -> None:
        self.reached = threading.Event()
        self.go_on = threading.Event()

    def row(self) -> Row:
        self.reached.set()
        assert self.go_on.wait(20)
        return row(1_000_000)


def test_while_the_disk_stands_still_nobody_waits_and_what_is_lost_is_said(tmp_path: Path) -> None:
    path = tmp_path / "a.db"

    async def story(store: Store, said: list[str]) -> None:
        stuck = Stuck()
        store.add_all([stuck])
        assert stuck.reached.wait(20)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(module, "MAX_WAITING", 100)
            began = time.perf_counter()
            fill(store, 150)
            assert time.perf_counter() - began < 1
        assert store.dropped == 50
        assert len(said) == 1
        stuck.go_on.set()
        assert await store.read(everything) == 101
        assert said[1:] == [f"50 records of requests were dropped while {path} could not be written"]

    with_store(story, path)


def test_in_memory_no_row_is_made_that_nobody_asks_for() -> None:
    class Made:
        made: ClassVar[list[int]] = []

        def __init__(self, number: int) -> None:
            self.number = number

        def row(self) -> Row:
            self.made.append(self.number)
            return row(self.number)

    async def story(store: Store, said: list[str]) -> None:
        for number in range(1, 101):
            store.add_all([Made(number)])
        assert Made.made == []
        assert await store.read(everything) == 3
        assert Made.made == [98, 99, 100]

    with_store(story, keep=3)


def test_what_could_not_be_written_is_tried_again(tmp_path: Path) -> None:
    path = tmp_path / "a.db"

    async def story(store: Store, said: list[str]) -> None:
        with closing(sqlite3.connect(path)) as other, pytest.MonkeyPatch.context() as patch:
            patch.setattr(module, "RETRY", 0.01)
            store._connection.execute("PRAGMA busy_timeout = 0")
            other.execute("BEGIN IMMEDIATE")
            fill(store, 3)
            assert await store.read(everything) == 0
            assert len(said) == 1
            assert "locked; trying again" in said[0]
            fill(store, 2)
            other.execute("ROLLBACK")
            deadline = time.monotonic() + 20
            while await store.read(everything) < 5:
                assert time.monotonic() < deadline
        assert said[1:] == [f"records of requests are written to {path} again"]

    with_store(story, path)


def test_a_row_that_can_not_be_made_costs_only_itself() -> None:
    class Broken:
        def row(self) -> Row:
            raise RuntimeError("oops")

    async def story(store: Store, said: list[str]) -> None:
        fill(store, 1)
        store.add_all([Broken()])
        fill(store, 1)
        assert await store.read(everything) == 2
        assert said == ["a record of a request could not be made: RuntimeError('oops')"]

    with_store(story)


def test_a_question_that_fails_is_its_asker_s_trouble() -> None:
    async def story(store: Store, said: list[str]) -> None:
        with pytest.raises(sqlite3.Error):
            await store.read(lambda connection: connection.execute("SELECT nonsense"))
        assert await store.read(everything) == 0

    with_store(story)


def test_ten_thousand_a_second_are_kept_up_with(tmp_path: Path) -> None:
    async def story(store: Store, said: list[str]) -> None:
        began = time.perf_counter()
        fill(store, 20_000)
        assert await store.read(everything) == 20_000
        assert time.perf_counter() - began < 10, "even where others use the machine: usually it is under one"

    with_store(story, tmp_path / "a.db")


WRITER = """
import sys, time
from modelyard.runtime.records.store import Store
from tests.runtime.records.rows import row
store = Store(sys.argv[1], keep=0, say=print)
while True:
    number = store.next_id()
    store.add_all([row(number)])
    print(number, time.monotonic(), flush=True)
    time.sleep(0.001)
"""


@pytest.mark.real
def test_killed_it_loses_nothing_that_is_older_than_a_second(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    with subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        told: list[tuple[int, float]] = []
        while not told or told[-1][1] - told[0][1] < 2.0:
            number, when = process.stdout.readline().split()
            told.append((int(number), float(when)))
        os.kill(process.pid, signal.SIGKILL)
        killed = time.monotonic()
    old = [number for number, when in told if when < killed - 1]
    assert len(old) > 100
    with closing(connect(str(path))) as connection:
        kept = {number for (number,) in connection.execute("SELECT id FROM activity")}
    assert kept.issuperset(old)


def test_in_memory_is_known() -> None:
    async def story(store: Store, said: list[str]) -> None:
        assert store.is_in_memory
        assert IN_MEMORY in repr(store)

    with_store(story)
