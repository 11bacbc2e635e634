"""One connection to a child or a peer: a request goes out, its answer is parsed by llhttp and pushed on."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol, cast

import httptools

from modelyard.runtime.http.inlet import Inlet
from modelyard.runtime.http.turn import LARGE
from modelyard.runtime.platform.sockets import seconds_of_silence, unread
from modelyard.wire.headers import BODYLESS, Header
from modelyard.wire.heads import MISSES, HeadPattern, ResponseHead

if TYPE_CHECKING:
    from modelyard.runtime.http.pool import UpstreamPool


class ResponseTaker(Protocol):
    """Who takes an upstream's answer as it arrives."""

    def connected(self, connection: UpstreamConnection) -> None:
        """A new connection is ours until the answer is complete."""
        ...

    def connect_failed(self, reason: str) -> None:
        """No connection could be had."""
        ...

    def response_started(self, head: ResponseHead) -> None:
        """The head of the final answer."""
        ...

    def response_body(self, data: bytes) -> None:
        """What one read brought of the body, possibly nothing."""
        ...

    def response_ended(self, data: bytes) -> None:
        """The rest of the body, possibly nothing: the answer is complete and the connection no longer ours."""
        ...

    def response_whole(self, head: ResponseHead, data: bytes) -> None:
        """A whole answer at once, with a Content-Length; the connection is no longer ours."""
        ...

    def response_broken(self, reason: str) -> None:
        """The connection ended before the answer did."""
        ...

    def upgraded(self, early: bytes) -> None:
        """The upstream switched protocols; `early` came behind its head."""
        ...

    def upstream_writable(self) -> None:
        """The upstream takes more of the request's body."""
        ...

    def upstream_slow(self) -> None:
        """The upstream takes the request's body slower than it comes."""
        ...


class UpstreamConnection(asyncio.Protocol):
    """One connection to the child: one request at a time."""

    def __init__(self, pool: UpstreamPool) -> None:
        self._pool = pool
        self._body: list[bytes] = []
        self.on_body = self._body.append  # httptools: a piece of the body, kept without a call into Python
        self._parser = httptools.HttpResponseParser(self)
        self._transport: asyncio.Transport | None = None
        self._taker: ResponseTaker | None = None
        self._pieces: Iterator[bytes] | None = None
        self._write_paused = False
        self.inlet = Inlet()
        self._method = b""
        self._reason = b""
        self._headers: list[Header] = []
        self._in_head = True
        self._head: ResponseHead | None = None
        self._known: tuple[HeadPattern, ResponseHead] | None = None
        """The head of the answer before, while the parser stands between two answers."""
        self._misses = 0
        self._complete = False
        self._skip_body = False
        self._until_close = False
        self._keep_alive = False
        self._given_away: asyncio.Transport | None = None
        self._deadline: asyncio.TimerHandle | None = None
        self.rested = 0
        """How many times it was found idle since it was last used."""
        self.answer_begun = False
        self.body_follows = False
        """Whether more of the request's body has yet to be written: until then the connection serves nobody else."""

    def __repr__(self) -> str:
        return f"<UpstreamConnection to {self._pool.target.url} {'busy' if self._taker else 'idle'}>"

    # ---------------------------------------------------------------- sending

    @property
    def is_closed(self) -> bool:
        """Whether the connection has ended."""
        return self._transport is None

    def send(self, taker: ResponseTaker, method: bytes, start: bytes, pieces: Iterator[bytes] | None) -> None:
        """Send a request: its head (and what fits with it), then further pieces as fast as the upstream takes them."""
        self._taker = taker
        self._method = method
        self.answer_begun = False
        self.rested = 0
        if self._pool.limits.response_header:
            self._expect_head()
        assert self._transport is not None
        self._pool.turn.write(self._transport, start)
        if pieces is not None:
            self._pool.turn.finish_writes()
            self._pieces = pieces
            self._pump_pieces()

    def _pump_pieces(self) -> None:
        assert self._transport is not None
        while self._pieces is not None and not self._write_paused:
            piece = next(self._pieces, None)
            if piece is None:
                self._pieces = None
            else:
                self._transport.write(piece)

    def _expect_head(self) -> None:
        limit = self._pool.limits.response_header
        self._deadline = asyncio.get_running_loop().call_later(limit, self._head_is_late, limit)

    def _head_is_late(self, limit: float) -> None:
        if self._pieces is not None or self.body_follows or self.inlet.paused or self.inlet.held:
            self._expect_head()  # it still gets the request, or we do not listen
            return
        self._deadline = None
        self.answer_begun = True  # it has had its time with the request: no other connection gets it
        self._broken(f"no answer within {limit:g} seconds")

    def _forget_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    @property
    def gathered_is_sent(self) -> bool:
        """Whether all that was gathered is with the socket, so that live bytes may follow in order."""
        return self._pieces is None

    def write(self, data: bytes) -> None:
        """More of the request's body, framed."""
        if self._transport is not None:
            self._pool.turn.write(self._transport, data)

    def pause_writing(self) -> None:
        """asyncio: the upstream reads slower than we write."""
        self._write_paused = True
        if self._taker is not None:
            self._taker.upstream_slow()

    def resume_writing(self) -> None:
        """asyncio: the upstream caught up."""
        self._write_paused = False
        if self._pieces is not None:
            self._pump_pieces()
        if self._taker is not None and self._pieces is None and not self._write_paused:
            self._taker.upstream_writable()

    # ---------------------------------------------------------------- transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """asyncio: connected."""
        self._transport = cast("asyncio.Transport", transport)
        self.inlet.open(self._transport)

    def data_received(self, data: bytes) -> None:
        """asyncio: bytes of an answer."""
        if len(data) < LARGE:
            self._pool.turn.read(self, data)
        else:
            self._pool.turn.read_later(self, data)

    def take(self, data: bytes) -> None:
        """Handle what was read."""
        if self._taker is None:
            self._take_unasked(data)
            return
        self.answer_begun = True
        if self._known is not None:
            if self._method != b"HEAD" and (body := self._known[0].body_of(data)) is not None:
                self._take_known(self._taker, self._known[1], body)
                return
            self._known = None
            self._misses += 1
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._switched(data[upgrade.args[0] :])
            return
        except httptools.HttpParserError as error:
            if not self._complete:
                self._broken(f"invalid HTTP from upstream: {error}")
                return
            self._keep_alive = False  # something came behind the answer: what it is an answer to, nobody knows
        if self._complete and self._head is not None and self._misses < MISSES:
            self._get_to_know(self._head, data)
        self._hand_on()

    def _get_to_know(self, head: ResponseHead, data: bytes) -> None:
        """Remember the head if the next answer may have the same: `data` brought the whole answer and no more."""
        if head.traits.length and self._keep_alive and not self._skip_body and head.status not in BODYLESS:
            size = sum(map(len, self._body))
            pattern = HeadPattern.of(data, size, b"HTTP/1.1 %d %b\r\n" % (head.status, head.reason))
            if pattern is not None:
                self._known = (pattern, head)

    def _take_known(self, taker: ResponseTaker, head: ResponseHead, body: bytes) -> None:
        """A whole answer whose head is the one before: what the parser would say of it is known."""
        self._misses = 0
        self._keep_alive = True
        if self._deadline is not None:
            self._forget_deadline()
        self._let_go()
        taker.response_whole(head.of_length(len(body)), body)

    def broke(self) -> None:
        """A bug of ours: whoever takes the answer hears that it broke."""
        self._broken("internal error")

    def _take_unasked(self, data: bytes) -> None:
        """Bytes read in the turn of a switch are the tunnel's already; else the upstream is out of step."""
        if self._given_away is not None:
            cast("asyncio.Protocol", self._given_away.get_protocol()).data_received(data)
        else:
            self.close()

    def _hand_on(self) -> None:
        """Give the taker what one read brought, in as few calls as possible."""
        taker = self._taker
        if taker is None:
            return
        if self._head is not None:
            head, self._head = self._head, None
            taker.response_started(head)
        body = self._body
        data = body[0] if len(body) == 1 else b"".join(body)
        body.clear()
        if self._complete:
            self._finish(taker, data)
        else:
            taker.response_body(data)

    def _finish(self, taker: ResponseTaker, data: bytes) -> None:
        self._complete = False
        self._in_head = True
        if self._skip_body:
            self.close()
            data = b""
        else:
            self._let_go()
        taker.response_ended(data)

    def _let_go(self) -> None:
        """The answer is complete: the connection serves again, unless something speaks against it."""
        self._taker = None
        if self._keep_alive and self._pieces is None and not self.body_follows and not self._write_paused:
            self.inlet.resume()  # if the client is still slow, the next one need not be
            self._pool.give_back(self)
        else:
            self.close()

    def _switched(self, early: bytes) -> None:
        taker, self._taker = self._taker, None
        if taker is None:
            return
        if self._head is not None:
            taker.response_started(self._head)
        taker.upgraded(early)

    def connection_lost(self, exc: Exception | None) -> None:
        """asyncio: the connection is closed."""
        self._pool.turn.finish_reads(self)
        if exc is not None and self._taker is not None and self._transport is not None:
            self._take_last_words(self._transport)
        self._transport = None
        self.inlet.close()
        self._forget_deadline()
        self._pieces = None  # they may hold a file
        del self._parser  # it holds us, too
        self._pool.forget(self)
        taker = self._taker
        if taker is None:
            return
        if self._until_close and exc is None and not self._in_head:
            self._complete = True
            self._hand_on()
        else:
            self._broken(str(exc) if exc else "upstream closed the connection")

    def _take_last_words(self, transport: asyncio.Transport) -> None:
        """What the upstream said before it hung up: it may be why, when we were still writing and had not read it."""
        for data in unread(transport):
            if self._taker is not None:
                self.take(data)

    def _broken(self, reason: str) -> None:
        taker, self._taker = self._taker, None
        self.close()
        if taker is not None:
            if self._body:
                taker.response_body(b"".join(self._body))
                self._body.clear()
            self._pool.in_doubt()
            taker.response_broken(reason)

    # ---------------------------------------------------------------- parser

    def on_status(self, status: bytes) -> None:
        """httptools: (a piece of) the reason phrase."""
        self._reason += status

    def on_header(self, name: bytes, value: bytes) -> None:
        """httptools: one header (after the head a trailer, which is dropped)."""
        if self._in_head:
            self._headers.append((name.lower(), name, value))

    def on_headers_complete(self) -> None:
        """httptools: the head is complete. Raising here makes the parser stop."""
        if self._complete:
            raise _UnaskedAnswerError
        status = self._parser.get_status_code()
        headers, self._headers = self._headers, []
        reason, self._reason = self._reason, b""
        if status < 200 and status != 101:
            return
        if status == 101 and not self._parser.should_upgrade():
            raise _UnaskedAnswerError
        self._in_head = False
        self._forget_deadline()
        head = self._head = ResponseHead(status, reason, headers)
        traits = head.traits
        # RFC 9112 section 6.3: a body with neither a length nor chunks ends with the connection
        self._until_close = not (traits.length or traits.is_chunked or status in BODYLESS or status == 101)
        self._keep_alive = self._parser.should_keep_alive()
        if self._method == b"HEAD":
            self._complete = True
            self._skip_body = True

    def on_message_complete(self) -> None:
        """httptools: an answer is complete (an interim 1xx is one, too)."""
        if not self._in_head:
            self._complete = True

    # ---------------------------------------------------------------- flow and end

    def seconds_of_silence(self) -> tuple[float, float]:
        """How long ago we last sent something to the upstream, and it to us. Whoever we do not read is not silent."""
        connection = None if self._transport is None else self._transport.get_extra_info("socket")
        silence = None if connection is None or self.inlet.paused else seconds_of_silence(connection)
        return silence or (0.0, 0.0)

    def release_transport(self) -> asyncio.Transport | None:
        """Give the socket away to a tunnel."""
        self._pool.turn.finish_writes()
        self._pool.forget(self)
        self._given_away = transport = self._transport
        self._transport = None
        self.inlet.close()
        del self._parser  # it holds us, too
        return transport

    def close(self) -> None:
        """Close the connection; a running exchange no longer hears of it."""
        self._taker = None
        self._forget_deadline()
        if self._transport is not None:
            self._transport.abort()


class _UnaskedAnswerError(Exception):
    """The upstream says something that nobody asked for."""
