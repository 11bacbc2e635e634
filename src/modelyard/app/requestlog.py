"""The line of a request in a structured log, and the id by which it is found again; ours.

Ids are kept only where the log is structured: heads that repeat are written once for many requests, and one with an id
of its own is not.
"""

from __future__ import annotations

import re
import secrets
from itertools import count
from urllib.parse import unquote_to_bytes

from modelyard.app.admission import caller_of
from modelyard.runtime.http.request import TRACE, Request
from modelyard.wire.redact import client_address

_SANE = re.compile(rb"[A-Za-z0-9._:/@+=-]{1,128}")
_HEADER = TRACE.lower()
_US = secrets.token_hex(4)
"""Tells our ids from those of other servers, and of this one before its restart."""
_numbers = count(1)


def give_trace(request: Request) -> None:
    """Keep the id that the client sent, if it is fit for logs and heads, else one of ours in its place."""
    given = request.fields.get(_HEADER, b"")
    if _SANE.fullmatch(given):
        request.trace = given
        return
    if _HEADER in request.fields:
        request.without_headers(frozenset([_HEADER]))
    request.trace = b"%b-%x" % (_US.encode(), next(_numbers))


def fields_of(request: Request, now: float) -> dict[str, object]:
    """What the log says of a request that has ended. `now` is on the clock of its arrival."""
    client = client_address(request.fields, request.client_address)
    fields: dict[str, object] = {
        "id": _text(request.trace),
        "client": _text(client),
        "method": _text(request.method),
        "path": _text(unquote_to_bytes(request.path)),
        "status": request.status,
        "bytes": request.body_bytes_sent,
        "agent": _text(request.fields.get(b"user-agent", b"")),
        "seconds": round(now - request.arrived_at, 6),
    }
    if request.model:
        fields["model"] = request.model
    if (caller := caller_of(request)) is not None and caller.name:
        fields["caller"] = caller.name
    return fields


def _text(data: bytes) -> str:
    return data.decode(errors="backslashreplace")
