"""One client's connection: its heads parsed by llhttp in strict mode, its requests handed on in order.

Only heads are buffered here. A client that closes its sending side is gone (DESIGN section 5), so reading is never
paused while a request waits. What llhttp lets through and we refuse: a missing or double Host, HTTP/1.0 with
Transfer-Encoding; what comes after the head is no header (trailers are dropped).
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, cast

import httptools

from modelyard.runtime.http.body import Body
from modelyard.runtime.http.request import Request
from modelyard.wire import headers as wire_headers
from modelyard.wire.headers import Header
from modelyard.wire.heads import MISSES, HeadPattern, RequestHead

if TYPE_CHECKING:
    from modelyard.runtime.http.edge import Edge

MAX_HEAD = 64 * 1024
"""Bytes of a request line and headers together."""
MAX_HEADERS = 1000
ONE_HOST = b"a request needs exactly one Host header\n"
TOO_LARGE = b"the request's head has more than 64 KiB or 1000 fields\n"
NOTHING_MORE = (0, b"")
"""The refusal of whatever comes behind the last answer: it is not read."""
CLOSER_LOOK = 4000
"""A read of at most so many bytes can't hold too large a head, or too many fields."""
MAX_PIPELINED = 16
"""Requests that a connection may have waiting behind the one being answered, before its reading pauses."""
KEEP_ALIVE = 120.0
"""Seconds that a connection may stay without a request, or with an unfinished head."""
BODY_IDLE = 120.0
"""Seconds that a request's body may stand still."""
LINGER = 2.0
"""Seconds that a client which was refused may go on sending before the connection is closed."""


class EdgeConnection(asyncio.Protocol):
    """One client's connection."""

    def __init__(self, edge: Edge) -> None:
        self._edge = edge
        self._turn = edge.turn
        self._parser = httptools.HttpRequestParser(self)
        self._transport: asyncio.Transport | None = None
        self._parsing: Request | None = None
        self._completed: list[Body] = []
        self._queue: deque[Request] = deque()
        self._current: Request | None = None
        self._refusal: tuple[int, bytes] | None = None
        self._known: tuple[HeadPattern, RequestHead] | None = None
        """The head of the request before, while the parser stands between two requests."""
        self._misses = 0
        self._target = b""
        self._headers: list[Header] = []
        self._head_size = 0
        self._body_seen = 0
        self._look_closer = False
        self._in_head = False
        self._expects_continue = False
        self._paused_reading = False
        self._upgrading = False
        self._early = b""
        self._given_away: asyncio.Transport | None = None
        self.write_paused = False
        self.client_address = b""
        self.local_address: tuple[str, int] = ("", 0)
        self.idle_since = 0.0

    def __repr__(self) -> str:
        paused = " paused" * self._paused_reading
        return (
            f"<EdgeConnection {self.client_address.decode()} current={self._current} queued={len(self._queue)}{paused}>"
        )

    # ---------------------------------------------------------------- transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """asyncio: a client connected."""
        self._transport = cast("asyncio.Transport", transport)
        self._transport.set_write_buffer_limits(high=128 * 1024)
        peer = transport.get_extra_info("peername")
        self.local_address = transport.get_extra_info("sockname")[:2]
        self.client_address = str(peer[0]).encode() if peer else b""
        self.idle_since = self._edge.clock.now()
        self._edge.connections.add(self)
        if self._edge.draining:
            self.close()

    def data_received(self, data: bytes) -> None:
        """asyncio: bytes from the client."""
        self._turn.read(self, data)

    def take(self, data: bytes) -> None:
        """Handle what was read."""
        if self._refusal is not None:
            return
        if self._known is not None:
            if self._current is None and not self._queue and (whole := self._known[0].body_of(data)) is not None:
                self._take_known(self._known[1], whole)
                return
            self._known = None
            self._misses += 1
        if self._upgrading:
            self._take_early(data)
            return
        begins = self._parsing is None and not self._in_head
        # Seldom so, and then worth a closer look at the head: it is long, in pieces, or of HTTP/1.0.
        self._look_closer = self._in_head or len(data) > CLOSER_LOOK or b" HTTP/1.0" in data
        self._parse(data)
        if self._completed:
            if begins and self._misses < MISSES and self._queue and self._queue[-1].body is self._completed[0]:
                self._get_to_know(self._queue[-1], data)
            for body in self._completed:
                body.finish()
            self._completed.clear()
        if self._parsing is not None or self._in_head:
            self._note_unfinished(len(data))
        if self._current is None:
            self._advance()
        elif len(self._queue) > MAX_PIPELINED:
            self.pause_reading()

    def _get_to_know(self, request: Request, data: bytes) -> None:
        """Remember the head if the next request may have the same: `data` brought the whole request and no more."""
        head, fields = request.head, request.fields
        if not head.keep_alive or b"upgrade" in fields or b"expect" in fields:
            return
        pattern = HeadPattern.of(data, request.body.size, b"%b %b HTTP/1.1\r\n" % (request.method, self._target))
        if pattern is not None:
            self._known = (pattern, head)

    def _take_known(self, head: RequestHead, whole: bytes) -> None:
        """A whole request whose head is the one before: what the parser would say of it is known."""
        self._misses = 0
        head = head.of_length(len(whole))
        request = self._current = Request(self, head, Body(self._edge.budget, whole), self._edge.clock.now())
        self._edge.handler(request)

    def broke(self) -> None:
        """A bug of ours: the client sees a reset, and whoever answered it hears that it left."""
        self.abort()

    def _take_early(self, data: bytes) -> None:
        """Bytes behind the head of an upgrade. Read in the turn of the switch, they are the tunnel's already."""
        if self._given_away is not None:
            cast("asyncio.Protocol", self._given_away.get_protocol()).data_received(data)
            return
        self._early += data
        if len(self._early) > MAX_HEAD:
            self.pause_reading()

    def _parse(self, data: bytes) -> None:
        rest: bytes | memoryview = data
        try:
            while rest:
                try:
                    self._parser.feed_data(rest)
                    return
                except httptools.HttpParserUpgrade as upgrade:
                    rest = memoryview(rest)[upgrade.args[0] :]  # no copies, however many upgrades one read brings
                    if not self._goes_on_without_upgrade(rest):
                        return
        except httptools.HttpParserError:
            self._refuse(400, b"the request is not valid HTTP/1.1\n")

    def _note_unfinished(self, received: int) -> None:
        """A head or a body goes on in the next read. What is read for a body but is none counts as head, too."""
        self.idle_since = self._edge.clock.now()
        if self._parsing is not None and self._parsing.body.size > self._body_seen:
            self._body_seen = self._parsing.body.size
            self._head_size = 0
            self._parsing.body.hold()
            return
        self._head_size += received
        if self._head_size > MAX_HEAD:
            self._refuse(431, TOO_LARGE)

    def eof_received(self) -> bool:
        """asyncio: the client closed its sending side, which means that it is gone."""
        self._turn.finish_reads()
        self._leave()
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """asyncio: the connection is closed."""
        self._turn.finish_reads()
        self._edge.forget(self)
        self._leave()
        self._transport = None
        del self._parser  # it holds us, too

    def pause_writing(self) -> None:
        """asyncio: the client reads slower than we write."""
        self.write_paused = True
        if self._current is not None and self._current.listener is not None:
            self._current.listener.client_slow()

    def resume_writing(self) -> None:
        """asyncio: the client caught up."""
        self.write_paused = False
        if self._current is not None and self._current.listener is not None:
            self._current.listener.client_writable()

    # ---------------------------------------------------------------- parser

    def on_url(self, url: bytes) -> None:
        """httptools: (a piece of) the request's target, which begins the request."""
        if self._in_head:
            self._target += url
        else:
            self._in_head = True
            self._target = url
            self._headers = []

    def on_header(self, name: bytes, value: bytes) -> None:
        """httptools: one header; after the head it is a trailer, which nobody reads."""
        self._headers.append((name.lower(), name, value))

    def on_headers_complete(self) -> None:
        """httptools: the head is complete."""
        self._in_head = False
        self._head_size = self._body_seen = 0
        headers, self._headers = self._headers, []
        if self._refusal is not None:
            return
        parser = self._parser
        target = self._target
        head = RequestHead(
            parser.get_method(),
            target if target.startswith(b"/") or target == b"*" else self._path_of(target),
            headers,
            http10=self._look_closer and parser.get_http_version() == "1.0",
            keep_alive=parser.should_keep_alive(),
        )
        self._check_head(head)
        if self._refusal is None:
            request = self._parsing = Request(self, head, Body(self._edge.budget), self._edge.clock.now())
            self._queue.append(request)

    def on_body(self, data: bytes) -> None:
        """httptools: a piece of the body."""
        if self._parsing is not None:
            self._parsing.body.feed(data)

    def on_message_complete(self) -> None:
        """httptools: the request is complete."""
        if self._parsing is not None:
            self._completed.append(self._parsing.body)
            self._parsing = None

    def _check_head(self, head: RequestHead) -> None:
        """What llhttp lets through and we refuse, and what needs care."""
        fields, headers = head.fields, head.headers
        if b"host" not in fields and not head.http10:
            self._refuse(400, ONE_HOST)
        if len(fields) != len(headers) and sum(lower == b"host" for lower, _, _ in headers) > 1:
            self._refuse(400, ONE_HOST)
        if self._look_closer:
            if len(headers) > MAX_HEADERS or _size(head) > MAX_HEAD:
                self._refuse(431, TOO_LARGE)
            if head.http10 and b"transfer-encoding" in fields:
                self._refuse(400, b"HTTP/1.0 knows no Transfer-Encoding\n")
        self._expects_continue = (
            b"expect" in fields and fields[b"expect"].lower() == b"100-continue" and not head.http10
        )

    def _path_of(self, target: bytes) -> bytes:
        """The path in the absolute form of a target."""
        scheme, separator, rest = target.partition(b"://")
        if not separator or scheme.lower() not in (b"http", b"https"):
            self._refuse(400, b"the request target must be a path\n")
        return b"/" + rest.partition(b"/")[2]

    def _refuse(self, status: int, message: bytes) -> None:
        if self._refusal is None:
            self._refusal = (status, message)
            broken, self._parsing = self._parsing, None
            if broken is not None:
                self._give_up(broken, status)

    def _give_up(self, request: Request, status: int) -> None:
        """The request's body can't be read any further, so the refusal is its answer."""
        if request is not self._current:
            if request in self._queue:
                self._queue.remove(request)
                request.body.detach()
                request.body.release()
            return
        self._current = None
        if request.started:
            self.abort()
        else:
            request.status = status
        self._drop(request)

    def _goes_on_without_upgrade(self, rest: memoryview) -> bool:
        """Whether what follows the head of an upgrade is to be parsed, as if none had been asked for.

        llhttp stops at any `Upgrade` and takes what follows the head for another protocol's bytes.

        A WebSocket's bytes wait for their tunnel. Anything else (h2c) is ignored, as RFC 9110 section 7.8 allows:
        the request is parsed again without the header. So is a WebSocket's that is no GET or has a body (RFC 6455
        section 4.1): to take a body for early bytes, and then for requests, would be smuggling.
        """
        if self._refusal is not None:
            return False
        request = self._queue[-1]
        if request.method == b"GET" and not _has_body(request) and wire_headers.is_websocket_upgrade(request.headers):
            self._upgrading = True
            self._early = bytes(rest)
            return False
        self._queue.pop()
        self._completed.remove(request.body)
        self._parser = httptools.HttpRequestParser(self)
        self._parser.feed_data(wire_headers.head_without_upgrade(request.method, request.head.target, request.headers))
        return True

    # ---------------------------------------------------------------- requests in order

    def _advance(self) -> None:
        """Hand the next request to the handler, unless one is being answered."""
        while self._current is None and self._queue:
            request = self._current = self._queue.popleft()
            if self._expects_continue and not request.body.complete:
                self._expects_continue = False
                self.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            self._edge.handler(request)
        if self._current is None and self._refusal is not None:
            self._answer_refusal()
        if self._paused_reading and len(self._queue) <= MAX_PIPELINED // 2:
            self.resume_reading()

    def answered(self, request: Request) -> None:
        """The answer to `request` is complete or broken off."""
        if request is not self._current:
            return
        self._current = None
        self._edge.request_done(request)
        if not request.body.complete:
            request.body.detach()
        request.body.release()
        self.idle_since = self._edge.clock.now()
        if not request.keep_alive or self._edge.draining:
            self._forget_queue()
            self._close_behind(request.body)
            return
        if self._queue or self._refusal is not None or self._paused_reading or self._upgrading:
            asyncio.get_running_loop().call_soon(self._go_on)

    def _go_on(self) -> None:
        """After an answer: on to what the client has sent meanwhile."""
        try:
            if self._upgrading and self._current is None and not self._queue and self._transport is not None:
                self._upgrade_declined()
            self._advance()
        except Exception as error:
            context = {"message": f"{self!r} broke", "exception": error}
            asyncio.get_running_loop().call_exception_handler(context)
            self.broke()

    def _upgrade_declined(self) -> None:
        """What came behind the head of the upgrade are requests."""
        self._upgrading = False
        self._parser = httptools.HttpRequestParser(self)
        early, self._early = self._early, b""
        self.take(early)

    def _answer_refusal(self) -> None:
        assert self._refusal is not None
        if self._refusal is NOTHING_MORE:
            return
        status, message = self._refusal
        head = wire_headers.status_line(status)
        self.write(
            b"%sContent-Type: text/plain; charset=utf-8\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s"
            % (head, len(message), message)
        )
        self._linger()

    def _close_behind(self, body: Body) -> None:
        """Close after the last answer, whether its request was read to the end or not."""
        if body.complete:
            self._refusal = NOTHING_MORE
            self.close()
        else:
            self._linger()

    def _linger(self) -> None:
        """Close, but read a while longer: a client that still sends would lose the answer to a reset (RFC 9112 9.6)."""
        self._refusal = NOTHING_MORE
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        if self._edge.draining or not transport.can_write_eof():
            self.close()
            return
        self._turn.finish_writes()
        transport.write_eof()
        self.resume_reading()
        asyncio.get_running_loop().call_later(LINGER, transport.close)

    def _leave(self) -> None:
        """The client is gone: whoever answers is told, once."""
        self._forget_queue()
        self._parsing = None
        current, self._current = self._current, None
        if current is not None:
            self._drop(current)

    def _forget_queue(self) -> None:
        for request in self._queue:
            request.body.detach()
            request.body.release()
        self._queue.clear()

    def _drop(self, request: Request) -> None:
        listener, request.listener = request.listener, None
        was_answered, request.ended = request.ended, True
        request.body.detach()
        if listener is not None and not was_answered:
            listener.client_gone()
        request.body.release()
        self._edge.request_done(request)

    # ---------------------------------------------------------------- writing and closing

    @property
    def closing_soon(self) -> bool:
        """Whether this connection should not be kept alive: the server drains."""
        return self._edge.draining

    @property
    def is_idle(self) -> bool:
        """Whether no request is being read or answered."""
        unread = self._parsing is not None and not self._parsing.ended
        return self._current is None and not self._queue and not unread and not self._in_head

    def write(self, data: bytes) -> None:
        """Send bytes to the client; a client that is gone is no error."""
        if self._transport is not None:
            self._turn.write(self._transport, data)

    def write_lines(self, parts: list[bytes]) -> None:
        """Send several pieces without joining them."""
        if self._transport is not None:
            self._turn.finish_writes()
            self._transport.writelines(parts)

    def close(self) -> None:
        """Close after what was written is sent."""
        if self._transport is not None:
            self._turn.finish_writes()
            self._transport.close()

    def abort(self) -> None:
        """Close at once: what the socket does not take now is lost, and the client sees a reset."""
        if self._transport is not None:
            self._turn.finish_writes()
            self._transport.abort()

    def release_transport(self) -> tuple[asyncio.Transport | None, bytes]:
        """Give the socket away to a tunnel, with the bytes that came behind the head.

        From here on the connection is the tunnel's; a drain does not wait for it.
        """
        self._turn.finish_writes()
        self._edge.forget(self)
        self._current = None
        self._given_away = transport = self._transport
        self._transport = None
        del self._parser  # it holds us, too
        return transport, self._early

    def cut_tunnel(self) -> None:
        """End the tunnel that took the socket, if there is one."""
        if self._given_away is not None:
            self._given_away.abort()

    def tunnel_closed(self, request: Request) -> None:
        """The tunnel that took the socket has ended; the request counts as answered."""
        self._given_away = None
        request.ended = True
        self._edge.request_done(request)

    def sweep(self, now: float) -> None:
        """Close the connection if it has stood still for too long."""
        if self._current is None and not self._queue:
            if now - self.idle_since > KEEP_ALIVE:
                self.close()
        elif self._parsing is not None and not self._paused_reading and now - self.idle_since > BODY_IDLE:
            self.abort()

    def pause_reading(self) -> None:
        """Stop reading: whoever takes the requests, or a body, is slower than the client."""
        if not self._paused_reading and self._transport is not None:
            self._paused_reading = True
            self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Go on reading."""
        if self._paused_reading and self._transport is not None:
            self._paused_reading = False
            self._transport.resume_reading()


def _has_body(request: Request) -> bool:
    return b"transfer-encoding" in request.fields or request.fields.get(b"content-length", b"0") != b"0"


def _size(head: RequestHead) -> int:
    return len(head.target) + sum(len(name) + len(value) for _, name, value in head.headers)
