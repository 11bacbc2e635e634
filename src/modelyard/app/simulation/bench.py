"""Where the server has policies compared: one comparison at a time, in a process of its own, on what was recorded."""

from __future__ import annotations

import asyncio
import sqlite3
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

import msgspec

from modelyard.app.api.exports import trace_of
from modelyard.app.records import Records
from modelyard.app.reload import Reloader
from modelyard.app.simulation.outcome import Job, Outcome, Recorded, Simulation
from modelyard.app.simulation.setting import names_of
from modelyard.app.world import World
from modelyard.runtime.program import ProgramError, ask_program
from modelyard.runtime.records import queries
from modelyard.runtime.records.queries import Order, Record, Where

MOST_REQUESTS = 5000
"""Of what was recorded, the newest."""
TIME_LIMIT = 90.0
"""Seconds that one comparison may take."""
_WORKER = [sys.executable, "-m", "modelyard.app.simulation.worker"]


class BusyError(Exception):
    """Another comparison is under way."""


class UnusableError(Exception):
    """Nothing comes of it. The text says why."""


class SimulationBench:
    """Compares policies on recorded traffic, or on a sample."""

    def __init__(
        self, world: World, reloader: Reloader, records: Records, load_times: Callable[[], Mapping[str, float]]
    ) -> None:
        self._world = world
        self._reloader = reloader
        self._records = records
        self._load_times = load_times
        self._turn = asyncio.Lock()

    def __repr__(self) -> str:
        return f"<SimulationBench{' at work' if self._turn.locked() else ''}>"

    async def recorded(self) -> Recorded:
        """What there is to replay. Raises `sqlite3.Error`."""

        def ask(connection: sqlite3.Connection) -> tuple[int, list[Record], list[Record]]:
            every = Where(equal={"model_id": list(self._world.config.models)})
            first, last = (queries.page(connection, every, Order(descending=way), 1, 0) for way in (False, True))
            return queries.count(connection, every), first, last

        number, first, last = await self._records.store.read(ask)
        return Recorded(
            requests=number,
            began=_moment(first[0]) if first else None,
            ended=_moment(last[0]) if last else None,
            most_requests=MOST_REQUESTS,
        )

    async def compare(self, policies: str, *, since: int | None, sample: bool) -> Simulation:
        """Replay what was recorded from `since` on (seconds since the epoch), or a sample.

        Raises `BusyError`, `UnusableError`, `TimeoutError` and `sqlite3.Error`. Whoever is cancelled takes the work
        with him.
        """
        if self._turn.locked():
            raise BusyError
        async with self._turn:
            rows = [] if sample else await self._records.store.read(lambda connection: _rows(connection, since))
            known = names_of(self._world.config)
            kept = [row for row in rows if row["model_id"] in known]
            if not sample and not kept:
                raise UnusableError("no request for any of the models was recorded in that time")
            job = Job(
                texts=tuple((text.name, text.text) for text in self._reloader.texts),
                trace=trace_of(reversed(kept)),
                policies=policies,
                loads={model: seconds for model, seconds in self._load_times().items() if model in known},
            )
            found = await self._work(job)
        return msgspec.structs.replace(found, left_out=len(rows) - len(kept), began=_moment(kept[-1]) if kept else None)

    async def _work(self, job: Job) -> Simulation:
        try:
            answer = await ask_program(_WORKER, msgspec.json.encode(job), limit=TIME_LIMIT)
        except ProgramError as error:
            raise UnusableError(f"the simulation failed: {error}") from error
        outcome = msgspec.json.decode(answer, type=Outcome)
        if outcome.simulation is None:
            raise UnusableError(outcome.error)
        return outcome.simulation


def _rows(connection: sqlite3.Connection, since: int | None) -> list[Record]:
    """The newest first."""
    where = Where() if since is None else Where(least={"ts_created": since})
    return queries.page(connection, where, Order(), MOST_REQUESTS, 0)


def _moment(row: Record) -> str:
    moment = datetime.fromtimestamp(row["ts_created"], tz=UTC)
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")
