"""Which key opens which route of the API. What is not listed is for administrators, so a new route is closed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from modelyard.app.auth import Caller, Scope
from modelyard.app.respond import api_error
from modelyard.app.world import World
from modelyard.wire.errors import HttpError

OPEN = frozenset({"/health", "/wol-health", "/", "/ui", "/upstream", "/favicon.ico"})
"""Routes without anything to protect (spec http 5)."""
_SCOPES = {
    "/ui/{path:path}": Scope.ANY,
    "/v1/models": Scope.ANY,
    "/models": Scope.ANY,
    "/v1/models/{model:name}": Scope.ANY,
    "/logs": Scope.LOGS,
    "/logs/stream": Scope.LOGS,
    "/logs/stream/{source:path}": Scope.LOGS,
    "/api/events": Scope.LOGS,
    "/api/inflight": Scope.LOGS,
}
_LOGGED = ("/api/captures", "/api/metrics/activity")
"""What others have said is the log's, too."""

Endpoint = Callable[[Request], Awaitable[Response]]


def guarded(routes: Iterable[Route], world: World) -> list[Route]:
    """The routes, each behind the keys of the configuration that serves."""
    return [route if route.path in OPEN else _behind(route, world) for route in routes]


def scope_of(path: str) -> Scope:
    """What a key must be good for to open a route."""
    return Scope.LOGS if path.startswith(_LOGGED) else _SCOPES.get(path, Scope.ADMIN)


def caller_of(request: Request) -> Caller | None:
    """Who asks; None where nobody needs a key."""
    caller: Caller | None = request.scope.get(_CALLER)
    return caller


_CALLER = "modelyard.caller"


def _behind(route: Route, world: World) -> Route:
    endpoint: Endpoint = route.endpoint
    scope = scope_of(route.path)

    async def admit(request: Request) -> Response:
        if not world.keyring.is_open:
            admitted = world.keyring.admit(dict(reversed(request.headers.raw)), scope)
            if isinstance(admitted, HttpError):
                return api_error(request, admitted)
            request.scope[_CALLER] = admitted.caller
        return await endpoint(request)

    return Route(route.path, admit, methods=list(route.methods or ()))
