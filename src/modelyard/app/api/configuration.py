"""The configuration as the API shows it; ours."""

from __future__ import annotations

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from modelyard.app.reload import Reloader


class ConfigRoutes:
    """The routes about the configuration."""

    def __init__(self, reloader: Reloader) -> None:
        self._reloader = reloader

    def __repr__(self) -> str:
        return f"<ConfigRoutes over {self._reloader!r}>"

    async def status(self, request: Request) -> Response:
        """`GET /api/config/status`: which configuration serves, and what became of the last reload."""
        return Response(msgspec.json.encode(self._reloader.status) + b"\n", media_type="application/json")
