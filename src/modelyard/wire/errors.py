"""Causes turned into responses: one place decides status, code, message and shape (spec http 7).

    HttpError                   what to answer: status, message, code, headers
    ├── from a core Cause       `of_cause`
    └── from the wire           `no_model`, `model_not_found`, …

`render` writes it in the dialect of the route, or as text or HTML where the client asks for that.
"""

from __future__ import annotations

import html
import math
from dataclasses import dataclass

import msgspec

from modelyard.core.errors import (
    Braked,
    Cancelled,
    Cause,
    Held,
    LoadFailed,
    ModelUnloaded,
    Overloaded,
    ShuttingDown,
    UnknownModel,
)
from modelyard.wire.endpoints import Dialect

SOURCE = "modelyard"

_TYPES_AND_CODES = {
    400: ("invalid_request_error", "bad_request"),
    401: ("authentication_error", "unauthorized"),
    403: ("authentication_error", "forbidden"),
    404: ("invalid_request_error", "not_found"),
    409: ("invalid_request_error", "conflict"),
    429: ("rate_limit_error", "rate_limit_exceeded"),
    502: ("server_error", "bad_gateway"),
    503: ("server_error", "service_unavailable"),
    504: ("server_error", "gateway_timeout"),
}
_ANTHROPIC_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    503: "overloaded_error",
}


@dataclass(frozen=True, slots=True)
class HttpError:
    """An answer that we give instead of an engine. `retry_after` is seconds; `code` overrides the status's own.

    `hint` is a field of its own in JSON (ours): messages are fixed, since clients compare them.
    """

    status: int
    message: str
    code: str = ""
    retry_after: float | None = None
    always_json: bool = False
    hint: str = ""

    @property
    def type_and_code(self) -> tuple[str, str]:
        """OpenAI's `type` and `code` for the status."""
        general = (
            ("invalid_request_error", "invalid_request") if self.status < 500 else ("server_error", "internal_error")
        )
        type_, code = _TYPES_AND_CODES.get(self.status, general)
        return type_, self.code or code


NO_MODEL = HttpError(404, "no model id could be identified")
NO_ROUTER = HttpError(404, "no router for requested model")
MODEL_NOT_FOUND = HttpError(404, "model not found")
UNREADABLE_BODY = HttpError(400, "could not read request body")
CANCELLED = HttpError(502, "the request was cancelled by an operator", "cancelled")
BODY_TOO_LARGE = HttpError(413, "the request body is larger than this server accepts", "request_too_large")


def of_cause(cause: Cause) -> HttpError:
    """What a rejected request is told (spec lifecycle 9; `Retry-After` per DESIGN section 7)."""
    match cause:
        case UnknownModel():
            return NO_ROUTER
        case Overloaded(explicit=True):
            return HttpError(429, "Too many requests", "concurrency_limit", 1, always_json=True)
        case Overloaded(model=model, retry_after=seconds):
            return HttpError(429, f"too many requests wait for {model}", "queue_limit", seconds, always_json=True)
        case Held(model=model, holder=holder):
            return HttpError(409, f"{model} needs the place of {holder}, which must not be evicted", "model_held")
        case LoadFailed(reason=reason):
            return HttpError(500, f"unspecific error: {reason}")
        case Braked(model=model, reason=reason, failures=failures, retry_after=seconds):
            message = f"{model} has failed to start {failures} times in a row and is not tried for a while: {reason}"
            return HttpError(503, message, "model_failed", seconds)
        case ModelUnloaded(planner=planner):
            return HttpError(500, f"unspecific error: {planner}: model unloaded")
        case Cancelled():
            return HttpError(502, "the request was cancelled by an operator while it waited", "cancelled")
        case ShuttingDown(planner=planner):
            return HttpError(500, f"unspecific error: {planner} is shutting down")


def over_max_body(largest: int) -> HttpError:
    """The body has more bytes than the key `maxBody` allows."""
    message = f"the request body is larger than maxBody allows ({largest} bytes)"
    return HttpError(413, message, "request_too_large")


def no_spillover_target(selector: str) -> HttpError:
    """All targets of a selector are on their way out."""
    return HttpError(503, f'selector "{selector}" has no available spillover targets', retry_after=1)


def upstream_failed(reason: str) -> HttpError:
    """The engine could not be reached, or broke while it answered: JSON with 502, never an empty body."""
    return HttpError(502, f"upstream error: {reason}")


def peer_failed(reason: str) -> HttpError:
    """A peer could not be reached, was too slow, or broke before it answered (spec http 6.5)."""
    return HttpError(502, f"peer proxy error: {reason}")


def render(error: HttpError, accept: str, dialect: Dialect) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    """Status, headers and body of the error, negotiated on `Accept` by substring (spec http 7)."""
    if error.always_json or not ("text/plain" in accept or "text/html" in accept):
        content_type, body = b"application/json", json_body(error, dialect)
    elif "text/plain" in accept:
        content_type, body = b"text/plain", f"{SOURCE}: {error.message}".encode()
    else:
        message = html.escape(error.message, quote=False).replace("'", "&#39;").replace('"', "&#34;")
        page = f"<html><body><h1>{SOURCE}</h1><p>{message}</p></body></html>"
        content_type, body = b"text/html", page.encode()
    headers = [(b"Content-Type", content_type)]
    if error.status == 401:  # browsers then ask for a password, which is how pages are opened with a key
        headers.append((b"WWW-Authenticate", b'Basic realm="%b"' % SOURCE.encode()))
    if error.retry_after is not None:
        headers.append((b"Retry-After", b"%d" % max(1, math.ceil(error.retry_after))))
    return error.status, headers, body


def json_body(error: HttpError, dialect: Dialect) -> bytes:
    """The error as JSON: OpenAI's envelope, or Anthropic's on its routes."""
    hint = {"hint": error.hint} if error.hint else {}
    if dialect is Dialect.ANTHROPIC:
        type_ = _ANTHROPIC_TYPES.get(error.status, "api_error" if error.status >= 500 else "invalid_request_error")
        return msgspec.json.encode({"type": "error", "error": {"type": type_, "message": error.message, **hint}})
    type_, code = error.type_and_code
    envelope = {"message": error.message, "type": type_, "param": None, "code": code, **hint}
    return msgspec.json.encode({"src": SOURCE, "error": envelope})


def event(error: HttpError, dialect: Dialect) -> bytes:
    """The error as one server-sent event, for a stream whose head has long been sent (R37)."""
    prefix = b"event: error\n" if dialect is Dialect.ANTHROPIC else b""
    return b"%sdata: %s\n\n" % (prefix, json_body(error, dialect))
