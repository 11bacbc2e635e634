"""Logs over HTTP: history, and history followed live (spec http 15)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse

from modelyard.app.respond import api_error
from modelyard.app.world import World
from modelyard.runtime.logs import LogHub, Subscription
from modelyard.wire.errors import HttpError
from modelyard.wire.paths import split_name

BAD_SOURCE = HttpError(400, "invalid logger. Use 'proxy', 'upstream' or a model's ID")
_PLAIN = {"Content-Type": "text/plain"}
"""Given as a media type, it would get a charset, which nobody knows: engines print what they like."""


class LogRoutes:
    """The routes about logs."""

    def __init__(self, logs: LogHub, world: World) -> None:
        self._logs = logs
        self._world = world

    def __repr__(self) -> str:
        return f"<LogRoutes of {self._logs!r}>"

    async def history(self, request: Request) -> Response:
        """`GET /logs`: the combined history; a browser is sent to the UI."""
        if "text/html" in request.headers.get("accept", ""):
            return RedirectResponse("/ui/", status_code=302)
        return Response(self._logs.history("") or b"", headers=_PLAIN)

    async def stream(self, request: Request) -> Response:
        """`GET /logs/stream[/SOURCE]`: until the client leaves. `?no-history` begins with what comes next; `?no-follow`
        (ours) ends with what there is."""
        source = self._source_of(request.path_params.get("source", ""))
        if "no-follow" in request.query_params and source is not None:
            return Response(self._logs.history(source) or b"", headers=_PLAIN)
        subscription = self._logs.subscribe(source) if source is not None else None
        if subscription is None:
            return api_error(request, BAD_SOURCE)
        first = b"" if "no-history" in request.query_params else self._logs.history(source or "") or b""
        return StreamingResponse(
            _follow(subscription, first),
            headers={**_PLAIN, "X-Content-Type-Options": "nosniff", "X-Accel-Buffering": "no"},
        )

    def _source_of(self, name: str) -> str | None:
        """The longest beginning that is a local model's name counts, as below `/upstream/` (spec http 10)."""
        if name in ("", "proxy", "upstream"):
            return name
        config = self._world.config
        named = split_name(quote(name).encode(), lambda start: config.resolve(start) is not None)
        return None if named is None else config.resolve(named.name)


async def _follow(subscription: Subscription, first: bytes) -> AsyncIterator[bytes]:
    try:
        yield first
        while data := await subscription.read():
            yield data
    finally:
        subscription.close()
