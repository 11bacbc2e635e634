"""Who answers a request: the inference side by a table, everything else by the API's application."""

from __future__ import annotations

from urllib.parse import unquote_to_bytes

from modelyard.app.admission import PRYING, admit_request
from modelyard.app.auth import Scope
from modelyard.app.inference import Inference
from modelyard.app.requestlog import fields_of, give_trace
from modelyard.app.respond import redirect, send_error, send_text, with_query
from modelyard.runtime.clock import Clock
from modelyard.runtime.http.asgi import AsgiBridge
from modelyard.runtime.http.reader import Refusal
from modelyard.runtime.http.request import Request
from modelyard.runtime.logs import DaemonLog
from modelyard.wire.durations import go_duration
from modelyard.wire.endpoints import GET_ENDPOINTS, POST_ENDPOINTS, Dialect, allowed_methods
from modelyard.wire.paths import canonical

UNLOGGED = (b"/wol-health", b"/api/performance", b"/metrics", b"/api/status", b"/api/queue", b"/api/explain/")
"""Paths that clients poll, and the web UI; they leave no line in the request log (spec http 15)."""


class Front:
    """Dispatches requests and writes the request log."""

    def __init__(self, inference: Inference, api: AsgiBridge, log: DaemonLog, clock: Clock) -> None:
        self._world = inference.world
        self._inference = inference
        self._api = api
        self._log = log
        self._clock = clock

    def __repr__(self) -> str:
        return f"<Front of {self._inference!r}>"

    def handle(self, request: Request) -> None:
        """Give the request to who answers it."""
        if self._log.is_structured:
            give_trace(request)
        method, path = request.method, request.path
        if method == b"POST" and (endpoint := POST_ENDPOINTS.get(path)) is not None:
            if self._admits(request, Scope.INFERENCE, endpoint.dialect):
                self._inference.post(request, endpoint)
        elif method == b"OPTIONS":
            self._api.handle(request)
        elif (b"//" in path or b"/." in path) and (clean := canonical(path)) != path:
            redirect(request, 307, with_query(clean, request.query))
        elif path.startswith(b"/upstream/"):
            if self._admits(request, Scope.ANY):
                self._inference.upstream(request)
        elif method in (b"GET", b"HEAD") and (endpoint := GET_ENDPOINTS.get(path)) is not None:
            if self._admits(request, Scope.LOGS if path in PRYING else Scope.INFERENCE, endpoint.dialect):
                self._inference.get(request, endpoint)
        elif path == b"/comfyui" or path.startswith(b"/comfyui/"):
            if self._admits(request, Scope.ADMIN):
                self._inference.comfyui(request)
        else:
            self._handle_other(request)

    def _handle_other(self, request: Request) -> None:
        method, path = request.method, request.path
        if allowed := allowed_methods(path):
            send_text(request, 405, "Method Not Allowed\n", (b"Allow", allowed.encode()))
        elif path == b"/upstream" and method not in (b"GET", b"HEAD"):
            redirect(request, 307, with_query(b"/upstream/", request.query))
        else:
            self._api.handle(request)

    def _admits(self, request: Request, scope: Scope, dialect: Dialect = Dialect.OPENAI) -> bool:
        """Whether who asks may. Their key is for us alone: it is taken out of what goes further (DESIGN section 7)."""
        if b"origin" in request.fields:
            request.cross_origin = True
        keyring = self._world.keyring
        if keyring.is_open:
            return True
        error = admit_request(request, keyring, scope)
        if error is not None:
            send_error(request, error, dialect)
        return error is None

    def refused(self, client: bytes, refusal: Refusal) -> None:
        """Say in the log who was refused before there was a request, or in the middle of one."""
        self._log.info(f"Refused {client.decode()} {refusal.status}: {refusal.reason}")

    def request_done(self, request: Request) -> None:
        """Write the request's line (spec http 15): who, what, status, bytes, with what, how long."""
        if request.path.startswith(UNLOGGED):
            return
        if self._log.is_structured:
            self._log.info_fields("request", fields_of(request, self._clock.now()))
            return
        asked, agent = request.head.logged or _note_words(request)
        took = go_duration(self._clock.now() - request.arrived_at)
        figures = b"%d %d" % (request.status, request.body_bytes_sent)
        self._log.info_bytes(b"%b %b %b %b" % (asked, figures, agent, took.encode()))


def _note_words(request: Request) -> tuple[bytes, bytes]:
    """What the log says of the request's head, kept for those that share it: who asked for what, and with what."""
    fields = request.fields
    client = request.connection.client_address
    if b"x-forwarded-for" in fields:
        client = fields[b"x-forwarded-for"].partition(b",")[0].strip()
    elif b"x-real-ip" in fields:
        client = fields[b"x-real-ip"]
    path = request.path if b"%" not in request.path else unquote_to_bytes(request.path)
    version = b"0" if request.http10 else b"1"
    asked = b'Request %b "%b %b HTTP/1.%b"' % (client, request.method, path, version)
    request.head.logged = words = (asked, b'"%b"' % fields.get(b"user-agent", b""))
    return words
