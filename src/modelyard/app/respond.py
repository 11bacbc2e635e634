"""Our own answers: the one place that writes errors to a client, on the inference side and in the API."""

from __future__ import annotations

import msgspec
from starlette.requests import Request as ApiRequest
from starlette.responses import Response

from modelyard.runtime.http.request import Request
from modelyard.wire import errors
from modelyard.wire.endpoints import Dialect
from modelyard.wire.errors import HttpError


def send_error(request: Request, error: HttpError, dialect: Dialect = Dialect.OPENAI) -> None:
    """Answer with the error, negotiated on `Accept`, in the route's dialect."""
    status, headers, body = errors.render(error, request.header(b"accept"), dialect)
    request.respond(status, headers, body)


def api_error(request: ApiRequest, error: HttpError) -> Response:
    """The same error as an answer of the API."""
    status, headers, body = errors.render(error, request.headers.get("accept", ""), Dialect.OPENAI)
    return Response(body, status, {name.decode(): value.decode() for name, value in headers})


def api_json(value: object, status: int = 200) -> Response:
    """An answer of the API: compact JSON and a line end."""
    return Response(msgspec.json.encode(value) + b"\n", status, media_type="application/json")


def send_text(request: Request, status: int, text: str, *headers: tuple[bytes, bytes]) -> None:
    """Answer with plain text."""
    request.respond(status, [(b"Content-Type", b"text/plain; charset=utf-8"), *headers], text.encode())


def redirect(request: Request, status: int, location: bytes) -> None:
    """Answer with a redirect."""
    request.respond(status, [(b"Location", location)])
