"""What would have been right, where a request names no model that there is: a word beside the fixed messages."""

from __future__ import annotations

import difflib
from collections.abc import Collection
from dataclasses import replace

from modelyard.runtime.http.request import Request
from modelyard.wire import body as wire_body
from modelyard.wire.errors import MODEL_NOT_FOUND, NO_MODEL, NO_ROUTER, HttpError

_UNKNOWN = (NO_ROUTER, MODEL_NOT_FOUND)
MAX_BODY = 1 << 20
"""Bytes of a body that are looked through for a hint."""
MAX_NAMES = 500
"""Names that one is compared with: comparing takes some 20 microseconds each, and the loop waits."""
MAX_NAME = 100
"""Characters of a name that is compared."""


def for_no_model(request: Request) -> HttpError:
    """The request names no model; perhaps its body does, in JSON that is not called so (curl's default)."""
    content_type = request.fields.get(b"content-type", b"")
    if wire_body.is_json(content_type) or not 0 < request.body.size <= MAX_BODY:
        return NO_MODEL
    if not wire_body.find_in_json(request.body.view()):
        return NO_MODEL
    called = f"its Content-Type is {content_type.decode('latin-1')}" if content_type else "it has no Content-Type"
    return replace(
        NO_MODEL, hint=f"the body is JSON that names a model, but {called}; send Content-Type: application/json"
    )


def for_unknown(error: HttpError, name: str, known: Collection[str]) -> HttpError:
    """There is no model of that name; perhaps one that is spelled nearly so."""
    if error not in _UNKNOWN or len(name) > MAX_NAME or len(known) > MAX_NAMES:
        return error
    close = difflib.get_close_matches(name, known, n=1)
    hint = f'did you mean "{close[0]}"? ' if close else ""
    return replace(error, hint=f"{hint}GET /v1/models lists the models")
