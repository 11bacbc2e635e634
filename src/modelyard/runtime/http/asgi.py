"""Everything that is not inference traffic: a small bridge that runs an ASGI application behind our edge.

The application sees plain ASGI 3 (HTTP only). One task per request; bodies are gathered first (they are small here),
answers stream under the client's backpressure, and the task is cancelled when the client leaves.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import unquote_to_bytes

from modelyard.runtime.http.request import Request
from modelyard.runtime.tasks import TaskOwner
from modelyard.wire import headers as wire_headers
from modelyard.wire.headers import Header
from modelyard.wire.heads import ResponseHead

Message = MutableMapping[str, Any]
AsgiApp = Callable[[Message, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]]

MAX_BODY = 4 << 20
"""Bytes that a request to the admin API may bring."""


class AsgiBridge:
    """Runs one ASGI application."""

    def __init__(self, app: AsgiApp, tasks: TaskOwner) -> None:
        self._app = app
        self._tasks = tasks

    def __repr__(self) -> str:
        return f"<AsgiBridge {self._app!r}>"

    def handle(self, request: Request) -> None:
        """Answer the request by the application."""
        if int(request.fields.get(b"content-length", b"0")) > MAX_BODY or request.body.size > MAX_BODY:
            _refuse_body(request)
            return
        call = _Call(request)
        request.listener = call
        call.task = self._tasks.spawn(call.run(self._app), name=f"asgi {request.path.decode('latin-1')}")


class _Call:
    """One request inside the application."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._gone = False
        self._parts = list(request.body.pieces())
        self._size = request.body.size
        self._body_here = asyncio.Event()
        self._body_sent = False
        self._writable = asyncio.Event()
        if not request.connection.write_paused:
            self._writable.set()
        self._head: tuple[int, list[Header]] | None = None
        self._left = asyncio.Event()
        self.task: asyncio.Task[None] | None = None
        if request.body.complete:
            self._body_here.set()
        else:
            request.body.attach(self)

    async def run(self, app: AsgiApp) -> None:
        try:
            await app(self._scope(), self._receive, self._send)
        except Exception:
            if self._gone:
                return
            if self._request.started:
                self._request.abort()
            else:
                self._request.respond(500, [(b"Content-Type", b"text/plain")], b"internal error\n")
            raise
        if not self._request.ended and not self._gone:
            self._request.abort()

    def _scope(self) -> Message:
        request = self._request
        host, port = request.connection.local_address
        return {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "http_version": "1.0" if request.http10 else "1.1",
            "method": request.method.decode("ascii"),
            "scheme": "http",
            "path": unquote_to_bytes(request.path).decode("utf-8", "replace"),
            "raw_path": request.path,
            "query_string": request.query,
            "root_path": "",
            "headers": [(lower, value) for lower, _, value in request.headers],
            "client": (request.client_address.decode(), 0),
            "server": (host, port),
        }

    async def _receive(self) -> Message:
        if not self._body_sent:
            await self._body_here.wait()
            self._body_sent = True
            return {"type": "http.request", "body": b"".join(self._parts), "more_body": False}
        await self._left.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:
        if self._gone:
            raise OSError("the client left")
        if message["type"] == "http.response.start":
            headers = [(name.lower(), name, value) for name, value in message.get("headers", [])]
            self._head = (message["status"], headers)
            return
        self._send_body(message.get("body", b""), more=message.get("more_body", False))
        if not self._writable.is_set():
            await self._writable.wait()

    def _send_body(self, data: bytes, *, more: bool) -> None:
        request = self._request
        if self._head is not None:
            (status, headers), self._head = self._head, None
            request.says_it_stays = wire_headers.find(headers, b"connection") == b"keep-alive"
            request.start(ResponseHead(status, b"", headers))
        if request.method == b"HEAD":
            data = b""
            if more:  # the answer ends with its head, also where the body would never end
                request.push_last(b"")
                self.client_gone()
                return
        if not more:
            request.push_last(data)
            self._left.set()
        elif data:
            request.push(data)
        else:
            request.flush_head()

    def body_data(self, data: bytes) -> None:
        """More of the request's body."""
        self._size += len(data)
        self._parts.append(data)
        if self._size > MAX_BODY:
            if self._request.started:
                self._request.abort()
            else:
                _refuse_body(self._request)
            self.client_gone()

    def body_end(self) -> None:
        """The request's body is complete."""
        self._body_here.set()

    def client_gone(self) -> None:
        """The client left: the application's work is cancelled."""
        self._gone = True
        self._left.set()
        self._writable.set()
        if self.task is not None:
            self.task.cancel()

    def client_slow(self) -> None:
        """The client reads slower than the application answers."""
        self._writable.clear()

    def client_writable(self) -> None:
        """The client caught up."""
        self._writable.set()


def _refuse_body(request: Request) -> None:
    request.keep_alive = False
    request.respond(413, [(b"Content-Type", b"text/plain; charset=utf-8")], b"the request body is too large\n")
