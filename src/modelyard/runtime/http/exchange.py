"""One request and its answer, pumped both ways in the callbacks that bring the bytes.

The answer goes to the client in one write per read. When the client is slow the upstream is not read, and the other
way round. When the client leaves, the upstream's connection is closed at once, before or after the first byte (R34).
Once a head is sent, an upstream that breaks shows as an error event, or as a broken body, never as a clean end (R37).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import StrEnum
from typing import Protocol

from modelyard.runtime.http.pool import UpstreamPool
from modelyard.runtime.http.request import TRACE, Request
from modelyard.runtime.http.tunnel import splice
from modelyard.runtime.http.upstream import UpstreamConnection
from modelyard.wire import errors, headers
from modelyard.wire.endpoints import Dialect
from modelyard.wire.heads import ResponseHead


class Outcome(StrEnum):
    """How an exchange ended."""

    OK = "ok"
    CLIENT_GONE = "client_gone"
    UPSTREAM_ERROR = "upstream_error"
    CANCELLED = "cancelled"


class ExchangeOwner(Protocol):
    """Who started an exchange, and answers the client when the upstream could not."""

    def exchange_ended(self, outcome: Outcome, reason: str) -> None:
        """The exchange is over. If the request has not `started`, nothing was sent to the client yet."""
        ...


class Tap(Protocol):
    """Who looks on. What it sees was handed to the other side before; it delays nothing and must not raise."""

    heard: list[bytes]
    """What the reads brought of the answer's body goes in here, none of it empty, until the tap takes it out: of an
    event of a stream an entry in a list is all that may be paid each time."""

    def request_data(self, data: bytes) -> None:
        """More of the client's body, that passed live."""
        ...

    def listen(self) -> int:
        """Look at what was heard; the answer's head is `Request.response`.

        Returns how much of the body its client has to be sent (bytes) before the tap wants to look again.
        """
        ...


class Exchange:
    """Pairs a request with a connection to the child that serves it."""

    _connection: UpstreamConnection | None = None
    _reused = False
    _ended = False
    _chunked = False
    _speaks_events = False
    _last_data = b"\n"
    _held: tuple[bytes, ...] = ()
    _switched: ResponseHead | None = None
    _hear: Callable[[bytes], None] | None = None
    """Notes a piece of the answer for the tap."""
    _listen_at = 0

    def __init__(
        self,
        request: Request,
        pool: UpstreamPool,
        owner: ExchangeOwner,
        *,
        target: bytes,
        dialect: Dialect,
        upgrade: bool = False,
        tap: Tap | None = None,
    ) -> None:
        """`target` is what the upstream is asked for, below its base path; `dialect` words an error in the stream."""
        self._request = request
        self._pool = pool
        self._owner = owner
        self._target = target
        self._dialect = dialect
        self._upgrade = upgrade
        self._tap = tap
        if tap is not None:
            self._hear = tap.heard.append

    def __repr__(self) -> str:
        return f"<Exchange {self._request!r} via {self._pool!r}>"

    def begin(self) -> None:
        """Send the request as soon as there is a connection."""
        self._request.listener = self
        # What passes live can't be sent twice, so a kept connection, which may turn out dead, is no good for it (R47).
        connection = self._pool.take_idle() if self._request.body.complete else None
        if connection is None:
            self._pool.connect(self)
        else:
            self._reused = True
            self._send(connection)

    # ---------------------------------------------------------------- towards the upstream

    def connected(self, connection: UpstreamConnection) -> None:
        """The pool has a new connection for us."""
        if self._ended:
            self._pool.give_back(connection)
        else:
            self._reused = False
            self._send(connection)

    def _send(self, connection: UpstreamConnection) -> None:
        self._connection = connection
        request = self._request
        body = request.body
        if request.connection.write_paused:
            connection.inlet.pause()  # the answer before ours still fills the client's socket
        head = self._head(self._pool.target.joined_with(self._target))
        framing = self._framing()
        if request.trace and TRACE.lower() not in request.fields:
            framing += b"%b: %b\r\n" % (TRACE, request.trace)
        if not body.complete:
            connection.body_follows = True
            body.attach(self)
        elif (whole := body.single) is not None and not self._chunked:
            connection.send(self, request.method, b"%b%b\r\n%b" % (head, framing, whole), None)
            return
        head = b"%b%b\r\n" % (head, framing)
        pieces = body.pieces()
        connection.send(self, request.method, head, self._in_chunks(pieces, body.complete) if self._chunked else pieces)

    def _head(self, target: bytes) -> bytes:
        """The head but for its framing and its end. Requests of a connection that share a head share this, too."""
        request = self._request
        known = request.head.forwarded
        if known is not None and known[0] == target and not self._upgrade:
            return known[1]
        head = headers.request_head(
            request.method,
            target,
            request.headers,
            client=request.connection.client_address,
            forwarded=request.fields.get(b"x-forwarded-for", b""),
            names_hops=b"connection" in request.fields,
            upgrade=self._upgrade,
            host=b"" if b"host" in request.fields else self._pool.target.authority,
        )
        if not self._upgrade:
            request.head.forwarded = (target, head)
        return head

    def _framing(self) -> bytes:
        request = self._request
        if b"transfer-encoding" in request.fields:
            self._chunked = True
            return b"Transfer-Encoding: chunked\r\n"
        declared = request.fields.get(b"content-length")
        if declared is None:
            return b""
        return b"Content-Length: %d\r\n" % (request.body.size if request.body.complete else int(declared))

    @staticmethod
    def _in_chunks(pieces: Iterator[bytes], complete: bool) -> Iterator[bytes]:
        for piece in pieces:
            yield _chunk(piece)
        if complete:
            yield b"0\r\n\r\n"

    def body_data(self, data: bytes) -> None:
        """More of the client's body, live."""
        connection = self._connection
        if connection is None:
            return
        framed = _chunk(data) if self._chunked else data
        if self._held or not connection.gathered_is_sent:
            self._held += (framed,)
            self._request.connection.inlet.pause()
        else:
            connection.write(framed)
            self._request.body.release()  # sent, and no longer of use for another try
        if self._tap is not None:
            self._tap.request_data(data)

    def body_end(self) -> None:
        """The client's body is complete."""
        connection = self._connection
        if connection is None:
            return
        connection.body_follows = False
        if self._chunked:
            if self._held or not connection.gathered_is_sent:
                self._held += (b"0\r\n\r\n",)
            else:
                connection.write(b"0\r\n\r\n")

    def upstream_slow(self) -> None:
        """The upstream's socket is full."""
        if not self._request.body.complete:
            self._request.connection.inlet.pause()

    def upstream_writable(self) -> None:
        """The upstream's socket has drained."""
        held, self._held = self._held, ()
        if held and self._connection is not None:
            self._connection.write(b"".join(held))
        self._request.connection.inlet.resume()

    def connect_failed(self, reason: str) -> None:
        """There is no connection to be had."""
        if not self._ended:
            self._end(Outcome.UPSTREAM_ERROR, reason)

    # ---------------------------------------------------------------- towards the client

    def response_started(self, head: ResponseHead) -> None:
        """The upstream's head."""
        if head.status == 101:
            self._switched = head
            return
        self._speaks_events = head.traits.is_event_stream and not head.traits.is_encoded
        self._request.start(head)

    def response_body(self, data: bytes) -> None:
        """What one read brought of the body."""
        if data:
            self._last_data = data
            request = self._request
            request.push(data)
            if self._hear is not None:
                self._hear(data)
                if request.body_bytes_sent >= self._listen_at:
                    self._listen_at = self._tap.listen()  # type: ignore[union-attr]  # who hears for it is there
        elif self._request.started:
            self._request.flush_head()

    def response_ended(self, data: bytes) -> None:
        """The rest of the body: the answer is complete."""
        self._connection = None
        self._ended = True
        self._request.push_last(data)
        if data and self._hear is not None:
            self._hear(data)
        self._owner.exchange_ended(Outcome.OK, "")

    def response_whole(self, head: ResponseHead, data: bytes) -> None:
        """All of the answer at once."""
        self._connection = None
        self._ended = True
        self._request.respond_as(head, data)
        if data and self._hear is not None:
            self._hear(data)
        self._owner.exchange_ended(Outcome.OK, "")

    def response_broken(self, reason: str) -> None:
        """The upstream's connection ended before its answer."""
        connection, self._connection = self._connection, None
        if self._ended:
            return
        request = self._request
        may_retry = self._reused and not self._has_answered and request.body.replayable and request.body.complete
        if may_retry and connection is not None and not connection.answer_begun:
            self._held = ()  # the pieces of a complete body end with it
            self._pool.connect(self)
            return
        if request.started:
            self._break_off(reason)
        self._end(Outcome.UPSTREAM_ERROR, reason)

    @property
    def _has_answered(self) -> bool:
        """Whether anything of the upstream's answer is with the client."""
        return self._request.started

    def _break_off(self, reason: str) -> None:
        """The head is out: say in the stream what happened, if a stream it is, and do not end it properly."""
        request = self._request
        if self._speaks_events and request.is_chunked:
            error = errors.upstream_failed(reason)
            separator = b"" if self._last_data.endswith(b"\n") else b"\n\n"
            request.push(separator + errors.event(error, self._dialect))
        request.abort()

    def upgraded(self, early: bytes) -> None:
        """The upstream switched protocols: from here on bytes pass untouched."""
        connection, head = self._connection, self._switched
        assert connection is not None
        assert head is not None
        if not self._upgrade:
            connection.close()
            self.response_broken("upstream switched protocols unasked")
            return
        self._connection = None
        request = self._request
        request.listener = None
        upstream = connection.release_transport()
        client, client_early = request.connection.release_transport()
        if client is None or upstream is None:
            self._tunnel_closed()
            return
        request.status = 101
        request.started = True
        framing = b"Connection: Upgrade\r\nUpgrade: websocket\r\n"
        client.write(headers.response_head(101, b"", head.headers, head.traits, framing) + early)
        if client_early:
            upstream.write(client_early)
        splice(client, upstream, self._tunnel_closed)

    def _tunnel_closed(self) -> None:
        self._ended = True
        self._request.connection.tunnel_closed(self._request)
        self._owner.exchange_ended(Outcome.OK, "")

    # ---------------------------------------------------------------- the client

    def client_gone(self) -> None:
        """The client left: the upstream must not work on for nobody."""
        self._end(Outcome.CLIENT_GONE, "the client left")

    def cancel(self) -> None:
        """An operator ends it: the upstream must not work on, and the client hears why where that can still be said."""
        if not self._ended:
            if self._request.started:
                self._break_off("the request was cancelled")
            self._end(Outcome.CANCELLED, "the request was cancelled")

    def client_slow(self) -> None:
        """The client reads slower than the upstream answers."""
        if self._connection is not None:
            self._connection.inlet.pause()

    def client_writable(self) -> None:
        """The client caught up."""
        if self._connection is not None:
            self._connection.inlet.resume()

    def _end(self, outcome: Outcome, reason: str) -> None:
        if self._ended:
            return
        self._ended = True
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()
        self._owner.exchange_ended(outcome, reason)


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)
