"""Where requests are recorded, as the configuration has it, across reloads."""

from __future__ import annotations

import asyncio
import sqlite3
import sys
from collections.abc import Callable
from typing import TypeVar

from modelyard.config.schema import Config
from modelyard.runtime.logs import DaemonLog
from modelyard.runtime.records import queries
from modelyard.runtime.records.captures import Capture, CaptureBuffer, unpack
from modelyard.runtime.records.retention import Retention
from modelyard.runtime.records.schema import TooNewError
from modelyard.runtime.records.store import IN_MEMORY, Store
from modelyard.runtime.tasks import TaskOwner

DEFAULT_ROWS = 1000
"""Rows that are kept in memory where the configuration says nothing of use (spec http 17.4)."""
SWITCH = 0.0005
"""Seconds for which the thread that makes rows may hold up the loop at a time: the usual 5 ms would be seen."""
_MEGABYTE = 1 << 20
_HIGHEST_ID = (1 << 63) - 1
_DAY = 86_400.0
T = TypeVar("T")


class Records:
    """The store and the captures. Both survive a reload; another `store.path` begins another store."""

    def __init__(self, config: Config, *, tasks: TaskOwner, log: DaemonLog) -> None:
        self._tasks = tasks
        self._log = log
        self.store = self._open(config) or self._open_in_memory(config)
        self.captures = CaptureBuffer(_capture_limit_of(config))
        self.settle: Callable[[], None] = lambda: None
        """Has all that has ended put in here. Called before anything is asked."""

    def __repr__(self) -> str:
        return f"<Records {self.store!r} {self.captures!r}>"

    def adopt(self, config: Config) -> None:
        """Keep records as another configuration says. A file that can't be used changes nothing: the log says so."""
        self.captures.resize(_capture_limit_of(config))
        path, rows = _path_of(config), _rows_of(config)
        if path == self.store.path:
            self.store.keep = rows
            self.store.retain(_retention_of(config))
            self.store.keep_captures(_kept_captures_of(config))
        elif (store := self._open(config)) is not None:
            old, self.store = self.store, store
            self.captures = CaptureBuffer(_capture_limit_of(config))  # the old ones are of other rows
            self._tasks.spawn(asyncio.to_thread(old.close), name="closing the old records")

    async def read(self, question: Callable[[sqlite3.Connection], T]) -> T:
        """Ask, of every request that has ended. Raises sqlite3.Error."""
        self.settle()
        return await self.store.read(question)

    async def change(self, order: Callable[[sqlite3.Connection], T]) -> T:
        """Change what is stored. Raises sqlite3.Error."""
        self.settle()
        return await self.store.change(order)

    async def capture(self, number: int) -> Capture | None:
        """What was said in the request of a row; None where it was never kept, or is gone. Raises sqlite3.Error."""
        self.settle()
        if (capture := self.captures.get(number)) is not None:
            return capture
        if not self.store.keeps_captures or not 0 < number <= _HIGHEST_ID:
            return None

        def ask(connection: sqlite3.Connection) -> Capture | None:
            packed = queries.packed_capture(connection, number)
            return None if packed is None else unpack(packed)

        return await self.store.read(ask)

    def close(self) -> None:
        """Write what is waiting."""
        self.store.close()

    def _open(self, config: Config) -> Store | None:
        path = _path_of(config)
        if path != IN_MEMORY:
            sys.setswitchinterval(SWITCH)
        try:
            return Store(
                path,
                keep=_rows_of(config),
                say=self._sayer(),
                retention=_retention_of(config),
                captures=_kept_captures_of(config),
            )
        except (sqlite3.Error, TooNewError) as error:
            self._log.error(f"store.path: {path} can't be used for the record of requests: {error}")
            return None

    def _open_in_memory(self, config: Config) -> Store:
        self._log.warn("the record of requests is kept in memory, and ends with this process")
        return Store(IN_MEMORY, keep=max(config.metrics_max_in_memory, DEFAULT_ROWS), say=self._sayer())

    def _sayer(self) -> Callable[[str], None]:
        """Says things in the log, from any thread."""
        loop = asyncio.get_running_loop()

        def say(text: str) -> None:
            try:
                loop.call_soon_threadsafe(self._log.warn, text)
            except RuntimeError:
                """The loop is closed, and the log with it."""

        return say


def _path_of(config: Config) -> str:
    return IN_MEMORY if config.store is None else config.store.path


def _rows_of(config: Config) -> int:
    """A file keeps all."""
    if config.store is not None:
        return 0
    return config.metrics_max_in_memory if config.metrics_max_in_memory > 0 else DEFAULT_ROWS


def _retention_of(config: Config) -> Retention:
    if config.store is None:
        return Retention()
    return Retention(age=config.store.keep_days * _DAY, size=config.store.keep_megabytes * 1_000_000)


def _capture_limit_of(config: Config) -> int:
    return max(config.capture_buffer, 0) * _MEGABYTE


def _kept_captures_of(config: Config) -> int:
    """Bytes of captures that the file keeps: of what the file may use in all they get half at most."""
    store = config.store
    if store is None or not store.captures:
        return 0
    limit = _capture_limit_of(config)
    return min(limit, store.keep_megabytes * 500_000) if store.keep_megabytes else limit
