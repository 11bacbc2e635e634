"""Everything that is the case in one answer, for people and the command line; ours."""

from __future__ import annotations

from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from modelyard import __version__
from modelyard.app.reload import Reloader
from modelyard.app.world import World
from modelyard.core.snapshot import ModelSnapshot
from modelyard.runtime.clock import Clock
from modelyard.runtime.engine import Engine


class StatusRoutes:
    """The route about the whole."""

    def __init__(self, engine: Engine, world: World, reloader: Reloader, clock: Clock) -> None:
        self._engine = engine
        self._world = world
        self._reloader = reloader
        self._clock = clock
        self._began = clock.now()

    def __repr__(self) -> str:
        return f"<StatusRoutes over {self._engine!r}>"

    async def status(self, request: Request) -> Response:
        """`GET /api/status`. Times are seconds."""
        now = self._clock.now()
        snapshot = self._engine.snapshot()
        status = {
            "version": __version__,
            "uptime": round(now - self._began, 3),
            "router": snapshot.planner,
            "shuttingDown": snapshot.shutting_down,
            "waiting": len(snapshot.queue),
            "config": {"sources": self._reloader.status.sources, "error": self._reloader.status.error},
            "models": [self._model(model, now) for model in snapshot.models.values()],
        }
        return Response(msgspec.json.encode(status) + b"\n", media_type="application/json")

    def _model(self, model: ModelSnapshot, now: float) -> dict[str, Any]:
        config = self._world.config.models.get(model.model)
        return {
            "model": model.model,
            "phase": str(model.phase),
            "since": round(now - model.since, 3),
            "reason": model.reason,
            "progress": self._engine.load_progress(model.model),
            "inFlight": len(model.in_flight),
            "waiting": model.waiting,
            "held": model.held,
            "failures": model.failures,
            "failure": model.failure,
            "retryIn": None if model.retry_at is None else round(max(0.0, model.retry_at - now), 3),
            "proxy": config.proxy if config is not None else "",
            "ttl": config.ttl if config is not None else 0,
        }
