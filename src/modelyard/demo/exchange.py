"""One request and the answering of it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Protocol

from modelyard.demo.journal import Entry

JSON_TYPE = "application/json; charset=utf-8"
EVENTS_TYPE = "text/event-stream"
PHRASES = {
    200: "OK",
    400: "Bad Request",
    404: "Not Found",
    405: "Method Not Allowed",
    500: "Internal Server Error",
    503: "Service Unavailable",
}
"""All that we say; `http` would bring them at the cost of some milliseconds of every start."""

Json = dict[str, Any]


class RefusedError(Exception):
    """The request can't be answered; the client is told why."""

    def __init__(
        self, status: int, message: str, kind: str = "invalid_request_error", *, status_word: str = ""
    ) -> None:
        """`status_word`, where given, is told beside the error, as `/health` does."""
        super().__init__(message)
        self.status = status
        self.kind = kind
        self.status_word = status_word

    def as_json(self) -> Json:
        """The error as llama.cpp and OpenAI write it."""
        error = {"error": {"code": self.status, "message": str(self), "type": self.kind}}
        return {"status": self.status_word} | error if self.status_word else error


@dataclass(slots=True)
class Request:
    """A whole request. Header names keep the case in which they came."""

    method: str
    target: str
    headers: list[tuple[str, str]] = field(default_factory=list)
    version: str = "1.1"
    keeps_alive: bool = True
    body: bytes = b""

    @property
    def path(self) -> str:
        """The target without its query, as it came."""
        return self.target.partition("?")[0]

    def header(self, name: str) -> str:
        """The first header of this name in lower case, or an empty text."""
        return next((value for key, value in self.headers if key.lower() == name), "")

    def json(self) -> Json:
        """The body as a JSON object. Raises `RefusedError` when it is none."""
        try:
            value = json.loads(self.body)
        except ValueError as error:
            raise RefusedError(400, f"the body is not JSON: {error}") from error
        if not isinstance(value, dict):
            raise RefusedError(400, "the body is not a JSON object")
        return value


class Sink(Protocol):
    """Where answers go: the connection."""

    def write(self, data: bytes) -> None:
        """Send bytes."""

    async def wait_writable(self) -> None:
        """Return when the client keeps up."""


class Exchange:
    """Answers one request, whole or as a stream. The task that does so is cancelled when the client leaves."""

    def __init__(self, request: Request, entry: Entry, sink: Sink) -> None:
        self.request = request
        self.entry = entry
        self._sink = sink
        self._is_head = request.method == "HEAD"
        self._chunked = False
        self.keeps_alive = request.keeps_alive
        self.started = False
        self.complete = False

    def __repr__(self) -> str:
        return f"<Exchange {self.entry.request} {self.request.method} {self.request.target}>"

    def json(self) -> Json:
        """The body as a JSON object, noting which model it names. Raises `RefusedError` when it is none."""
        body = self.request.json()
        model = body.get("model")
        self.entry.model = model if isinstance(model, str) else None
        return body

    def answer(self, body: bytes, content_type: str, status: int = 200) -> None:
        """Send a whole answer."""
        self._send_head(status, {"Content-Type": content_type, "Content-Length": str(len(body))}, body)
        self.complete = True

    def answer_json(self, value: object, status: int = 200) -> None:
        """Send a whole answer in JSON."""
        self.answer(dump(value), JSON_TYPE, status)

    def start_events(self) -> None:
        """Begin a stream of server-sent events."""
        headers = {"Content-Type": EVENTS_TYPE, "Cache-Control": "no-cache"}
        self._chunked = self.request.version != "1.0"
        if self._chunked:
            headers["Transfer-Encoding"] = "chunked"
        else:
            self.keeps_alive = False
        self._send_head(200, headers)

    async def send_event(self, value: object, event: str = "") -> None:
        """Send one event; `value` is JSON, or a text that goes out as it is."""
        data = value.encode() if isinstance(value, str) else dump(value)
        self._send_body((f"event: {event}\n".encode() if event else b"") + b"data: " + data + b"\n\n")
        await self._sink.wait_writable()

    def end_events(self) -> None:
        """Complete the stream."""
        if self._chunked and not self._is_head:
            self._sink.write(b"0\r\n\r\n")
        self.complete = True

    def _send_head(self, status: int, headers: dict[str, str], body: bytes = b"") -> None:
        self.started = True
        self.entry.status = status
        lines = [f"HTTP/1.1 {status} {PHRASES[status]}", "Server: modelyard-demo"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        if not self.keeps_alive:
            lines.append("Connection: close")
        elif self.request.version == "1.0":
            lines.append("Connection: keep-alive")
        head = "\r\n".join([*lines, "", ""]).encode("latin-1")
        self._sink.write(head if self._is_head else head + body)

    def _send_body(self, data: bytes) -> None:
        if not self._is_head:
            self._sink.write(b"%x\r\n%b\r\n" % (len(data), data) if self._chunked else data)


def dump(value: object) -> bytes:
    """Compact JSON."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")
