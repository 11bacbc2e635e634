"""Which headers pass a proxy, and how a head is written.

A header is a triple `(lower_name, name, value)` of bytes: the lower-case name is computed once, where it is parsed.
"""

from __future__ import annotations

from collections.abc import Iterable, Set

import msgspec

Header = tuple[bytes, bytes, bytes]

HOP_BY_HOP = frozenset(
    {
        b"connection",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    }
)
"""RFC 9110 section 7.6.1: these belong to one connection and never pass."""

NOT_FORWARDED = HOP_BY_HOP | {b"expect", b"content-length", b"x-forwarded-for"}
"""Of a request; the length and the forwarding chain are written anew, `Expect` is answered by the edge."""

NOT_RETURNED = HOP_BY_HOP
"""Of a response. Its length passes where it is known."""

BODYLESS = frozenset({204, 304})
"""Statuses whose answers have no body (RFC 9110 section 6.4.1)."""

REASONS = {
    100: b"Continue", 101: b"Switching Protocols",
    200: b"OK", 201: b"Created", 202: b"Accepted", 204: b"No Content", 206: b"Partial Content",
    301: b"Moved Permanently", 302: b"Found", 304: b"Not Modified", 307: b"Temporary Redirect",
    308: b"Permanent Redirect",
    400: b"Bad Request", 401: b"Unauthorized", 403: b"Forbidden", 404: b"Not Found", 405: b"Method Not Allowed",
    408: b"Request Timeout", 409: b"Conflict", 411: b"Length Required", 413: b"Content Too Large",
    415: b"Unsupported Media Type", 417: b"Expectation Failed", 422: b"Unprocessable Content",
    429: b"Too Many Requests", 431: b"Request Header Fields Too Large",
    500: b"Internal Server Error", 501: b"Not Implemented", 502: b"Bad Gateway", 503: b"Service Unavailable",
    504: b"Gateway Timeout", 505: b"HTTP Version Not Supported",
}  # fmt: skip


def find(headers: Iterable[Header], lower_name: bytes) -> bytes | None:
    """The value of the first header of that (lower-case) name."""
    for lower, _, value in headers:
        if lower == lower_name:
            return value
    return None


def tokens(value: bytes) -> list[bytes]:
    """The elements of a comma-separated header, lower-cased, without blanks."""
    return [token.strip().lower() for token in value.split(b",") if token.strip()]


MEANT_FOR_ALL = frozenset({b"host", b"content-length", b"transfer-encoding"})
"""What says where a message goes and where it ends: no sender can declare that away."""


def connection_tokens(headers: Iterable[Header]) -> frozenset[bytes]:
    """What `Connection` names: headers that end at this hop, and words such as close and upgrade."""
    found: list[bytes] = []
    for lower, _, value in headers:
        if lower == b"connection":
            found += tokens(value)
    return frozenset(found) - MEANT_FOR_ALL


def is_websocket_upgrade(headers: Iterable[Header]) -> bool:
    """Whether the head asks for a WebSocket: the token upgrade in Connection, websocket in Upgrade (spec http 22)."""
    upgrade = connecting = False
    for lower, _, value in headers:
        if lower == b"upgrade":
            upgrade = upgrade or b"websocket" in tokens(value)
        elif lower == b"connection":
            connecting = connecting or b"upgrade" in tokens(value)
    return upgrade and connecting


def head_without_upgrade(method: bytes, target: bytes, headers: Iterable[Header]) -> bytes:
    """A request's head written again without `Upgrade` and without what `Connection` names, save close."""
    named = connection_tokens(headers)
    lines = [b"%s %s HTTP/1.1\r\n" % (method, target)]
    for lower, name, value in headers:
        if lower not in (b"upgrade", b"connection") and lower not in named:
            lines.append(b"%s: %s\r\n" % (name, value))
    if b"close" in named:
        lines.append(b"Connection: close\r\n")
    return b"".join([*lines, b"\r\n"])


_STATUS_LINES = {(status, reason): b"HTTP/1.1 %d %s\r\n" % (status, reason) for status, reason in REASONS.items()}


def status_line(status: int, reason: bytes = b"") -> bytes:
    """`HTTP/1.1 200 OK` and its line end."""
    line = _STATUS_LINES.get((status, reason))
    return line or b"HTTP/1.1 %d %s\r\n" % (status, reason or REASONS.get(status, b"Unknown"))


def request_head(
    method: bytes,
    target: bytes,
    headers: Iterable[Header],
    *,
    client: bytes,
    forwarded: bytes = b"",
    names_hops: bool = True,
    upgrade: bool = False,
    host: bytes = b"",
) -> bytes:
    """The head that an upstream gets (spec http 6.4): hop-by-hop headers gone, the client's address appended.

    The line that frames the body and the empty line are left to the caller. `upgrade` writes the two headers of an
    upgrade again, which are hop by hop but meant for the next hop too. `names_hops`: there may be a `Connection`
    header, which may name further headers that end here. `forwarded` is the chain so far. `host` is for requests that
    have no `Host` of their own.
    """
    dropped = NOT_FORWARDED | connection_tokens(headers) if names_hops else NOT_FORWARDED
    lines = [b"%s %s HTTP/1.1\r\n" % (method, target)]
    if host:
        lines.append(b"Host: %s\r\n" % host)
    lines += [b"%s: %s\r\n" % (name, value) for lower, name, value in headers if lower not in dropped]
    lines.append(b"X-Forwarded-For: %s%s\r\n" % (forwarded + b", " if forwarded else b"", client))
    if upgrade:
        lines.append(b"Connection: Upgrade\r\nUpgrade: websocket\r\n")
    return b"".join(lines)


class ResponseTraits(msgspec.Struct, frozen=True, gc=False):
    """What forwarding must know of an answer's head, found in one pass."""

    length: bytes
    """The Content-Length, empty where there is none."""
    is_chunked: bool
    is_event_stream: bool
    is_encoded: bool
    names_hops: bool
    """Whether it carries a `Connection` header, which may name further headers that end here."""


def survey(headers: Iterable[Header]) -> ResponseTraits:
    """Look through an answer's head once."""
    length = b""
    is_chunked = is_event_stream = is_encoded = names_hops = False
    for lower, _, value in headers:
        if lower == b"content-length":
            length = value
        elif lower == b"content-type":
            is_event_stream = b"text/event-stream" in value.lower()
        elif lower == b"transfer-encoding":
            is_chunked = True
        elif lower == b"content-encoding":
            is_encoded = True
        elif lower == b"connection":
            names_hops = True
    return ResponseTraits(length, is_chunked, is_event_stream, is_encoded, names_hops)


def response_head(
    status: int, reason: bytes, headers: Iterable[Header], traits: ResponseTraits, framing: bytes
) -> bytes:
    """The head that a client gets for an upstream's answer (spec http 6.5): event streams must not be buffered."""
    dropped: Set[bytes] = NOT_RETURNED
    if traits.names_hops:
        dropped = NOT_RETURNED | connection_tokens(headers)
    lines = [status_line(status, reason)]
    lines += [b"%s: %s\r\n" % (name, value) for lower, name, value in headers if lower not in dropped]
    if traits.is_event_stream and find(headers, b"x-accel-buffering") is None:
        lines.append(b"X-Accel-Buffering: no\r\n")
    lines.append(framing)
    lines.append(b"\r\n")
    return b"".join(lines)
