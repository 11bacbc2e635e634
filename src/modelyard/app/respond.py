"""Our own answers: the one place that writes errors to a client, on the inference side and in the API."""

from __future__ import annotations

import msgspec
from starlette.requests import Request as ApiRequest
from starlette.responses import RedirectResponse, Response

from modelyard.runtime.http.request import Request
from modelyard.wire import errors
from modelyard.wire.endpoints import Dialect
from modelyard.wire.errors import HttpError
from modelyard.wire.heads import ResponseHead
from modelyard.wire.paths import forwarded_prefix


def send_error(request: Request, error: HttpError, dialect: Dialect = Dialect.OPENAI) -> None:
    """Answer with the error, negotiated on `Accept`, in the route's dialect.

    The records keep its head, like that of an engine's answer.
    """
    status, headers, body = errors.render(error, request.header(b"accept"), dialect)
    request.response = ResponseHead(status, b"", [(name.lower(), name, value) for name, value in headers])
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


def with_query(path: bytes, query: bytes) -> bytes:
    """The path and the query, if there is one."""
    return b"%s?%s" % (path, query) if query else path


def redirect(request: Request, status: int, location: bytes) -> None:
    """Answer with a redirect to a path of ours, also where a proxy shows us below another path (R46)."""
    prefix = forwarded_prefix(request.header(b"x-forwarded-prefix"))
    request.respond(status, [(b"Location", prefix.encode() + location)])


def api_redirect(request: ApiRequest, status: int, location: str) -> Response:
    """The same as an answer of the API."""
    prefix = forwarded_prefix(request.headers.get("x-forwarded-prefix", ""))
    return RedirectResponse(prefix + location, status)
