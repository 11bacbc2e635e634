"""What was said in requests, in the file of records: for its owner alone, within a bound, and gone when it goes."""

from __future__ import annotations

import os
import sqlite3
import stat
from collections import deque
from collections.abc import Sequence
from contextlib import suppress

from modelyard.runtime.records.captures import OVERHEAD, RawCapture

_BESIDE = ("-wal", "-shm")
"""What the names of SQLite's own files beside a database end in."""
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_INSERT = "INSERT INTO captures (id, packed) SELECT ?1, ?2 WHERE EXISTS (SELECT 1 FROM activity WHERE id = ?1)"


class WaitingCaptures:
    """Captures on their way from the loop to the thread that writes; neither waits for the other."""

    def __init__(self) -> None:
        self._waiting: deque[RawCapture] = deque()
        self._put = 0
        """Bytes that the loop has put in, without what it dropped."""
        self._taken = 0
        """Bytes that the thread has taken out."""

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, capture: RawCapture, limit: int) -> None:
        """Add one. Where more than `limit` bytes wait, the oldest are dropped. For the loop."""
        self._waiting.append(capture)
        self._put += _size(capture)
        while self._put - self._taken > limit:
            try:
                self._put -= _size(self._waiting.popleft())
            except IndexError:
                return  # the thread was quicker, and is about to count what it has

    def take(self) -> list[RawCapture]:
        """All of them. For the thread."""
        taken: list[RawCapture] = []
        try:
            while True:
                taken.append(self._waiting.popleft())
                self._taken += _size(taken[-1])
        except IndexError:
            return taken

    def put_back(self, captures: Sequence[RawCapture]) -> None:
        """Those that could not be written yet. For the thread."""
        self._taken -= sum(map(_size, captures))
        self._waiting.extendleft(reversed(captures))


def make_private(path: str) -> None:
    """Let nobody but its owner read the database; one that is not there is made, empty. Raises OSError."""
    path = os.path.realpath(path)  # SQLite's own files are beside that
    # One that is there must not be opened: closing it again would end the locks that SQLite holds on it.
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    _close_to_others(path)
    for suffix in _BESIDE:
        with suppress(FileNotFoundError):
            _close_to_others(path + suffix)


def kept_bytes(connection: sqlite3.Connection) -> int:
    """What all captures in the file take."""
    number = connection.execute("SELECT bytes FROM captures_sum").fetchone()[0]
    assert isinstance(number, int)
    return number


def write_captures(connection: sqlite3.Connection, captures: Sequence[RawCapture], limit: int) -> None:
    """Add captures, without their secrets, and remove the oldest beyond `limit` bytes, in one transaction.

    Those whose row is not there (any more), and those that are larger than all room, are left out.
    Raises sqlite3.Error.
    """
    packed = [(capture.id, capture.packed()) for capture in captures]
    packed = [one for one in packed if len(one[1]) <= limit]
    connection.execute("BEGIN IMMEDIATE")
    try:
        connection.executemany(_INSERT, packed)
        _trim(connection, limit)
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _trim(connection: sqlite3.Connection, limit: int) -> None:
    excess = kept_bytes(connection) - limit
    if excess <= 0:
        return
    last = 0
    for row, size in connection.execute("SELECT id, LENGTH(packed) FROM captures ORDER BY id"):
        last = row
        excess -= size
        if excess <= 0:
            break
    connection.execute("DELETE FROM captures WHERE id <= ?", (last,))


def _close_to_others(path: str) -> None:
    mode = stat.S_IMODE(os.stat(path).st_mode)
    if mode & _OTHERS:
        os.chmod(path, mode & ~_OTHERS)


def _size(capture: RawCapture) -> int:
    return capture.weight + OVERHEAD
