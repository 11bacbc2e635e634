"""What a request says of itself beyond the model: who asks, and how urgent it is. Ours."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from modelyard.runtime.http.request import Request

PRIORITY = b"x-modelyard-priority"
LARGEST_PRIORITY = 1_000_000
"""What is beyond, either way, is taken for it."""


def asked_priority(request: Request, bound: int | None) -> int | None:
    """The priority of the header `X-Modelyard-Priority`, at most `bound`; the bound where it is no whole number.

    A request may always stand back; only who has a key with a priority may step forward, and no further than that.
    """
    try:
        asked = int(request.fields[PRIORITY])
    except ValueError:
        return bound
    asked = max(-LARGEST_PRIORITY, min(asked, LARGEST_PRIORITY))
    return asked if bound is None else min(asked, bound)


def session_in(fields: Mapping[bytes, bytes], session_headers: Iterable[str]) -> str:
    """The session that the first of these headers names; empty where none does.

    `fields` are the first values of a request's headers, by lower-case name.
    """
    for name in session_headers:
        value = fields.get(name.lower().encode("latin-1", "replace"))
        if value:
            return value.decode("utf-8", "replace")
    return ""


def who_asks(request: Request, session_headers: Iterable[str]) -> str:
    """By whom requests without a key are told apart: the session that a header names, else the client's address."""
    return session_in(request.fields, session_headers)[:200] or request.client_address.decode("latin-1")
