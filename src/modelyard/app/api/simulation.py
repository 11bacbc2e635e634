"""What other policies would have made of the traffic. Ours."""

from __future__ import annotations

import sqlite3

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from modelyard.app.respond import api_error, api_json
from modelyard.app.simulation.bench import BusyError, SimulationBench, UnusableError
from modelyard.runtime.clock import Clock
from modelyard.wire.errors import HttpError

_BUSY = HttpError(429, "another simulation is under way; one at a time", retry_after=5)
_TOO_LONG = HttpError(504, "the simulation took too long: choose less traffic")
_TROUBLE = HttpError(503, "the record of requests can't be read now")
MOST_POLICIES = 4


class Asked(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Which policies, as `modelyard simulate --compare` names them, on what was recorded in the last so many seconds
    (all where it is not said), or on a sample."""

    policies: tuple[str, ...]
    last_seconds: float | None = None
    sample: bool = False


class SimulationRoutes:
    """The routes about simulations."""

    def __init__(self, bench: SimulationBench, clock: Clock) -> None:
        self._bench = bench
        self._clock = clock

    def __repr__(self) -> str:
        return f"<SimulationRoutes over {self._bench!r}>"

    async def recorded(self, request: Request) -> Response:
        """`GET /api/simulate`: what there is to replay."""
        try:
            return api_json(await self._bench.recorded())
        except sqlite3.Error:
            return api_error(request, _TROUBLE)

    async def compare(self, request: Request) -> Response:
        """`POST /api/simulate`: replay it under other policies. A client that leaves ends the work."""
        try:
            asked = msgspec.json.decode(await request.body(), type=Asked)
        except msgspec.MsgspecError as error:
            return api_error(request, HttpError(400, f"invalid request: {error}"))
        if not 1 <= len(asked.policies) <= MOST_POLICIES:
            return api_error(request, HttpError(400, f"policies: name one to {MOST_POLICIES}"))
        since = None if asked.last_seconds is None else int(self._clock.wall() - asked.last_seconds)
        try:
            found = await self._bench.compare(",".join(asked.policies), since=since, sample=asked.sample)
        except BusyError:
            return api_error(request, _BUSY)
        except UnusableError as error:
            return api_error(request, HttpError(422, str(error)))
        except TimeoutError:
            return api_error(request, _TOO_LONG)
        except sqlite3.Error:
            return api_error(request, _TROUBLE)
        return api_json(found)
