"""The routes that name a model: each has another place for the name. What follows is a `Call`."""

from __future__ import annotations

import random
from functools import partial
from urllib.parse import unquote

from modelyard.app.admission import forbids_page
from modelyard.app.call import Call
from modelyard.app.content import Content
from modelyard.app.inflight import InFlight
from modelyard.app.recorder import Recorder
from modelyard.app.resolution import PathRoute
from modelyard.app.respond import redirect, send_error, with_query
from modelyard.app.waiting import Heartbeat, LoadingStream, WaitingStream
from modelyard.app.world import World
from modelyard.config.modelchecks import COMFYUI_MODEL
from modelyard.core.model import Phase
from modelyard.runtime.engine import Engine
from modelyard.runtime.http.request import Request
from modelyard.runtime.logs import DaemonLog
from modelyard.runtime.peers import Peers
from modelyard.wire import body as wire_body
from modelyard.wire import errors, headers, paths
from modelyard.wire.endpoints import GET_ENDPOINTS, POST_ENDPOINTS, Dialect, Endpoint, leaves_traces
from modelyard.wire.errors import HttpError


class Inference:
    """The routes that name a model."""

    def __init__(
        self,
        engine: Engine,
        world: World,
        peers: Peers,
        inflight: InFlight,
        recorder: Recorder | None = None,
        *,
        log: DaemonLog | None = None,
    ) -> None:
        """Without a `recorder` nothing is recorded. `log` hears where each request goes, if it is to say that much."""
        self.engine = engine
        self.world = world
        self.peers = peers
        self.inflight = inflight
        self.recorder = recorder
        self.log = log
        self._chance = random.Random()

    def __repr__(self) -> str:
        return f"<Inference over {self.world!r}>"

    def post(self, request: Request, endpoint: Endpoint) -> None:
        """A route whose body names the model: the body is needed before anything else."""
        call = Call(self, request, endpoint.dialect, with_query(endpoint.forwarded_path, request.query))
        call.recorded_as = endpoint
        request.listener = call
        if not request.body.complete:
            call.body_comes()
        request.body.when_complete(call.body_arrived)

    def get(self, request: Request, endpoint: Endpoint) -> None:
        """A route whose query names the model."""
        call = Call(self, request, endpoint.dialect, with_query(endpoint.forwarded_path, request.query))
        call.upgrade = headers.is_websocket_upgrade(request.headers)
        request.listener = call
        call.find(wire_body.find_in_query(request.query))

    def upstream(self, request: Request) -> None:
        """`/upstream/MODEL/PATH`: any method, passed as it is; the body streams (spec http 10)."""
        located = self.world.resolution.locate(request.path[len(b"/upstream/") :])
        if located is None:
            send_error(request, errors.MODEL_NOT_FOUND)
        elif not located.rest:
            status = 301 if request.method in (b"GET", b"HEAD") else 308
            redirect(request, status, paths.location(located.name, request.query))
        elif (error := forbids_page(request, located.rest)) is not None:
            send_error(request, error)
        else:
            self._upstream_of(request, located)

    def _upstream_of(self, request: Request, located: PathRoute) -> None:
        model, rest = located.route.model, located.rest
        is_local = located.route.peer is None
        if is_local and self.world.ignores(unquote(rest)) and self.engine.phase_of(model) is not Phase.READY:
            message = f"model {model} is not loaded; path matches upstream.ignorePaths"
            send_error(request, HttpError(409, message))
            return
        call = Call(self, request, Dialect.OPENAI, with_query(rest, request.query))
        call.shown_path = rest
        call.upgrade = headers.is_websocket_upgrade(request.headers)
        call.requested = located.name
        call.is_listed = leaves_traces(request.method, rest)
        if call.is_listed and request.method == b"POST":
            call.recorded_as = POST_ENDPOINTS.get(rest) or GET_ENDPOINTS.get(rest)
        request.listener = call
        if not is_local and wire_body.is_json(request.fields.get(b"content-type", b"")):
            request.body.when_complete(lambda: call.go_by_own_name(located.route))
        else:
            call.go(located.route)

    def comfyui(self, request: Request) -> None:
        """`/comfyui/PATH`: one fixed model, which nothing but its front page may start (spec http 11)."""
        rest = request.path[len(b"/comfyui") :]
        route = self.world.resolution.direct(COMFYUI_MODEL)
        if not rest:
            status = 301 if request.method in (b"GET", b"HEAD") else 308
            redirect(request, status, with_query(b"/comfyui/", request.query))
        elif route is None or route.peer is not None:
            send_error(request, HttpError(404, f"local model {COMFYUI_MODEL} not found"))
        elif rest != b"/" and self.engine.phase_of(route.model) is not Phase.READY:
            message = f"model {COMFYUI_MODEL} is not loaded; only /comfyui/ can start it"
            send_error(request, HttpError(409, message))
        else:
            call = Call(self, request, Dialect.OPENAI, with_query(rest, request.query))
            call.is_listed = False
            call.upgrade = headers.is_websocket_upgrade(request.headers)
            request.listener = call
            call.go(route)

    def waiting_stream(self, call: Call, content: Content) -> WaitingStream | None:
        """What the client of a call that waits is sent meanwhile, if anything (spec http 19)."""
        request, model = call.request, call.model
        endpoint = POST_ENDPOINTS.get(request.path) if request.method == b"POST" else None
        if endpoint is None or request.http10:
            return None
        loads = self.engine.phase_of(model) is not Phase.READY
        config = self.world.config.models[model]
        has_words = loads and endpoint.shows_loading and config.send_loading_state
        if not (has_words or config.heartbeat) or not content.is_streamed():
            return None
        if has_words:
            progress = partial(self.engine.load_progress, model)
            return LoadingStream(request, model, self.engine.clock, self._chance, progress)
        return Heartbeat(request, config.heartbeat)
