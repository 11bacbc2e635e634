"""The requests in flight: which there are, and ending one (spec http 16)."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from modelyard.app.inflight import InFlight
from modelyard.app.respond import api_error, api_json
from modelyard.wire.errors import HttpError

_NOT_FOUND = HttpError(404, "inflight request not found")


class InFlightRoutes:
    """The routes about requests in flight."""

    def __init__(self, inflight: InFlight) -> None:
        self._inflight = inflight

    def __repr__(self) -> str:
        return f"<InFlightRoutes over {self._inflight!r}>"

    async def listing(self, request: Request) -> Response:
        """`GET /api/inflight`; ours, for scripts that do not follow the events."""
        return api_json({"requests": self._inflight.requests()})

    async def cancel(self, request: Request) -> Response:
        """`POST /api/inflight/ID/cancel`."""
        number = request.path_params["id"]
        if not number.isascii() or not number.isdigit() or not self._inflight.cancel(int(number)):
            return api_error(request, _NOT_FOUND)
        return api_json({"msg": "ok"})
