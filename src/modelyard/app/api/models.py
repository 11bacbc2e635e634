"""Models as clients see them: the listing, what runs, and unloading (spec http 9 and 12)."""

from __future__ import annotations

from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from modelyard.app.respond import api_error
from modelyard.app.world import World
from modelyard.config.schema import ModelConfig
from modelyard.core.model import Phase
from modelyard.runtime.clock import Clock
from modelyard.runtime.engine import Engine
from modelyard.wire import errors

_OLD_STATES = {
    Phase.STARTING: "starting",
    Phase.WAKING: "starting",
    Phase.READY: "ready",
    Phase.STOPPING: "stopping",
    Phase.FALLING_ASLEEP: "stopping",
}
"""How phases show on the wires that llama-swap's clients read (DESIGN section 7); others count as stopped."""


class ModelRoutes:
    """The routes about models."""

    def __init__(self, engine: Engine, world: World, clock: Clock) -> None:
        self._engine = engine
        self._world = world
        self._clock = clock

    def __repr__(self) -> str:
        return f"<ModelRoutes over {self._world!r}>"

    async def listing(self, request: Request) -> Response:
        """`GET /v1/models`."""
        created = int(self._clock.wall())
        states = self._states()
        data = [
            _record(model, created, loaded=model.id in states)
            for model in self._world.config.models.values()
            if not model.unlisted
        ]
        data.sort(key=lambda record: record["id"])
        response = _json({"object": "list", "data": data})
        if (origin := request.headers.get("origin")) is not None:
            response.headers["Access-Control-Allow-Origin"] = origin
        return response

    async def running(self, request: Request) -> Response:
        """`GET /running`. `phase` is ours: the truth where the old states have no word."""
        phases = {model: known.phase for model, known in self._engine.snapshot().models.items()}
        running = [
            _running_record(self._world.config.models[model], state, phases[model])
            for model, state in sorted(self._states().items())
            if model in self._world.config.models
        ]
        return _json({"running": running})

    def status(self) -> list[dict[str, Any]]:
        """Every model and where it stands, as `/api/events` tells it (spec http 14). `phase` is ours."""
        known = self._engine.snapshot().models
        phases = {model: known[model].phase if model in known else Phase.STOPPED for model in self._world.config.models}
        return [_status_record(model, phases[model.id]) for model in self._world.config.models.values()]

    def _states(self) -> dict[str, str]:
        """The old state of every model that is not stopped."""
        return {
            model: _OLD_STATES[known.phase]
            for model, known in self._engine.snapshot().models.items()
            if known.phase in _OLD_STATES
        }

    async def unload_all(self, request: Request) -> Response:
        """`POST /api/models/unload`: returns when every process is gone."""
        await self._engine.unload()
        return _json({"msg": "ok"})

    async def unload_all_as_text(self, request: Request) -> Response:
        """`GET /unload`."""
        await self._engine.unload()
        return PlainTextResponse("OK")

    async def unload_one(self, request: Request) -> Response:
        """`POST /api/models/unload/MODEL`: an id or an alias, also of a model that does not run."""
        model = self._world.config.resolve(request.path_params["model"])
        if model is None:
            return api_error(request, errors.MODEL_NOT_FOUND)
        await self._engine.unload((model,))
        return PlainTextResponse("OK")


def _json(value: object) -> Response:
    return Response(msgspec.json.encode(value) + b"\n", media_type="application/json")


def _record(model: ModelConfig, created: int, *, loaded: bool) -> dict[str, Any]:
    record: dict[str, Any] = {"id": model.id, "object": "model", "created": created, "owned_by": "modelyard"}
    if model.name.strip():
        record["name"] = model.name.strip()
    if model.description.strip():
        record["description"] = model.description.strip()
    internal: dict[str, Any] = {"type": "model"}
    if model.aliases:
        internal["aliases"] = list(model.aliases)
    record["meta"] = {"llamaswap": internal}
    record["status"] = {"value": "loaded" if loaded else "unloaded"}
    return record


def _running_record(model: ModelConfig, state: str, phase: Phase) -> dict[str, Any]:
    return {
        "model": model.id,
        "state": state,
        "phase": str(phase),
        "cmd": model.cmd,
        "proxy": model.proxy,
        "ttl": model.ttl,
        "name": model.name,
        "description": model.description,
    }


def _status_record(model: ModelConfig, phase: Phase) -> dict[str, Any]:
    record: dict[str, Any] = {
        "id": model.id,
        "name": model.name,
        "description": model.description,
        "state": _OLD_STATES.get(phase, "stopped"),
        "phase": str(phase),
        "unlisted": model.unlisted,
        "peerID": "",
    }
    if model.aliases:
        record["aliases"] = list(model.aliases)
    return record
