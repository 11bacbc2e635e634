"""Loading a model by hand; ours."""

from __future__ import annotations

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from modelyard.app import hints
from modelyard.app.loading import Loader
from modelyard.app.respond import api_error
from modelyard.app.world import World
from modelyard.wire import errors

_NO = frozenset({"0", "false", "no", "off"})


class LoadingRoutes:
    """The route about loading."""

    def __init__(self, loader: Loader, world: World) -> None:
        self._loader = loader
        self._world = world

    def __repr__(self) -> str:
        return f"<LoadingRoutes over {self._loader!r}>"

    async def load(self, request: Request) -> Response:
        """`POST /api/models/load/MODEL`: returns when it is ready; with `?wait=false` as soon as it is asked for.

        It is loaded as for a request, by the same rules and in its turn. A load that has begun goes on when the client
        leaves.
        """
        name = request.path_params["model"]
        model = self._world.config.resolve(name)
        if model is None:
            return api_error(request, hints.for_unknown(errors.MODEL_NOT_FOUND, name, self._world.routes))
        if request.query_params.get("wait", "").lower() in _NO:
            self._loader.begin(model)
            return _json({"model": model, "ready": False}, 202)
        cause = await self._loader.load(model)
        if cause is not None:
            return api_error(request, errors.of_cause(cause))
        return _json({"model": model, "ready": True}, 200)


def _json(value: object, status: int) -> Response:
    return Response(msgspec.json.encode(value) + b"\n", status, media_type="application/json")
