"""HTTP/1.1 on httptools: connections, and the tasks that answer their requests."""

from __future__ import annotations

import asyncio
import traceback
from collections import deque
from collections.abc import Awaitable, Callable
from typing import cast

import httptools

from modelyard.demo import websocket
from modelyard.demo.exchange import Exchange, RefusedError, Request
from modelyard.demo.journal import Journal, log

Handler = Callable[[Exchange], Awaitable[None]]


class Connection(asyncio.Protocol):
    """One client. Its requests are answered one after another; when it leaves, the answering stops at once."""

    def __init__(self, handler: Handler, journal: Journal) -> None:
        self._handler = handler
        self._journal = journal
        self._parser = httptools.HttpRequestParser(self)
        self._incoming = Request("", "")
        self._body: list[bytes] = []
        self._target: list[bytes] = []
        self._waiting: deque[Request] = deque()
        self._current: Exchange | None = None
        self._task: asyncio.Task[None] | None = None
        self._echo: websocket.Echo | None = None
        self._writable = asyncio.Event()
        self._writable.set()
        self._transport: asyncio.Transport

    def __repr__(self) -> str:
        return f"<Connection answering={self._current!r} waiting={len(self._waiting)}>"

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        if self._echo is not None:
            self._echo.feed(data)
            return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._upgrade(data[upgrade.args[0] :])
        except httptools.HttpParserError as error:
            self._refuse_garbage(error)

    def eof_received(self) -> None:
        # A client that half-closes will not read the rest, so what is still unsent must not delay the news.
        if self._current is not None:
            self._transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._writable.set()
        self._waiting.clear()
        if self._task is not None:
            self._task.cancel()
        if self._current is not None:
            self._end_exchange(self._current, early=not self._current.complete)
        if self._echo is not None:
            self._echo.ended()

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    # What the parser calls.

    def on_message_begin(self) -> None:
        self._incoming = Request("", "")
        self._target, self._body = [], []

    def on_url(self, data: bytes) -> None:
        self._target.append(data)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._incoming.headers.append((name.decode("latin-1"), value.decode("latin-1")))

    def on_headers_complete(self) -> None:
        request = self._incoming
        request.method = self._parser.get_method().decode("latin-1")
        request.target = b"".join(self._target).decode("latin-1")
        request.version = self._parser.get_http_version()
        request.keeps_alive = self._parser.should_keep_alive()
        if request.header("expect").lower() == "100-continue":
            self.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, data: bytes) -> None:
        self._body.append(data)

    def on_message_complete(self) -> None:
        request = self._incoming
        request.body = b"".join(self._body)
        self._body = []
        if self._parser.should_upgrade():
            if websocket.is_handshake(request):
                return  # `_upgrade` follows
            request.keeps_alive = False  # the parser takes nothing after it
        self._waiting.append(request)
        self._answer_next()

    # What an exchange calls.

    def write(self, data: bytes) -> None:
        """Send bytes; those for a client that has gone vanish."""
        self._transport.write(data)

    async def wait_writable(self) -> None:
        """Return when the client keeps up."""
        await self._writable.wait()

    def _answer_next(self) -> None:
        if self._current is not None or not self._waiting or self._transport.is_closing():
            return
        request = self._waiting.popleft()
        exchange = Exchange(request, self._journal.opened(request.method, request.path), self)
        self._current = exchange
        self._task = asyncio.get_running_loop().create_task(self._answer(exchange), name=f"answer {exchange!r}")

    async def _answer(self, exchange: Exchange) -> None:
        try:
            await self._handler(exchange)
        except RefusedError as refusal:
            exchange.answer_json(refusal.as_json(), refusal.status)
        except Exception as error:
            log(f"request={exchange.entry.request} failed\n{traceback.format_exc()}")
            if not exchange.started:
                exchange.answer_json(RefusedError(500, repr(error), "server_error").as_json(), 500)
        if self._current is not exchange:
            return
        self._end_exchange(exchange, early=False)
        if not (exchange.keeps_alive and exchange.complete):
            self._transport.close()
        self._answer_next()

    def _end_exchange(self, exchange: Exchange, *, early: bool) -> None:
        self._current = self._task = None
        self._journal.closed(exchange.entry, early=early)

    def _upgrade(self, rest: bytes) -> None:
        request = self._incoming
        if not websocket.is_handshake(request):
            return  # `Upgrade: h2c` and the like are ignored; the request is being answered
        entry = self._journal.opened(request.method, request.path)
        self._echo = websocket.Echo(self._transport, lambda early: self._journal.closed(entry, early=early))
        entry.status = 101
        self._transport.write(websocket.handshake_answer(request))
        self._echo.feed(rest)

    def _refuse_garbage(self, error: Exception) -> None:
        if self._current is None:
            entry = self._journal.opened("?", "?")
            request = Request("?", "?", keeps_alive=False)
            Exchange(request, entry, self).answer_json(RefusedError(400, f"not HTTP: {error}").as_json(), 400)
            self._journal.closed(entry, early=False)
        self._transport.close()
