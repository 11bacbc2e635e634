"""Captures in the file of records: after a restart, within their bound, without secrets, for the owner alone."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import stat
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path

import pytest
import zstandard

from modelyard.runtime.records import schema
from modelyard.runtime.records import store as module
from modelyard.runtime.records.captures import OVERHEAD, Capture, RawCapture, unpack
from modelyard.runtime.records.keeping import WaitingCaptures, kept_bytes, make_private
from modelyard.runtime.records.queries import Where, captured, count, delete, packed_capture
from modelyard.runtime.records.retention import Retention, remove_some
from modelyard.runtime.records.store import Store
from tests.runtime.records.rows import row

NOW = 1_800_000_000.0
LIMIT = 100_000
THREE = 3 * (100 + OVERHEAD)
"""Bytes of three captures with bodies of 100."""
SECRET = b"sk-a-secret-of-somebody"
HEADERS = [
    (b"authorization", b"Authorization", b"Bearer " + SECRET),
    (b"x-api-key", b"X-Api-Key", SECRET),
    (b"x-a", b"X-A", b"shown"),
]


def capture(number: int, body: bytes = b"{}") -> RawCapture:
    return RawCapture(number, len(body), b"/v1/x", HEADERS, [body], HEADERS, b"hello")


def say_something(store: Store, *bodies: bytes, ts_created: int = int(NOW)) -> None:
    """A request with each of the bodies."""
    for body in bodies:
        number = store.next_id()
        store.add_all([row(number, ts_created=ts_created)])
        store.add_captures([capture(number, body)])


def with_file(
    path: Path, story: Callable[[Store], Awaitable[None]], *, captures: int = LIMIT, retention: Retention | None = None
) -> list[str]:
    """Run the story on a store of the file, and close it; what it has said."""
    said: list[str] = []

    async def work() -> None:
        store = Store(
            str(path),
            keep=0,
            say=said.append,
            retention=retention or Retention(),
            captures=captures,
            wall=lambda: NOW,
        )
        try:
            async with asyncio.timeout(30):
                await story(store)
        finally:
            store.close()

    asyncio.run(work())
    return said


async def found(store: Store, number: int) -> Capture | None:
    packed = await store.read(lambda connection: packed_capture(connection, number))
    return None if packed is None else unpack(packed)


async def kept(store: Store) -> list[int]:
    """The rows that have a capture."""
    return sorted(await store.read(lambda connection: captured(connection, range(1, store.last_id + 1))))


def bytes_on_disk(path: Path) -> bytes:
    return b"".join(file.read_bytes() for file in path.parent.iterdir())


def is_on_disk(path: Path, number: int, body: bytes) -> bool:
    """Whether a small capture can be found in the file or beside it, whatever the database says of it."""
    return capture(number, body).packed() in bytes_on_disk(path)


def unpacked_on_disk(path: Path) -> bytes:
    """All captures in the file."""
    with closing(sqlite3.connect(path)) as connection:
        packed = [blob for (blob,) in connection.execute("SELECT packed FROM captures")]
    return b"".join(map(zstandard.ZstdDecompressor().decompress, packed))


def test_a_capture_is_there_after_a_restart_and_its_secrets_are_not(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    shown = Capture(
        id=1,
        req_path="/v1/x",
        req_headers={"Authorization": "[REDACTED]", "X-Api-Key": "[REDACTED]", "X-A": "shown"},
        req_body=b'{"q":1}',
        resp_headers={"Authorization": "[REDACTED]", "X-Api-Key": "[REDACTED]", "X-A": "shown"},
        resp_body=b"hello",
    )

    async def first(store: Store) -> None:
        say_something(store, b'{"q":1}')
        assert await found(store, 1) == shown
        assert SECRET not in bytes_on_disk(path), "not even in the write-ahead file"
        say_something(store, b"the last before the end")

    async def second(store: Store) -> None:
        assert await found(store, 1) == shown
        last = await found(store, 2)
        assert last is not None
        assert last.req_body == b"the last before the end"
        assert await found(store, 3) is None

    assert with_file(path, first) == []
    assert SECRET not in bytes_on_disk(path)
    assert SECRET not in unpacked_on_disk(path)
    assert b"the last before the end" in unpacked_on_disk(path)
    assert with_file(path, second) == []


def test_the_bound_holds_and_the_oldest_go(tmp_path: Path) -> None:
    path = tmp_path / "a.db"

    async def story(store: Store) -> None:
        for _ in range(5):
            say_something(store, os.urandom(30_000))
            assert await store.read(kept_bytes) <= LIMIT
        assert await kept(store) == [3, 4, 5]
        say_something(store, os.urandom(LIMIT + 1))
        assert await kept(store) == [3, 4, 5], "what is larger than all room costs no other"
        say_something(store, *(os.urandom(30_000) for _ in range(9)))
        assert await kept(store) == [13, 14, 15]
        assert await store.read(lambda connection: count(connection, Where())) == 15, "rows stay"
        store.keep_captures(70_000)
        assert await kept(store) == [14, 15]

    async def smaller(store: Store) -> None:
        assert await kept(store) == [15]

    with_file(path, story)
    with_file(path, smaller, captures=40_000)


def test_what_waits_is_bounded_the_oldest_goes() -> None:
    waiting = WaitingCaptures()
    for number in range(6):
        waiting.put(capture(number, bytes(100)), THREE)
    taken = waiting.take()
    assert [each.id for each in taken] == [3, 4, 5]
    waiting.put_back(taken[1:])
    waiting.put(capture(6, bytes(100)), THREE)
    waiting.put(capture(7, bytes(100)), THREE)
    assert [each.id for each in waiting.take()] == [5, 6, 7]
    waiting.put(capture(8, bytes(THREE)), THREE)
    assert waiting.take() == []
    assert len(waiting) == 0


def test_switched_off_what_was_kept_goes_and_nothing_is_added(tmp_path: Path) -> None:
    path = tmp_path / "a.db"

    async def on(store: Store) -> None:
        assert store.keeps_captures
        say_something(store, b"what nobody should read")
        assert await kept(store) == [1]

    async def off(store: Store) -> None:
        assert not store.keeps_captures
        say_something(store, b"something else")
        assert await kept(store) == []

    async def at_a_reload(store: Store) -> None:
        say_something(store, b"what nobody should read")
        assert await kept(store) == [3]
        store.keep_captures(0)
        say_something(store, b"something else")
        assert await kept(store) == []

    with_file(path, on)
    assert is_on_disk(path, 1, b"what nobody should read")
    with_file(path, off, captures=0)
    assert not is_on_disk(path, 1, b"what nobody should read")
    with_file(path, at_a_reload)
    assert not is_on_disk(path, 3, b"what nobody should read")


def test_a_capture_goes_with_its_row_and_is_not_left_in_the_file(tmp_path: Path) -> None:
    """Also where the row was written by a process before."""
    path = tmp_path / "a.db"

    async def add(store: Store) -> None:
        say_something(store, b"first of all", b"second to none")

    async def remove(store: Store) -> None:
        await store.change(lambda connection: delete(connection, Where({"id": [1]})))
        assert await kept(store) == [2]
        await store.change(lambda connection: delete(connection, Where()))
        assert await kept(store) == []
        assert await store.read(kept_bytes) == 0

    with_file(path, add)
    assert is_on_disk(path, 1, b"first of all")
    assert is_on_disk(path, 2, b"second to none")
    with_file(path, remove)
    assert not is_on_disk(path, 1, b"first of all")
    assert not is_on_disk(path, 2, b"second to none")


def test_without_its_row_a_capture_is_not_kept(tmp_path: Path) -> None:
    async def story(store: Store) -> None:
        store.add_captures([capture(7)])
        assert await found(store, 7) is None

    with_file(tmp_path / "a.db", story)


def test_captures_that_are_too_old_go_with_their_rows(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    retention = Retention(age=86_400.0)

    async def add(store: Store) -> None:
        say_something(store, b"old", b"old", ts_created=int(NOW) - 2 * 86_400)
        say_something(store, b"new")
        assert await kept(store) == [1, 2, 3]

    async def look(store: Store) -> None:
        await store.change(lambda connection: remove_some(connection, retention, NOW))
        assert await kept(store) == [3]

    with_file(path, add)
    with_file(path, look, retention=retention)


def test_captures_count_for_the_size_of_the_file(tmp_path: Path) -> None:
    retention = Retention(size=300_000)

    async def story(store: Store) -> None:
        say_something(store, *(os.urandom(20_000) for _ in range(40)))
        assert len(await kept(store)) == 40
        for _ in range(40):
            await store.change(lambda connection: remove_some(connection, retention, NOW))
        left = await kept(store)
        assert 5 <= len(left) <= 15
        assert left[-1] == 40
        assert await store.read(lambda connection: count(connection, Where())) == len(left)

    with_file(tmp_path / "a.db", story, captures=1_000_000)


def test_a_file_of_the_version_before_gets_its_place_for_captures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.db"
    with monkeypatch.context() as before:
        before.setattr(schema, "_STEPS", schema._STEPS[:4])
        before.setattr(schema, "VERSION", 4)
        connection = schema.connect(str(path))
        connection.execute("INSERT INTO activity (model_id) VALUES ('old')")
        connection.close()
    path.chmod(0o644)

    async def story(store: Store) -> None:
        assert await found(store, 1) is None
        say_something(store, b"new")
        assert await kept(store) == [2]
        assert await store.read(lambda connection: count(connection, Where())) == 2

    assert with_file(path, story) == []
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (schema.VERSION,)


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_file_with_captures_is_its_owner_s_alone(tmp_path: Path) -> None:
    new, old = tmp_path / "new.db", tmp_path / "old.db"

    async def without(store: Store) -> None:
        say_something(store, b"x")
        await kept(store)
        assert mode_of(old) & 0o044, "without captures it is as SQLite makes it"
        store.keep_captures(LIMIT)
        say_something(store, b"x")
        assert await kept(store) == [2]
        assert {mode_of(file) for file in tmp_path.glob("old.db*")} == {0o600}

    async def with_captures(store: Store) -> None:
        say_something(store, b"x")
        await kept(store)
        files = list(tmp_path.glob("new.db*"))
        assert len(files) == 3
        assert {mode_of(file) for file in files} == {0o600}

    umask = os.umask(0o022)
    try:
        with_file(old, without, captures=0)
        with_file(new, with_captures)
    finally:
        os.umask(umask)
    make_private(str(tmp_path / "another.db"))
    assert mode_of(tmp_path / "another.db") == 0o600


def test_a_file_that_is_open_keeps_its_locks(tmp_path: Path) -> None:
    """Whoever opens a file and closes it again ends all locks of his process on it, SQLite's too."""
    path = tmp_path / "a.db"
    with closing(schema.connect(str(path))) as connection:
        connection.execute("BEGIN IMMEDIATE")
        held = locks_of(path)
        if not held:
            pytest.skip("the kernel shows no locks of files here")
        path.chmod(0o644)
        make_private(str(path))
        assert locks_of(path) == held
        connection.execute("ROLLBACK")


def locks_of(path: Path) -> list[str]:
    """The locks that this process holds on the file, as the kernel has them."""
    number = f":{path.stat().st_ino} "
    lines = Path("/proc/locks").read_text(encoding="ascii").splitlines()
    return [line.split(maxsplit=1)[1] for line in lines if number in line and f" {os.getpid()} " in line]


def test_where_the_file_can_not_be_closed_to_others_nothing_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.db"
    path.touch(0o644)

    def refuse(path: str, mode: int) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "chmod", refuse)

    async def story(store: Store) -> None:
        say_something(store, b"x")
        assert await kept(store) == []

    (said,) = with_file(path, story)
    assert "not kept" in said
    assert "Operation not permitted" in said


def test_captures_wait_with_their_rows_while_the_file_is_locked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.db"
    monkeypatch.setattr(module, "RETRY", 0.01)

    async def story(store: Store) -> None:
        await store.read(lambda connection: None)
        store._connection.execute("PRAGMA busy_timeout = 0")
        with closing(sqlite3.connect(path)) as other:
            other.execute("BEGIN IMMEDIATE")
            say_something(store, b"one", b"two")
            assert await kept(store) == []
            say_something(store, b"three")
            other.execute("ROLLBACK")
        while await kept(store) != [1, 2, 3]:
            await asyncio.sleep(0)

    said = with_file(path, story)
    assert len(said) == 2
    assert "trying again" in said[0]


def test_what_can_not_be_written_is_said_once_and_rows_go_on(tmp_path: Path) -> None:
    async def story(store: Store) -> None:
        await store.change(lambda connection: connection.execute("DROP TABLE captures_sum"))
        for _ in range(3):
            say_something(store, b"x")
            await store.read(lambda connection: None)
        assert await store.read(lambda connection: count(connection, Where())) == 3

    (said,) = with_file(tmp_path / "a.db", story)
    assert "what is said in requests can't be kept" in said
