"""Who waits, for what and how long; and a word of an operator in it. Ours."""

from __future__ import annotations

import asyncio
import math
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from modelyard.app import hints
from modelyard.app.respond import api_error
from modelyard.app.world import World
from modelyard.core.events import HoldAsked, HoldReleased
from modelyard.core.snapshot import WaitingSnapshot
from modelyard.runtime.clock import Clock
from modelyard.runtime.engine import Engine
from modelyard.wire import errors
from modelyard.wire.errors import HttpError

_NOT_RUNNING = HttpError(409, "the model does not run, so there is nothing to hold")
_NOT_WAITING = HttpError(404, "no such request waits")
_BAD_SECONDS = HttpError(400, "seconds must be a positive number")


class SchedulingRoutes:
    """The routes about waiting and holding."""

    def __init__(self, engine: Engine, world: World, clock: Clock) -> None:
        self._engine = engine
        self._world = world
        self._clock = clock

    def __repr__(self) -> str:
        return f"<SchedulingRoutes over {self._engine!r}>"

    async def queue(self, request: Request) -> Response:
        """`GET /api/queue`: all who wait, in the order in which they will be served. Times are seconds."""
        now = self._clock.now()
        return _json({"queue": [_waiting(waiting, now) for waiting in self._engine.snapshot().queue]})

    async def explain(self, request: Request) -> Response:
        """`GET /api/explain/MODEL`: what a request would meet if it came now, and why. Times are seconds."""
        name = request.path_params["model"]
        model = self._world.config.resolve(name)
        if model is None:
            return api_error(request, hints.for_unknown(errors.MODEL_NOT_FOUND, name, self._world.routes))
        return _json(self._explained(model))

    async def explain_all(self, request: Request) -> Response:
        """`GET /api/explain`: the same of every model; with `?model=ID`, which may come several times, of those."""
        config, wanted = self._world.config, request.query_params.getlist("model")
        models = dict.fromkeys(filter(None, map(config.resolve, wanted))) if wanted else config.models
        told = []
        for model in list(models):
            told.append(self._explained(model))
            await asyncio.sleep(0)  # a thousand of them hold up nobody
        return _json({"models": told})

    def _explained(self, model: str) -> dict[str, Any]:
        found = self._engine.explain(model)
        return {
            "model": model,
            "verdict": found.verdict,
            "sentences": found.sentences,
            "evicts": found.evicts,
            "reason": found.reason,
            "behind": found.behind,
            "endsIn": _from_now(found.until, self._clock.now()),
            "wait": None if found.wait is None else round(found.wait, 3),
        }

    async def cancel(self, request: Request) -> Response:
        """`DELETE /api/queue/ID`: end one request that waits; its client gets an error."""
        number = request.path_params["request"]
        if number not in {waiting.request for waiting in self._engine.snapshot().queue}:
            return api_error(request, _NOT_WAITING)
        self._engine.cancel(number)
        return _json({"msg": "ok"})

    async def hold(self, request: Request) -> Response:
        """`POST /api/models/hold/MODEL?seconds=N`: nobody may take its place, for so long or until it is released."""
        name = request.path_params["model"]
        model = self._world.config.resolve(name)
        if model is None:
            return api_error(request, hints.for_unknown(errors.MODEL_NOT_FOUND, name, self._world.routes))
        seconds = _seconds(request.query_params.get("seconds"))
        if seconds is None:
            return api_error(request, _BAD_SECONDS)
        until = None if math.isinf(seconds) else self._clock.now() + seconds
        self._engine.post(HoldAsked(model, until))
        if not self._engine.snapshot().models[model].held:
            return api_error(request, _NOT_RUNNING)
        return _json({"model": model, "held": True, "seconds": None if until is None else seconds})

    async def release(self, request: Request) -> Response:
        """`DELETE /api/models/hold/MODEL`: others may take its place again, if its `evictable` allows it."""
        name = request.path_params["model"]
        model = self._world.config.resolve(name)
        if model is None:
            return api_error(request, hints.for_unknown(errors.MODEL_NOT_FOUND, name, self._world.routes))
        self._engine.post(HoldReleased(model))
        return _json({"model": model, "held": False, "seconds": None})


def _seconds(text: str | None) -> float | None:
    """A length of time; without end where none is given, None where it is no such thing."""
    if text is None:
        return math.inf
    try:
        seconds = float(text)
    except ValueError:
        return None
    return seconds if 0 < seconds < math.inf else None


def _waiting(waiting: WaitingSnapshot, now: float) -> dict[str, Any]:
    return {
        "id": waiting.request,
        "model": waiting.model,
        "position": waiting.position,
        "caller": waiting.caller,
        "waited": round(now - waiting.since, 3),
        "expectedIn": _from_now(waiting.expected, now),
    }


def _from_now(moment: float | None, now: float) -> float | None:
    return None if moment is None else round(max(0.0, moment - now), 3)


def _json(value: object) -> Response:
    return Response(msgspec.json.encode(value) + b"\n", media_type="application/json")
