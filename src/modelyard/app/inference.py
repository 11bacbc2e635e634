"""Requests that name a model: find it, wait for the grant, forward.

A `Call` is one such request from its head to its end. It waits on the engine, hands over to an `Exchange` when it is
granted, and answers itself when there is nothing to forward to.
"""

from __future__ import annotations

from urllib.parse import unquote

from modelyard.app.respond import redirect, send_error
from modelyard.app.world import World
from modelyard.core.errors import Cause
from modelyard.core.model import Phase
from modelyard.runtime.engine import Engine, Serving
from modelyard.runtime.http.exchange import Exchange, Outcome
from modelyard.runtime.http.request import Request
from modelyard.wire import body as wire_body
from modelyard.wire import errors, headers, paths
from modelyard.wire.endpoints import Dialect, Endpoint
from modelyard.wire.errors import HttpError

MAX_REWRITTEN = 256 << 20
"""Bytes of a JSON body that must be rewritten, which happens in memory (DESIGN section 5)."""


class Inference:
    """The routes that name a model."""

    def __init__(self, engine: Engine, world: World) -> None:
        self.engine = engine
        self.world = world

    def __repr__(self) -> str:
        return f"<Inference over {self.world!r}>"

    def post(self, request: Request, endpoint: Endpoint) -> None:
        """A route whose body names the model: the body is needed before anything else."""
        call = Call(self, request, endpoint.dialect, _with_query(endpoint.forwarded_path, request.query))
        request.listener = call
        request.body.when_complete(call.body_arrived)

    def get(self, request: Request, endpoint: Endpoint) -> None:
        """A route whose query names the model."""
        call = Call(self, request, endpoint.dialect, _with_query(endpoint.forwarded_path, request.query))
        request.listener = call
        call.find(wire_body.find_in_query(request.query))

    def upstream(self, request: Request) -> None:
        """`/upstream/MODEL/PATH`: any method, passed as it is; the body streams (spec http 10)."""
        config = self.world.config
        named = paths.split_name(request.path[len(b"/upstream/") :], lambda name: config.resolve(name) is not None)
        if named is None:
            send_error(request, errors.MODEL_NOT_FOUND)
        elif not named.rest:
            status = 301 if request.method in (b"GET", b"HEAD") else 308
            redirect(request, status, paths.location(named.name, request.query))
        elif (model := config.resolve(named.name)) is not None:
            self._upstream_of(request, model, named.rest)

    def _upstream_of(self, request: Request, model: str, rest: bytes) -> None:
        if self.world.ignores(unquote(rest)) and not self._is_ready(model):
            message = f"model {model} is not loaded; path matches upstream.ignorePaths"
            send_error(request, HttpError(409, message))
            return
        call = Call(self, request, Dialect.OPENAI, _with_query(rest, request.query))
        call.upgrade = headers.is_websocket_upgrade(request.headers)
        request.listener = call
        call.submit(model)

    def _is_ready(self, model: str) -> bool:
        known = self.engine.snapshot().models.get(model)
        return known is not None and known.phase is Phase.READY


class Call:
    """One request that names a model."""

    upgrade = False
    _model = ""
    _id: int | None = None
    _granted = False

    def __init__(self, inference: Inference, request: Request, dialect: Dialect, target: bytes) -> None:
        self._inference = inference
        self._request = request
        self._dialect = dialect
        self._target = target

    def __repr__(self) -> str:
        return f"<Call {self._request!r} for {self._model or 'no model yet'}>"

    # ---------------------------------------------------------------- finding the model

    def body_arrived(self) -> None:
        """The whole body is here."""
        request = self._request
        content_type = request.fields.get(b"content-type", b"")
        self.find(wire_body.find_model(content_type, request.body.view(), request.query))

    def find(self, name: str) -> None:
        """Resolve the name and ask for the model."""
        if not name:
            self._refuse(errors.NO_MODEL)
            return
        route = self._inference.world.routes.get(name)
        if route is None:
            self._refuse(errors.NO_ROUTER)
        elif not route.use_model_name or self._rename(route.use_model_name):
            self.submit(route.model)

    def _rename(self, name: str) -> bool:
        """Write `useModelName` into a JSON body; whether the request can go on."""
        request = self._request
        if request.method != b"POST" or not wire_body.is_json(request.fields.get(b"content-type", b"")):
            return True
        if request.body.size > MAX_REWRITTEN:
            self._refuse(errors.BODY_TOO_LARGE)
            return False
        try:
            renamed = wire_body.replace_model(request.body.view(), name)
        except ValueError:
            self._refuse(errors.UNREADABLE_BODY)
            return False
        request.body.replace(renamed)
        return True

    def submit(self, model: str) -> None:
        """Ask the engine for the model."""
        self._model = model
        self._id = self._inference.engine.submit(model, self)
        if not self._granted and not self._request.ended:
            self._request.body.hold()

    # ---------------------------------------------------------------- the engine's answers

    def granted(self, serving: Serving) -> None:
        """The request may be forwarded."""
        self._granted = True
        exchange = Exchange(
            self._request, serving.pool, self, target=self._target, dialect=self._dialect, upgrade=self.upgrade
        )
        try:
            exchange.begin()
        except Exception:
            self._request.connection.abort()  # a bug of ours must not leave the client waiting
            raise

    def rejected(self, cause: Cause) -> None:
        """There is nothing to forward to."""
        self._refuse(errors.of_cause(cause))

    def waiting_at(self, position: int) -> None:
        """The place among those that wait; shown to clients once loading messages exist."""

    def _refuse(self, error: HttpError) -> None:
        self._request.listener = None
        send_error(self._request, error, self._dialect)

    # ---------------------------------------------------------------- the client, and the end

    def client_gone(self) -> None:
        """The client left before the grant."""
        if self._id is not None and not self._granted:
            self._inference.engine.leave(self._id)

    def client_slow(self) -> None:
        """Nothing is being sent yet."""

    def client_writable(self) -> None:
        """Nothing is being sent yet."""

    def exchange_ended(self, outcome: Outcome, reason: str) -> None:
        """The exchange is over, one way or another."""
        if self._id is not None:
            self._inference.engine.done(self._id)
        if outcome is Outcome.UPSTREAM_ERROR and not self._request.started:
            self._refuse(errors.upstream_failed(reason))


def _with_query(path: bytes, query: bytes) -> bytes:
    return b"%s?%s" % (path, query) if query else path
