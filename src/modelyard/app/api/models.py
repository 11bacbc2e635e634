"""Models as clients see them: the listing, what runs, and unloading (spec http 9 and 12)."""

from __future__ import annotations

from typing import Any

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from modelyard.app import hints
from modelyard.app.api.guard import caller_of
from modelyard.app.listing import Listing, capability_flags
from modelyard.app.respond import api_error
from modelyard.app.world import World
from modelyard.config.schema import Config, ModelConfig
from modelyard.core.model import Phase
from modelyard.core.snapshot import ModelSnapshot
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
        data = self._listing().records(caller_of(request))
        return _for_origin(request, _json({"object": "list", "data": data}))

    async def one(self, request: Request) -> Response:
        """`GET /v1/models/ID`: one record, listed or not; ours."""
        if not request.path_params["model"]:
            raise HTTPException(404)  # compatible: a slash at the end is no route
        record = self._listing().find(request.path_params["model"], caller_of(request))
        return _for_origin(request, api_error(request, errors.MODEL_NOT_FOUND) if record is None else _json(record))

    def _listing(self) -> Listing:
        world, created = self._world, int(self._clock.wall())
        return Listing(world.config, world.resolution, self._engine.phase_of, created)

    async def running(self, request: Request) -> Response:
        """`GET /running`. `phase` is ours: the truth where the old states have no word."""
        phases = {model: known.phase for model, known in self._engine.snapshot().models.items()}
        running = [
            _running_record(self._world.config.models[model], state, phases[model]) | self._progress(model)
            for model, state in sorted(self._states().items())
            if model in self._world.config.models
        ]
        return _json({"running": running})

    def status(self) -> list[dict[str, Any]]:
        """Every model and where it stands, as `/api/events` tells it (spec http 14). `phase` and `reason` are ours."""
        known = self._engine.snapshot().models
        local = [
            _status_record(model, known.get(model.id)) | self._progress(model.id)
            for model in self._world.config.models.values()
        ]
        return [*local, *_peer_records(self._world.config)]

    def _progress(self, model: str) -> dict[str, float]:
        """How far it has loaded, where that is known; ours."""
        progress = self._engine.load_progress(model)
        return {} if progress is None else {"progress": progress}

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
        name = request.path_params["model"]
        model = self._world.config.resolve(name)
        if model is None:
            return api_error(request, hints.for_unknown(errors.MODEL_NOT_FOUND, name, self._world.routes))
        await self._engine.unload((model,))
        return PlainTextResponse("OK")


def _json(value: object) -> Response:
    return Response(msgspec.json.encode(value) + b"\n", media_type="application/json")


def _for_origin(request: Request, response: Response) -> Response:
    """Compatible: the one route of the API that pages of other origins may read, told by their name."""
    if (origin := request.headers.get("origin")) is not None:
        response.headers["Access-Control-Allow-Origin"] = origin
    return response


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


def _status_record(model: ModelConfig, known: ModelSnapshot | None) -> dict[str, Any]:
    phase = Phase.STOPPED if known is None else known.phase
    record: dict[str, Any] = {
        "id": model.id,
        "name": model.name,
        "description": model.description,
        "state": _OLD_STATES.get(phase, "stopped"),
        "phase": str(phase),
        "reason": "" if known is None else known.reason,
        "unlisted": model.unlisted,
        "peerID": "",
    }
    if model.aliases:
        record["aliases"] = list(model.aliases)
    if flags := capability_flags(model.capabilities):
        record["capabilities"] = flags
    if model.capabilities.context:
        record["context_length"] = model.capabilities.context
    return record


def _peer_records(config: Config) -> list[dict[str, Any]]:
    """The models of peers, of whose state nothing is known."""
    return [
        {"id": f"{peer}/{model}", "name": f"{peer}: {model}", "description": "", "state": "", "phase": ""}
        | {"unlisted": False, "peerID": peer}
        for peer, entry in config.peers.items()
        for model in dict.fromkeys(entry.models)
    ]
