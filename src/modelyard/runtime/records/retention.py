"""How long rows stay in a file: by age and by size. What is too old or too much goes, the oldest first."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

LOT = 1000
"""Rows that are removed in one transaction."""
INTERVAL = 60.0
"""Seconds between two looks, while nothing has to go."""


@dataclass(frozen=True, slots=True)
class Retention:
    """What may stay; 0 sets no bound."""

    age: float = 0.0
    """Seconds since a request ended."""
    size: int = 0
    """Bytes of the rows in the file. It does not shrink when rows go: their place is used again."""

    def __bool__(self) -> bool:
        return self.age > 0 or self.size > 0


def remove_some(connection: sqlite3.Connection, retention: Retention, now: float) -> bool:
    """Remove up to `LOT` rows that may not stay, in one transaction; whether more may have to go.

    `now` is in seconds since the epoch. Raises sqlite3.Error.
    """
    gone = 0
    if retention.age > 0:
        gone = _delete(connection, "WHERE ts_created < ? ORDER BY ts_created LIMIT ?", (int(now - retention.age), LOT))
    if not gone and retention.size > 0 and (excess := used_bytes(connection) - retention.size) > 0:
        rows = connection.execute("SELECT COALESCE(SUM(requests), 0) FROM activity_sums").fetchone()[0]
        share = int(rows * excess / (excess + retention.size)) + 1
        gone = _delete(connection, "ORDER BY id LIMIT ?", (min(share, LOT),))
    return gone >= LOT


def used_bytes(connection: sqlite3.Connection) -> int:
    """What is in use of the file: its pages without the free ones."""
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    (free,) = connection.execute("PRAGMA freelist_count").fetchone()
    (size,) = connection.execute("PRAGMA page_size").fetchone()
    return int((pages - free) * size)


def _delete(connection: sqlite3.Connection, which: str, values: tuple[int, ...]) -> int:
    return connection.execute(f"DELETE FROM activity WHERE id IN (SELECT id FROM activity {which})", values).rowcount
