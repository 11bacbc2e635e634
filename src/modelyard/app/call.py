"""One request that names a model, from its head to its end: find the model, wait for the grant, forward.

It waits on the engine, hands over to an `Exchange` when it is granted, and answers itself when there is nothing to
forward to.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from modelyard.app import hints
from modelyard.app.admission import caller_of
from modelyard.app.asking import PRIORITY, asked_priority, who_asks
from modelyard.app.auth import TOO_MANY, forbidden_model
from modelyard.app.content import Content
from modelyard.app.recording import Recording
from modelyard.app.resolution import Route
from modelyard.app.respond import send_error, with_query
from modelyard.app.selection import Lease
from modelyard.app.waiting import WaitingStream
from modelyard.core.errors import Cause
from modelyard.runtime.engine import Serving
from modelyard.runtime.http.exchange import Exchange, Outcome
from modelyard.runtime.http.joined import JoinedExchange
from modelyard.runtime.http.pool import UpstreamPool
from modelyard.runtime.http.request import Request
from modelyard.runtime.logs import DaemonLog
from modelyard.runtime.peers import PeerExchange
from modelyard.wire import body as wire_body
from modelyard.wire import errors
from modelyard.wire.endpoints import Dialect, Endpoint
from modelyard.wire.errors import HttpError
from modelyard.wire.filters import rewrite
from modelyard.wire.multipart import is_form_data

if TYPE_CHECKING:
    from modelyard.app.inference import Inference

_NOTHING: Mapping[str, str] = MappingProxyType({})


class Call:
    """One request that names a model."""

    upgrade = False
    is_listed = True
    """Whether it is shown among the requests in flight."""
    model = ""
    """The real id, once it is known."""
    shown_path: bytes
    """The path that people are shown."""
    recorded_as: Endpoint | None = None
    """By which route's rules it is recorded, once it has named a model; None: not at all (spec http 17.1)."""
    requested = ""
    """The name that its client used for the model, once it is known."""
    _waiting: WaitingStream | None = None
    _turn = 0
    """Its place among those that wait for a turn; 0 where it waits for its model to load."""
    _content: Content | None = None
    """The body, where more than a glance at it was needed."""
    _recording: Recording | None = None
    _selector = ""
    _lease: Lease | None = None
    _place: Lease | None = None
    """Among the requests that its key may have running."""
    _priority: int | None = None
    _caller = ""
    _captures = True
    """Whether its key lets what is said be captured."""
    _number = 0
    _id: int | None = None
    _granted = False
    _is_remote = False

    def __init__(self, inference: Inference, request: Request, dialect: Dialect, target: bytes) -> None:
        self._inference = inference
        self.request = request
        self._dialect = dialect
        self._target = target
        self.shown_path = request.path

    def __repr__(self) -> str:
        return f"<Call {self.request!r} for {self.model or 'no model yet'}>"

    # ---------------------------------------------------------------- finding the model

    def body_comes(self) -> None:
        """The body takes its time: a form is looked through as it comes."""
        if is_form_data(self.request.fields.get(b"content-type", b"")):
            self._content = Content(self.request)
            self._content.watch()

    def body_arrived(self) -> None:
        """The whole body is here. Nearly always it is JSON that names a model, which is found with the least effort."""
        request = self.request
        if wire_body.is_json(request.fields.get(b"content-type", b"")) and (
            name := wire_body.find_in_json(request.body.view())
        ):
            self.find(name)
            return
        self._content = self._content or Content(request)
        named = self._content.find_model()
        if isinstance(named, HttpError):
            self._refuse(named)
        else:
            self.find(named)

    def find(self, name: str) -> None:
        """Resolve the name and ask for the model."""
        if not name:
            self._refuse(hints.for_no_model(self.request))
            return
        self.requested = name
        route = self._inference.world.routes.get(name)
        if route is None:
            found = self._inference.world.resolution.find(name, self._inference.engine.phase_of)
            if isinstance(found, HttpError):
                is_open = self.request.received.admission is None
                self._refuse(hints.for_unknown(found, name, self._inference.world.routes) if is_open else found)
                return
            route, self._lease = found
        if not route.rewrites or self._rewrite(route):
            self.go(route)

    def _rewrite(self, route: Route) -> bool:
        """Write what the route asks for into the request; whether it can go on."""
        content = self._content or Content(self.request)
        names_model = content.rewrite(route)
        if isinstance(names_model, HttpError):
            self._refuse(names_model)
            return False
        if route.replaced and not names_model:
            path, _, query = self._target.partition(b"?")
            self._target = with_query(path, wire_body.replace_in_query(query, route.replaced))
        return True

    def go(self, route: Route) -> None:
        """Ask for the model that the route leads to."""
        if self.request.received.admission is not None and not self._is_allowed(route):
            return
        if self.upgrade and self._passes_by(route):
            return
        self._selector = route.selector
        self.model = self.request.model = route.model
        if (log := self._inference.log) is not None and log.is_debugging:
            _say_where(log, route)
        if self.is_listed:
            self._number = self._inference.inflight.begin(self)
        if route.peer is not None:
            self._is_remote = self._granted = True
            self._begin(PeerExchange, self._inference.peers[route.peer.peer])
            return
        caller = self._caller  # a key's name; who has none is told apart for the shares only, not in the record
        if self._inference.world.is_fair and not caller:
            caller = who_asks(self.request, self._inference.world.config.ui.activity.session_id)
        if PRIORITY in self.request.fields:
            self._priority = asked_priority(self.request, self._priority_bound(route.model))
        self._id = self._inference.engine.submit(route.model, self, self._priority, caller)
        if not self._granted and not self.request.ended:
            self._wait()

    def _is_allowed(self, route: Route) -> bool:
        """Whether the key of the request is good for this model, and has a place left for it."""
        caller = caller_of(self.request)
        if caller is None:
            return True
        if not caller.may_use(route.requested, route.busy_with, route.selector):
            self._refuse(forbidden_model(route.requested))
        elif (place := caller.begin()) is None:
            self._refuse(TOO_MANY)
        else:
            self._place, self._priority, self._caller = place, caller.priority, caller.name
            self._captures = caller.captures
            return True
        return False

    def _priority_bound(self, model: str) -> int | None:
        """What a request may ask for at most; None where nobody has a key, and so nobody a priority of their own."""
        if caller_of(self.request) is None:
            return None
        return self._inference.world.config.priority_of(model) if self._priority is None else self._priority

    def _wait(self) -> None:
        """Neither granted nor refused at once: the body stays for a while, and the client may want to hear."""
        self._waiting = self._inference.waiting_stream(self, self._content or Content(self.request))
        if self._waiting is not None and self._turn:
            self._waiting.waiting_at(self._turn)
        self.request.body.hold()

    def go_by_own_name(self, route: Route) -> None:
        """The whole body of a request for a peer's pages is here: it may call the model as only we do."""
        body, peer = self.request.body, route.peer
        named = self._inference.world.resolution.direct(wire_body.find_in_json(body.view()))
        if peer is not None and named is not None and named.peer == peer and named.replaced:
            try:
                body.replace(rewrite(body.view(), peer.model, None))
            except ValueError:
                self._refuse(errors.UNREADABLE_BODY)
                return
        self.go(route)

    def _passes_by(self, route: Route) -> bool:
        """Forward a WebSocket that does not count, if it is such a one.

        It neither starts the model nor keeps it (spec http 22).
        """
        model = route.model
        if route.peer is not None or not self._inference.world.config.models[model].compat.ignore_websockets:
            return False
        self.model = model
        serving = self._inference.engine.ready_serving(model)
        if serving is None:
            message = f"model {model} is not loaded; ignored websocket requests cannot start it"
            self._refuse(HttpError(409, message))
        else:
            self.granted(serving)
        return True

    @property
    def metadata(self) -> Mapping[str, str]:
        """What is known of the request beside."""
        return {"selector": self._selector} if self._selector else _NOTHING

    def cancel(self) -> None:
        """An operator ends it: waiting, being served, or as a tunnel."""
        if isinstance(self.request.listener, Exchange):
            self.request.listener.cancel()
        elif not self._granted and self._id is not None:
            self._inference.engine.cancel(self._id)
        else:
            self.request.connection.cut_tunnel()

    # ---------------------------------------------------------------- the engine's answers

    def granted(self, serving: Serving) -> None:
        """The request may be forwarded."""
        self._granted = True
        make: type[Exchange] = Exchange
        if self._waiting is not None:
            self._waiting.finish()
            make = JoinedExchange if self._waiting.begun else Exchange
        self._begin(make, serving.pool)

    def _begin(self, make: type[Exchange], pool: UpstreamPool) -> None:
        recorder, recording = self._inference.recorder, None
        if recorder is not None and self.recorded_as is not None and self.requested:
            recording = Recording(recorder, self.request, self.requested, self.recorded_as, self._target)
            recording.granted_at = recorder.clock.now()
            recording.at_once = self._id is None
            recording.was_local = not self._is_remote
            self._recording = recording
        exchange = make(
            self.request,
            pool,
            self,
            target=self._target,
            dialect=self._dialect,
            upgrade=self.upgrade,
            tap=recording,
        )
        try:
            exchange.begin()
        except Exception:
            self.request.connection.abort()  # a bug of ours must not leave the client waiting
            raise

    def _record(self) -> Recording | None:
        """Begin to record what was never granted, if it is one of those that are recorded."""
        recorder = self._inference.recorder
        if recorder is None or self.recorded_as is None or not self.requested:
            return None
        self._recording = Recording(recorder, self.request, self.requested, self.recorded_as, self._target)
        return self._recording

    def rejected(self, cause: Cause) -> None:
        """There is nothing to forward to."""
        self._refuse(errors.of_cause(cause))

    def waiting_at(self, position: int, turn: int) -> None:
        """The place among those that wait (1 = next). Who joins a load has no turn to wait for (spec lifecycle 7)."""
        self._turn = turn
        if not self.request.queue_position:
            self.request.queue_position = position
        if self._waiting is not None and turn:
            self._waiting.waiting_at(turn)

    def _refuse(self, error: HttpError) -> None:
        self.request.listener = None
        recording = self._recording or self._record()
        if recording is not None:
            recording.refused(error.message, cancelled=error.code == "cancelled")
        if self._waiting is not None and self._waiting.begun:
            self._waiting.fail(error, self._dialect)
        else:
            send_error(self.request, error, self._dialect)
        self._over()

    # ---------------------------------------------------------------- the client, and the end

    def client_gone(self) -> None:
        """The client left before the grant."""
        if self._id is not None and not self._granted:
            self._inference.engine.leave(self._id)
        self._over()

    def client_slow(self) -> None:
        """Nothing is being sent yet."""

    def client_writable(self) -> None:
        """Nothing is being sent yet."""

    def exchange_ended(self, outcome: Outcome, reason: str) -> None:
        """The exchange is over, one way or another."""
        if self._id is not None:
            self._inference.engine.done(self._id)
        if self._recording is not None:
            self._recording.outcome = outcome
            self._recording.reason = reason
        if outcome is Outcome.UPSTREAM_ERROR and not self.request.started:
            self._refuse(errors.peer_failed(reason) if self._is_remote else errors.upstream_failed(reason))
        elif outcome is Outcome.CANCELLED and not self.request.started:
            self._refuse(errors.CANCELLED)
        else:
            self._over()

    def _over(self) -> None:
        """Give back what the request has taken; more than once is harmless."""
        if self._waiting is not None:
            self._waiting.stop()
        self._inference.inflight.end(self._number)
        recording = self._recording or self._record()
        if recording is not None:
            self._recording = self.recorded_as = None
            if not self._captures:
                recording.captures = False
            recording.ended(self.model, self.metadata, self._caller)
        if self._lease is not None:
            self._lease.release()
        if self._place is not None:
            self._place.release()


def _say_where(log: DaemonLog, route: Route) -> None:
    """For those who look for a fault, in the words that they know (spec http 15)."""
    if route.selector:
        log.debug(f"selector: id={route.selector} target={route.requested}")
    kind = "local process for" if route.peer is None else "peer for"
    log.debug(f"dispatch: using {kind} model: {route.model}")
