"""The routes of the API and how it answers what it does not know (spec http 2)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.convertors import PathConvertor, register_url_convertor
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Match, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from modelyard.app.api.activity import ActivityRoutes
from modelyard.app.api.captures import CaptureRoutes
from modelyard.app.api.configuration import ConfigRoutes
from modelyard.app.api.events import CONFIG_STATUS, MODEL_STATUS, PROFILE_CHANGED, EventRoutes
from modelyard.app.api.guard import guarded
from modelyard.app.api.inflight import InFlightRoutes
from modelyard.app.api.loading import LoadingRoutes
from modelyard.app.api.logs import LogRoutes
from modelyard.app.api.models import ModelRoutes
from modelyard.app.api.monitoring import MonitoringRoutes
from modelyard.app.api.profiles import ProfileRoutes
from modelyard.app.api.scheduling import SchedulingRoutes
from modelyard.app.api.simulation import SimulationRoutes
from modelyard.app.api.status import StatusRoutes
from modelyard.app.editing import Editor
from modelyard.app.inflight import INFLIGHT, InFlight
from modelyard.app.loading import Loader
from modelyard.app.monitoring import Monitoring
from modelyard.app.records import Records
from modelyard.app.reload import Reloader
from modelyard.app.respond import api_redirect
from modelyard.app.simulation.bench import SimulationBench
from modelyard.app.ui.assets import Assets
from modelyard.app.ui.routes import UiRoutes
from modelyard.app.world import World
from modelyard.runtime.engine import Engine
from modelyard.runtime.feed import Feed
from modelyard.runtime.logs import LogHub


class _Name(PathConvertor):
    """A model's name: with slashes in it, as it may be, and not empty."""

    regex = ".+"


register_url_convertor("name", _Name())

_TOKEN = re.compile(r"^[!#$%&'*+.^_`|~0-9A-Za-z-]+$")
_DEFAULT_HEADERS = "Content-Type, Authorization, Accept, X-Requested-With"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What the API shows and steers."""

    engine: Engine
    world: World
    logs: LogHub
    reloader: Reloader
    editor: Editor
    feed: Feed
    inflight: InFlight
    loader: Loader
    records: Records
    monitoring: Monitoring


def build_api(parts: Parts) -> Starlette:
    """The application. What it can tell live it adds to the feed."""
    engine, world, logs, feed, clock = parts.engine, parts.world, parts.logs, parts.feed, parts.engine.clock
    reloader, inflight, loader, records = parts.reloader, parts.inflight, parts.loader, parts.records
    models = ModelRoutes(engine, world, clock)
    ui = UiRoutes(engine, world, Assets())
    log_routes = LogRoutes(logs, world)
    scheduling = SchedulingRoutes(engine, world, clock)
    profiles = ProfileRoutes(world, feed, logs.daemon)
    running = InFlightRoutes(inflight)
    activity = ActivityRoutes(records, clock)
    captures = CaptureRoutes(records)
    figures = MonitoringRoutes(parts.monitoring)
    config = ConfigRoutes(world, reloader, parts.editor)
    simulation = SimulationRoutes(SimulationBench(world, reloader, records, engine.load_times), clock)
    feed.add(MODEL_STATUS, models.status)
    feed.add("uiConfig", lambda: {"activity": {"session_id": world.config.ui.activity.session_id}})
    feed.add(PROFILE_CHANGED, profiles.active)
    feed.add(INFLIGHT, inflight.snapshot)
    feed.add(CONFIG_STATUS, lambda: reloader.status)
    routes = [
        Route("/health", _health, methods=["GET"]),
        Route("/wol-health", _health, methods=["GET"]),
        Route("/", _to_ui, methods=["GET"]),
        Route("/ui", ui.enter, methods=["GET"]),
        Route("/ui/{path:path}", ui.page, methods=["GET"]),
        Route("/upstream", _to_ui_models, methods=["GET"]),
        Route("/v1/models", models.listing, methods=["GET"]),
        Route("/v1/models/{model:name}", models.one, methods=["GET"]),
        Route("/models", models.listing, methods=["GET"]),
        Route("/running", models.running, methods=["GET"]),
        Route("/unload", models.unload_all_as_text, methods=["GET"]),
        Route("/api/models/unload", models.unload_all, methods=["POST"]),
        Route("/api/models/unload/{model:path}", models.unload_one, methods=["POST"]),
        Route("/api/models/load/{model:path}", LoadingRoutes(loader, world).load, methods=["POST"]),
        Route("/api/models/hold/{model:path}", scheduling.hold, methods=["POST"]),
        Route("/api/models/hold/{model:path}", scheduling.release, methods=["DELETE"]),
        Route("/api/explain", scheduling.explain_all, methods=["GET"]),
        Route("/api/explain/{model:path}", scheduling.explain, methods=["GET"]),
        Route("/api/queue", scheduling.queue, methods=["GET"]),
        Route("/api/queue/{request:int}", scheduling.cancel, methods=["DELETE"]),
        Route("/api/profiles", profiles.listing, methods=["GET"]),
        Route("/api/profiles/active", profiles.show, methods=["GET"]),
        Route("/api/profiles/active", profiles.switch, methods=["PUT"]),
        Route("/api/profiles/active", profiles.clear, methods=["DELETE"]),
        Route("/api/inflight", running.listing, methods=["GET"]),
        Route("/api/inflight/{id}/cancel", running.cancel, methods=["POST"]),
        Route("/api/metrics/activity", activity.page, methods=["GET"]),
        Route("/api/metrics/activity", activity.delete, methods=["DELETE"]),
        Route("/api/metrics/activity/export", activity.export, methods=["GET"]),
        Route("/api/metrics/stats", activity.stats, methods=["GET"]),
        Route("/api/captures/{id}", captures.show, methods=["GET"]),
        Route("/api/captures/{id}/curl", captures.curl, methods=["GET"]),
        Route("/api/events", EventRoutes(feed).stream, methods=["GET"]),
        Route("/api/status", StatusRoutes(engine, world, reloader, clock).status, methods=["GET"]),
        Route("/api/config/status", config.status, methods=["GET"]),
        Route("/api/config/resolved", config.resolved, methods=["GET"]),
        Route("/api/config/resolved/{name:path}", config.resolved_name, methods=["GET"]),
        Route("/api/config/files", config.files, methods=["GET"]),
        Route("/api/config/file", config.text, methods=["GET"]),
        Route("/api/config/file", config.apply, methods=["PUT"]),
        Route("/api/config/validate", config.validate, methods=["POST"]),
        Route("/api/simulate", simulation.recorded, methods=["GET"]),
        Route("/api/simulate", simulation.compare, methods=["POST"]),
        Route("/api/version", figures.version, methods=["GET"]),
        Route("/api/performance", figures.performance, methods=["GET"]),
        Route("/api/hardware", figures.hardware, methods=["GET"]),
        Route("/metrics", figures.metrics, methods=["GET"]),
        Route("/logs", log_routes.history, methods=["GET"]),
        Route("/logs/stream", log_routes.stream, methods=["GET"]),
        Route("/logs/stream/{source:path}", log_routes.stream, methods=["GET"]),
    ]
    app = Starlette(
        routes=guarded(routes, world),
        middleware=[Middleware(_Preflight)],
        exception_handlers={404: _not_found, 405: _method_not_allowed},
    )
    app.router.redirect_slashes = False
    return app


class _Preflight:
    """Answers every OPTIONS before routing (spec http 23)."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "OPTIONS":
            await _preflight(Request(scope))(scope, receive, send)
        else:
            await self._app(scope, receive, send)


def _preflight(request: Request) -> Response:
    asked = [name.strip() for name in request.headers.get("access-control-request-headers", "").split(",")]
    allowed = ", ".join(name for name in asked if _TOKEN.match(name))
    headers = {
        "Access-Control-Allow-Origin": "*",
        "Access-Control-Allow-Methods": "GET, POST, PUT, PATCH, DELETE, OPTIONS",
        "Access-Control-Max-Age": "86400",
        "Access-Control-Allow-Headers": allowed or _DEFAULT_HEADERS,
    }
    return Response(status_code=204, headers=headers)


async def _health(request: Request) -> Response:
    return PlainTextResponse("OK")


async def _to_ui(request: Request) -> Response:
    return api_redirect(request, 302, "/ui")


async def _to_ui_models(request: Request) -> Response:
    return api_redirect(request, 302, "/ui/models")


async def _not_found(request: Request, error: Exception) -> Response:
    return PlainTextResponse("404 page not found\n", status_code=404)


async def _method_not_allowed(request: Request, error: Exception) -> Response:
    routes: list[BaseRoute] = request.app.routes  # of one path there may be several
    fitting = [route for route in routes if isinstance(route, Route) and route.matches(request.scope)[0] != Match.NONE]
    methods = {method for route in fitting for method in route.methods or ()}
    return PlainTextResponse("Method Not Allowed\n", status_code=405, headers={"Allow": ", ".join(sorted(methods))})
