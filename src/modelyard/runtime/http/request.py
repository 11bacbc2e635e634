"""One request on a client's connection, and the answer that goes back through it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from modelyard.runtime.http.body import Body
from modelyard.wire import headers as wire_headers
from modelyard.wire.headers import BODYLESS
from modelyard.wire.heads import RequestHead, ResponseHead

if TYPE_CHECKING:
    from modelyard.runtime.http.connection import EdgeConnection

TRACE = b"X-Request-Id"
"""The header in which the id of a request travels."""
LARGE_WRITE = 16 * 1024
"""From this size on, framing is written beside the data instead of copying the data into the frame."""

CROSS_ORIGIN = b"Access-Control-Allow-Origin: *\r\n"


QUEUE_POSITION = b"X-Modelyard-Queue-Position: %d\r\n"


class RequestListener(Protocol):
    """Who answers a request and hears what its client does meanwhile."""

    def client_gone(self) -> None:
        """The client left before the answer was complete. Nothing more can be written."""
        ...

    def client_slow(self) -> None:
        """The client's socket is full: stop producing."""
        ...

    def client_writable(self) -> None:
        """The client's socket has drained: go on producing."""
        ...


class Request:
    """A parsed head, its body as it arrives, and the door for the answer.

    An answer is either `respond` (all at once) or `start`, any number of `push`, and `end`. Whoever answers may call
    `abort` at any time: the client then sees a broken body, never a clean end (R37).
    """

    listener: RequestListener | None = None
    response: ResponseHead | None = None
    """The head of an upstream's answer, once there is one."""
    cross_origin = False
    """Whether a page of another origin asks, which may read the answer."""
    says_it_stays = False
    """Whether the answer says that its connection stays, which HTTP/1.1 takes for granted (spec http 14, 19)."""
    trace = b""
    """The id by which logs and engines know the request; empty where none is kept. Its client gets it back."""
    queue_position = 0
    """Its place among those that waited, when it came; 0 where it did not wait. Its client is told."""
    model = ""
    """The model that it is for, once that is known and where it is for one."""
    status = 0
    body_bytes_sent = 0
    started = False
    ended = False
    _pending_head = b""
    _chunked = False

    def __init__(self, connection: EdgeConnection, head: RequestHead, body: Body, now: float) -> None:
        self.connection = connection
        self.head = self.received = head
        self.body = body
        self.method = head.method
        self.path = head.path
        self.query = head.query
        self.headers = head.headers
        self.fields = head.fields
        self.http10 = head.http10
        self.keep_alive = head.keep_alive
        self.arrived_at = now

    def __repr__(self) -> str:
        state = "ended" if self.ended else "started" if self.started else "waiting"
        return f"<Request {self.method.decode()} {self.head.target.decode('latin-1')} {state}>"

    def header(self, lower_name: bytes) -> str:
        """The first header of that name as text, empty where there is none."""
        return self.fields.get(lower_name, b"").decode("latin-1")

    @property
    def client_address(self) -> bytes:
        """The address of the socket's other end, without port."""
        return self.connection.client_address

    def without_headers(self, lower_names: frozenset[bytes]) -> None:
        """Forward the request without these headers."""
        self.go_on_as(self.head.without(lower_names))

    def go_on_as(self, head: RequestHead) -> None:
        """Work on, and forward the request, with another head; `received` stays."""
        self.head = head
        self.headers, self.fields = head.headers, head.fields

    # ---------------------------------------------------------------- answering

    def respond(self, status: int, headers: list[tuple[bytes, bytes]], body: bytes = b"") -> None:
        """Answer all at once."""
        lines = [wire_headers.status_line(status)]
        lines += [b"%s: %s\r\n" % header for header in headers]
        if status >= 200 and status not in BODYLESS:
            lines.append(b"Content-Length: %d\r\n" % len(body))
        if self.cross_origin:
            lines.append(CROSS_ORIGIN)
        if self.trace:
            lines.append(b"%b: %b\r\n" % (TRACE, self.trace))
        if self.queue_position:
            lines.append(QUEUE_POSITION % self.queue_position)
        lines.append(self._connection_line())
        lines.append(b"\r\n")
        if self.method != b"HEAD":
            lines.append(body)
            self.body_bytes_sent += len(body)
        self.status = status
        self.started = True
        self.connection.write(b"".join(lines))
        self.end()

    def start(self, head: ResponseHead) -> None:
        """Begin an answer with an upstream's head.

        Without a length the body is chunked for HTTP/1.1 clients and ends with the connection for older ones. The
        head leaves together with the first `push` or with `push_last`.
        """
        framing = b""
        self.response = head
        status, traits = head.status, head.traits
        if not traits.length and status not in BODYLESS and self.method != b"HEAD":
            if self.http10:
                self.keep_alive = False
            else:
                self._chunked = True
                framing = b"Transfer-Encoding: chunked\r\n"
        if self.says_it_stays or self.http10 or not self.keep_alive or self.connection.closing_soon:
            framing += self._connection_line()
        if self.cross_origin and wire_headers.find(head.headers, b"access-control-allow-origin") is None:
            framing += CROSS_ORIGIN
        if self.trace and wire_headers.find(head.headers, TRACE.lower()) is None:
            framing += b"%b: %b\r\n" % (TRACE, self.trace)
        if self.queue_position:
            framing += QUEUE_POSITION % self.queue_position
        if framing:
            self._pending_head = wire_headers.response_head(status, head.reason, head.headers, traits, framing)
        else:
            self._pending_head = head.written or head.write()
        self.status = status
        self.started = True

    def respond_as(self, head: ResponseHead, body: bytes) -> None:
        """Answer all at once as an upstream did, with a Content-Length."""
        if (
            self.http10
            or not self.keep_alive
            or self.cross_origin
            or self.trace
            or self.queue_position
            or self.connection.closing_soon
            or len(body) >= LARGE_WRITE
        ):
            self.start(head)
            self.push_last(body)
            return
        self.response = head
        self.status = head.status
        self.body_bytes_sent += len(body)
        self.started = True
        self.connection.write((head.written or head.write()) + body)
        self.end()

    @property
    def is_chunked(self) -> bool:
        """Whether the answer's body is framed in chunks, so that more can be said at its end."""
        return self._chunked

    def push(self, data: bytes) -> None:
        """More of the answer's body (not empty), in one write."""
        size = len(data)
        self.body_bytes_sent += size
        head = self._pending_head
        if head:
            self._pending_head = b""
        if size >= LARGE_WRITE:
            self._push_large(head, data)
        elif self._chunked:
            self.connection.write(b"%b%x\r\n%b\r\n" % (head, size, data))
        else:
            self.connection.write(head + data if head else data)

    def _push_large(self, head: bytes, data: bytes) -> None:
        if self._chunked:
            self.connection.write_lines([b"%b%x\r\n" % (head, len(data)), data, b"\r\n"])
        else:
            self.connection.write_lines([head, data])

    def flush_head(self) -> None:
        """Send the head now: nothing of the body is there yet."""
        if self._pending_head:
            head, self._pending_head = self._pending_head, b""
            self.connection.write(head)

    def push_last(self, data: bytes) -> None:
        """The rest of the answer and its end, in one write."""
        size = len(data)
        if size >= LARGE_WRITE:
            self.push(data)
            data, size = b"", 0
        self.body_bytes_sent += size
        head = self._pending_head
        self._pending_head = b""
        if self._chunked:
            tail = b"%b%x\r\n%b\r\n0\r\n\r\n" % (head, size, data) if data else head + b"0\r\n\r\n"
        else:
            tail = head + data
        if tail:
            self.connection.write(tail)
        self.end()

    def end(self) -> None:
        """The answer is complete; the connection goes on with its next request."""
        if not self.ended:
            self.ended = True
            self.listener = None  # each holds the other: left alone, every request would be the collector's
            self.connection.answered(self)

    def abort(self) -> None:
        """Break the answer off: what was sent goes out, the connection closes without the body's proper end."""
        if not self.ended:
            self.flush_head()
            self.ended = True
            self.listener = None
            self.keep_alive = False
            if self.http10:  # its body ends with the connection: only a reset tells it from a clean end
                self.connection.abort()
            self.connection.answered(self)

    def _connection_line(self) -> bytes:
        if self.connection.closing_soon:
            self.keep_alive = False
        if not self.keep_alive:
            return b"Connection: close\r\n"
        return b"Connection: keep-alive\r\n" if self.http10 or self.says_it_stays else b""
