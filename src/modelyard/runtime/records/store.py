"""Rows on their way to the database: the loop hands them over and never waits; one thread writes them.

In memory nothing is made of a row before somebody asks: most are pushed out by newer ones unseen. In a file rows are
gathered for `GATHER` seconds and written in batches of at most `BATCH`, each in one transaction; whoever
asks for rows is answered after everything before the question is written. Where writing fails it is tried again; what
does not fit while it fails, or while the disk stands still, is dropped and counted, and the log says so.

Captures go into a file after their rows, where that is wanted, within a bound of their own.
"""

from __future__ import annotations

import asyncio
import queue
import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import TypeVar

from modelyard.runtime.clock import SystemClock
from modelyard.runtime.records.captures import RawCapture
from modelyard.runtime.records.keeping import WaitingCaptures, kept_bytes, make_private, write_captures
from modelyard.runtime.records.retention import INTERVAL, Retention, remove_some
from modelyard.runtime.records.row import COLUMNS, Pending, Row, values_of
from modelyard.runtime.records.schema import connect, connect_to_read

IN_MEMORY = ":memory:"
GATHER = 0.2
"""Seconds that rows may wait for others before they are written."""
BATCH = 1000
"""Rows of one transaction."""
MAX_WAITING = 50_000
"""Rows that may wait while nothing can be written."""
WAITING_CAPTURES = 8 << 20
"""Bytes of captures, as they came, that may always wait, however few the file keeps compressed."""
RETRY = 1.0
"""Seconds to the next attempt after one that failed."""
CLOSING = 5.0
"""Seconds that the end may wait for the last rows."""
_TOGETHER = 200
"""Rows of one statement: the interpreter is free for others while the database takes them."""
_NAMES = ", ".join(COLUMNS)
_PLACES = f"({', '.join('?' * len(COLUMNS))})"
_INSERT_ONE = f"INSERT INTO activity ({_NAMES}) VALUES {_PLACES}"
_INSERT_MANY = f"INSERT INTO activity ({_NAMES}) VALUES {', '.join([_PLACES] * _TOGETHER)}"
_TRIM = "DELETE FROM activity WHERE id <= (SELECT id FROM activity ORDER BY id DESC LIMIT 1 OFFSET ?)"
_FOR_EVER = Retention()
T = TypeVar("T")
Job = Callable[[], None]


class Store:
    """A database of rows, and the thread that writes to it."""

    def __init__(
        self,
        path: str,
        *,
        keep: int,
        say: Callable[[str], None],
        retention: Retention = _FOR_EVER,
        captures: int = 0,
        wall: Callable[[], float] = SystemClock.wall,
    ) -> None:
        """`path` is a file, or `IN_MEMORY`. `keep`: how many of the newest rows stay; 0: all of them.

        `retention` bounds a file by age and size; `wall` tells the seconds since the epoch. `say` gets what people
        should know; it is called from any thread. `captures`: as `keep_captures` takes it.
        Raises sqlite3.Error and `TooNewError`.
        """
        self.path = path
        self.keep = keep
        self._retention = retention
        self._wall = wall
        self._look_at = 0.0
        """When to look next for rows that may not stay; 0: at once."""
        self.dropped = 0
        """Rows that were lost because they could not be written."""
        self.changes = 0
        """Rises with everything that changes what is stored."""
        self._say = say
        self._captures = WaitingCaptures()
        self._capture_limit = self._possible(captures)
        self._limit_applies = False
        """Whether the file was brought below the limit."""
        self._captures_fail = False
        self._connection = connect(path)
        self.last_id = _last_id(self._connection)
        self._rows: deque[Row | Pending] = deque()
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._noted = False
        self._failing = False
        self._told_of_drops = 0
        self._closing = False
        self._thread = threading.Thread(target=self._work, name="records", daemon=True)
        self._thread.start()
        if not self.is_in_memory:
            self._jobs.put(None)  # for the limit

    def __repr__(self) -> str:
        return f"<Store {self.path} waiting={len(self._rows)} dropped={self.dropped}>"

    # ---------------------------------------------------------------- from the loop

    @property
    def is_in_memory(self) -> bool:
        """Whether nothing of it outlives the process."""
        return self.path == IN_MEMORY

    def next_id(self) -> int:
        """The id of the next row: never one that was used before."""
        self.last_id += 1
        return self.last_id

    def add_all(self, rows: Sequence[Row | Pending]) -> None:
        """Keep rows, which may have to be made. Never waits; if nothing can be written for long, they are dropped."""
        waiting = self._rows
        if self.path == IN_MEMORY:
            waiting.extend(rows)
            if len(waiting) > self.keep > 0:
                self._drop_oldest(len(waiting) - self.keep)
            return
        room = MAX_WAITING - len(waiting)
        if room < len(rows):
            if self.dropped == self._told_of_drops:
                self._say(f"{self.path} can't be written fast enough: records of requests are being dropped")
            self.dropped += len(rows) - max(room, 0)
            rows = rows[: max(room, 0)]
        if len(waiting) >= BATCH:  # they may wait for long, and what they are made from is larger
            rows = [row if isinstance(row, Row) else row.row() for row in rows]
        waiting.extend(rows)
        if not self._noted:
            self._noted = True
            self._jobs.put(None)

    def _drop_oldest(self, number: int) -> None:
        """Newer ones push them out."""
        drop = self._rows.popleft
        try:
            for _ in range(number):
                drop()
        except IndexError:
            pass  # the thread was quicker

    def retain(self, retention: Retention) -> None:
        """From now on rows stay for so long."""
        if retention != self._retention:
            self._retention = retention
            self._look_at = 0.0
            self._jobs.put(None)

    @property
    def keeps_captures(self) -> bool:
        """Whether captures outlive the process."""
        return self._capture_limit > 0

    def keep_captures(self, limit: int) -> None:
        """From now on the file keeps so many bytes of captures; 0: none, those that are there go, too."""
        if limit != self._capture_limit and not self.is_in_memory:
            self._capture_limit = self._possible(limit)
            self._limit_applies = False
            self._jobs.put(None)

    def add_captures(self, captures: Sequence[RawCapture]) -> None:
        """Keep what was said in requests whose rows were added before. Never waits; the oldest that wait may go."""
        if not self.keeps_captures:
            return
        for capture in captures:
            self._captures.put(capture, max(self._capture_limit, WAITING_CAPTURES))
        if not self._noted:
            self._noted = True
            self._jobs.put(None)

    def _possible(self, limit: int) -> int:
        """The limit; 0 where the file can't be closed to others, which is said."""
        if limit <= 0 or self.is_in_memory:
            return 0
        try:
            make_private(self.path)
        except OSError as error:
            self._say(f"what is said in requests is not kept in {self.path}, as others could read it: {error}")
            return 0
        return limit

    async def read(self, question: Callable[[sqlite3.Connection], T]) -> T:
        """Ask, of everything that was added before. A file is read beside the writer."""
        if self.is_in_memory:
            return await self._in_writer(lambda: question(self._connection))
        await self._in_writer(lambda: None)
        return await asyncio.to_thread(self._ask_file, question)

    async def change(self, order: Callable[[sqlite3.Connection], T]) -> T:
        """Change what is stored, in the writer's turn."""
        return await self._in_writer(lambda: self._change(order))

    def close(self) -> None:
        """Write what is waiting, as far as that goes within `CLOSING` seconds."""
        self._closing = True
        if self.is_in_memory:
            self._rows.clear()
        self._jobs.put(None)
        self._thread.join(CLOSING)
        left = len(self._rows)
        if left:
            self._say(f"{left} records of requests were not written to {self.path}")

    async def _in_writer(self, work: Callable[[], T]) -> T:
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[T] = loop.create_future()

        def job() -> None:
            try:
                result = work()
            except Exception as error:  # it is the caller's
                _tell(loop, _fail, answer, error)
            else:
                _tell(loop, _succeed, answer, result)

        self._jobs.put(job)
        return await answer

    # ---------------------------------------------------------------- in the thread

    def _work(self) -> None:
        try:
            while not self._closing or self._rows or self._captures:
                self._turn()
                if self._closing and self._failing:
                    return
        finally:
            self._connection.close()

    def _turn(self) -> None:
        """Wait for something to do, gather a little of it, do it."""
        jobs = [self._wait(RETRY if self._failing else self._until_look())]
        if jobs == [None] and not self._failing and not self._closing:
            jobs.append(self._wait(GATHER))
        self._noted = False
        captures = self._captures.take()  # before the rows: so theirs are among those
        self._write_all()
        self._write_captures(captures)
        self._remove()
        for job in jobs:
            if job is not None:
                job()

    def _wait(self, seconds: float | None) -> Job | None:
        try:
            return self._jobs.get(timeout=seconds)
        except queue.Empty:
            return None

    def _write_all(self) -> None:
        """Write what is waiting now; what comes meanwhile is gathered first."""
        for _ in range(0, len(self._rows), BATCH):
            batch = self._next_batch()
            try:
                self._write(batch)
            except sqlite3.Error as error:
                self._rows.extendleft(reversed(batch))
                if not self._failing:
                    self._failing = True
                    self._say(f"records of requests can't be written to {self.path}: {error}; trying again")
                return
            self.changes += 1
            if self._failing:
                self._failing = False
                self._say(f"records of requests are written to {self.path} again")
        if lost := self.dropped - self._told_of_drops:
            self._told_of_drops = self.dropped
            self._say(f"{lost} records of requests were dropped while {self.path} could not be written")

    def _write_captures(self, captures: list[RawCapture]) -> None:
        """Write them, and have the limit hold; those that can't be written are dropped."""
        if self._failing:
            self._captures.put_back(captures)
            return
        try:
            if not self._limit_applies:
                self._limit_applies = True  # first: another limit may come meanwhile
                self._apply_limit(self._capture_limit)
            if captures and self.keeps_captures:
                write_captures(self._connection, captures, self._capture_limit)
                self._captures_fail = False
        except Exception as error:  # also a bug of ours must not end the thread
            self._limit_applies = False
            if not self._captures_fail:
                self._captures_fail = True
                self._say(f"what is said in requests can't be kept in {self.path}: {error}")

    def _apply_limit(self, limit: int) -> None:
        kept = kept_bytes(self._connection)
        if kept or limit:
            # What is deleted is to be gone, not only free: else it could still be read in the file.
            self._connection.execute("PRAGMA secure_delete = ON")
        if kept > limit:
            write_captures(self._connection, [], limit)

    def _until_look(self) -> float | None:
        return max(0.0, self._look_at - self._wall()) if self._retention else None

    def _remove(self) -> None:
        """Some of the rows that may not stay, if it is time; the others in the next turns, after what is waiting."""
        now = self._wall()
        if not self._retention or now < self._look_at or self._failing or self._closing:
            return
        try:
            self._look_at = now if remove_some(self._connection, self._retention, now) else now + INTERVAL
        except sqlite3.Error as error:
            self._look_at = now + INTERVAL
            self._say(f"old records of requests can't be removed from {self.path}: {error}")

    def _next_batch(self) -> list[Row]:
        taken: list[Row | Pending] = []
        try:
            while len(taken) < BATCH:
                taken.append(self._rows.popleft())
        except IndexError:
            pass  # that was all
        return [row for row in map(self._made, taken) if row is not None]

    def _made(self, pending: Row | Pending) -> Row | None:
        try:
            return pending if isinstance(pending, Row) else pending.row()
        except Exception as error:  # a bug of ours must not end the thread
            self._say(f"a record of a request could not be made: {error!r}")
            return None

    def _write(self, batch: list[Row]) -> None:
        values = [values_of(row) for row in batch]
        connection = self._connection
        connection.execute("BEGIN IMMEDIATE")
        try:
            whole = len(values) - len(values) % _TOGETHER
            for at in range(0, whole, _TOGETHER):
                connection.execute(_INSERT_MANY, [value for row in values[at : at + _TOGETHER] for value in row])
            connection.executemany(_INSERT_ONE, values[whole:])
            if self.keep > 0:
                connection.execute(_TRIM, (self.keep,))
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise

    def _change(self, order: Callable[[sqlite3.Connection], T]) -> T:
        self.changes += 1
        return order(self._connection)

    def _ask_file(self, question: Callable[[sqlite3.Connection], T]) -> T:
        connection = connect_to_read(self.path)
        try:
            return question(connection)
        finally:
            connection.close()


def _last_id(connection: sqlite3.Connection) -> int:
    """The highest id that was ever used."""
    highest = connection.execute(
        "SELECT MAX(COALESCE((SELECT seq FROM sqlite_sequence WHERE name = 'activity'), 0),"
        " COALESCE((SELECT MAX(id) FROM activity), 0))"
    ).fetchone()[0]
    assert isinstance(highest, int)
    return highest


def _tell(loop: asyncio.AbstractEventLoop, call: Callable[..., None], *arguments: object) -> None:
    try:
        loop.call_soon_threadsafe(call, *arguments)
    except RuntimeError:
        """The loop is closed: nobody waits any more."""


def _succeed(answer: asyncio.Future[T], result: T) -> None:
    if not answer.done():
        answer.set_result(result)


def _fail(answer: asyncio.Future[T], error: Exception) -> None:
    if not answer.done():
        answer.set_exception(error)
