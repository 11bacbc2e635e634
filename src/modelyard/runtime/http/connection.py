"""One client's connection: its requests are answered in order, and its end is noticed.

A client that closes its sending side is gone (DESIGN section 5), so reading is never paused while a request waits. What
the client's bytes mean is found out by `reader.py`.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, cast

from modelyard.runtime.http.body import Body
from modelyard.runtime.http.inlet import Inlet
from modelyard.runtime.http.reader import MAX_HEAD, NOTHING_MORE, RequestReader
from modelyard.runtime.http.request import Request
from modelyard.runtime.http.turn import LARGE
from modelyard.wire import headers as wire_headers

if TYPE_CHECKING:
    from modelyard.runtime.http.edge import Edge

MAX_PIPELINED = 16
"""Requests that a connection may have waiting behind the one being answered, before its reading pauses."""
UNSENT = 32 * 1024
"""Bytes that may wait for a client before its engine is not read any more."""
KEEP_ALIVE = 120.0
"""Seconds that a connection may stay without a request, or with an unfinished head."""
BODY_IDLE = 120.0
"""Seconds that a request's body may stand still."""
CLIENT_IDLE = 120.0
"""Seconds that a client may take nothing of what waits for it."""
LINGER = 2.0
"""Seconds that a client which was refused may go on sending before the connection is closed."""


class EdgeConnection(asyncio.Protocol):
    """One client's connection."""

    def __init__(self, edge: Edge) -> None:
        self._edge = edge
        self._turn = edge.turn
        self._reader = RequestReader(edge, self)
        self._queue = self._reader.queue
        self._transport: asyncio.Transport | None = None
        self._current: Request | None = None
        self.inlet = Inlet()
        self._has_spoken = False
        self._given_away: asyncio.Transport | None = None
        self.write_paused = False
        self._unsent = 0
        """Bytes that waited for the client when it was last seen to take some."""
        self._slow_since = 0.0
        self.client_address = b""
        self.local_address: tuple[str, int] = ("", 0)
        self.idle_since = 0.0

    def __repr__(self) -> str:
        paused = " paused" * self.inlet.paused
        return (
            f"<EdgeConnection {self.client_address.decode()} current={self._current} queued={len(self._queue)}{paused}>"
        )

    # ---------------------------------------------------------------- transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """asyncio: a client connected."""
        self._transport = cast("asyncio.Transport", transport)
        self.inlet.open(self._transport)
        self._transport.set_write_buffer_limits(high=UNSENT)
        peer = transport.get_extra_info("peername")
        self.local_address = transport.get_extra_info("sockname")[:2]
        self.client_address = str(peer[0]).encode() if peer else b""
        self.idle_since = self._edge.clock.now()
        self._edge.connections.add(self)
        if self._edge.draining:
            self.close()

    def data_received(self, data: bytes) -> None:
        """asyncio: bytes from the client."""
        if self._has_spoken and len(data) < LARGE:
            self._turn.read(self, data)
        else:
            self._has_spoken = True
            self._turn.read_later(self, data)

    def take(self, data: bytes) -> None:
        """Handle what was read."""
        reader = self._reader
        if reader.refusal is not None:
            return
        if reader.known is not None:
            if self._current is None and not self._queue and (request := reader.read_known(data)) is not None:
                self._current = request
                self._edge.handler(request)
                return
            reader.forget_known()
        if reader.upgrading:
            self._take_early(data)
            return
        reader.read(data)
        if self._current is None:
            self._advance()
        elif len(self._queue) > MAX_PIPELINED:
            self.inlet.pause()

    def broke(self) -> None:
        """A bug of ours: the client sees a reset, and whoever answered it hears that it left."""
        self.abort()

    def _take_early(self, data: bytes) -> None:
        """Bytes behind the head of an upgrade. Read in the turn of the switch, they are the tunnel's already."""
        if self._given_away is not None:
            cast("asyncio.Protocol", self._given_away.get_protocol()).data_received(data)
            return
        self._reader.early += data
        if len(self._reader.early) > MAX_HEAD:
            self.inlet.pause()

    def eof_received(self) -> bool:
        """asyncio: the client closed its sending side, which means that it is gone."""
        self._turn.finish_reads(self)
        self._leave()
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """asyncio: the connection is closed."""
        self._turn.finish_reads(self)
        self._edge.forget(self)
        self._leave()
        self._transport = None
        self.inlet.close()
        self._reader.close()

    def pause_writing(self) -> None:
        """asyncio: the client reads slower than we write."""
        self.write_paused = True
        self._slow_since = self._edge.clock.now()
        if self._current is not None and self._current.listener is not None:
            self._current.listener.client_slow()

    def resume_writing(self) -> None:
        """asyncio: the client caught up."""
        self.write_paused = False
        if self._current is not None and self._current.listener is not None:
            self._current.listener.client_writable()

    # ---------------------------------------------------------------- requests in order

    def _advance(self) -> None:
        """Hand the next request to the handler, unless one is being answered."""
        while self._current is None and self._queue:
            request = self._current = self._queue.popleft()
            if self._reader.expects_continue and not request.body.complete:
                self._reader.expects_continue = False
                self.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            self._edge.handler(request)
        if self._current is None and self._reader.refusal is not None:
            self._answer_refusal()
        if self.inlet.paused and len(self._queue) <= MAX_PIPELINED // 2:
            self.inlet.resume()

    def give_up(self, request: Request, status: int) -> None:
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
            self._reader.forget_queue()
            self._close_behind(request.body)
            return
        if self._queue or self._reader.refusal is not None or self.inlet.paused or self._reader.upgrading:
            asyncio.get_running_loop().call_soon(self._go_on)

    def _go_on(self) -> None:
        """After an answer: on to what the client has sent meanwhile."""
        try:
            if self._reader.upgrading and self._current is None and not self._queue and self._transport is not None:
                self.take(self._reader.upgrade_declined())
            self._advance()
        except Exception as error:
            context = {"message": f"{self!r} broke", "exception": error}
            asyncio.get_running_loop().call_exception_handler(context)
            self.broke()

    def _answer_refusal(self) -> None:
        assert self._reader.refusal is not None
        if self._reader.refusal is NOTHING_MORE:
            return
        self._edge.refused(self.client_address, self._reader.refusal)
        status, words, content_type, _ = self._reader.refusal
        head = wire_headers.status_line(status)
        self.write(
            b"%sContent-Type: %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s"
            % (head, content_type, len(words), words)
        )
        self._linger()

    def _close_behind(self, body: Body) -> None:
        """Close after the last answer, whether its request was read to the end or not."""
        if body.complete:
            self._reader.refusal = NOTHING_MORE
            self.close()
        else:
            self._linger()

    def _linger(self) -> None:
        """Close, but read a while longer: a client that still sends would lose the answer to a reset (RFC 9112 9.6)."""
        self._reader.refusal = NOTHING_MORE
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        if self._edge.draining:
            self.close()
            return
        self._turn.finish_writes()
        if transport.can_write_eof():  # TLS can't: its client knows by the answer's length that there is no more
            transport.write_eof()
        self.inlet.resume()
        asyncio.get_running_loop().call_later(LINGER, transport.close)

    def _leave(self) -> None:
        """The client is gone: whoever answers is told, once."""
        self._reader.forget_queue()
        self._reader.parsing = None
        current, self._current = self._current, None
        if current is not None:
            self._drop(current)

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
        unread = self._reader.parsing is not None and not self._reader.parsing.ended
        waiting = self._queue or self.inlet.held
        return self._current is None and not waiting and not unread and not self._reader.in_head

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
        self._turn.finish_long(self)
        self._turn.finish_writes()
        self._edge.forget(self)
        self._current = None
        self._given_away = transport = self._transport
        self._transport = None
        self.inlet.close()
        early = self._reader.early
        self._reader.close()
        return transport, early

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
        if self.write_paused and self._takes_nothing(now):
            self.abort()  # else it would keep its grant, and so its model, for ever
        elif self._current is None and not self._queue:
            if now - self.idle_since > KEEP_ALIVE:
                self.close()
        elif self._reader.parsing is not None and not self.inlet.paused and now - self.idle_since > BODY_IDLE:
            self.abort()

    def _takes_nothing(self, now: float) -> bool:
        """Whether nothing of what waits for the client has left for too long."""
        unsent = 0 if self._transport is None else self._transport.get_write_buffer_size()
        if unsent != self._unsent:
            self._unsent, self._slow_since = unsent, now
        return now - self._slow_since > CLIENT_IDLE
