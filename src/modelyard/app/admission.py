"""Letting a request in by its key, and remembering that for the requests that share its head."""

from __future__ import annotations

from typing import NamedTuple

from modelyard.app.auth import FORBIDDEN, Caller, Keyring, Scope
from modelyard.runtime.http.request import Request
from modelyard.wire.endpoints import GET_ENDPOINTS, POST_ENDPOINTS
from modelyard.wire.errors import HttpError
from modelyard.wire.heads import RequestHead

PRYING = frozenset({b"/slots"})
"""Routes of engines that show what others have asked."""


class _Admission(NamedTuple):
    """Who asks by a head, and the head without their key."""

    keyring: Keyring
    scope: Scope
    caller: Caller
    head: RequestHead


def admit_request(request: Request, keyring: Keyring, scope: Scope) -> HttpError | None:
    """Let the request in, or say why not. An accepted key is gone from its head: engines and peers never see it.

    Another keyring, after a reload, looks anew.
    """
    known = request.received.admission
    if isinstance(known, _Admission) and known.keyring is keyring and known.scope is scope:
        admission = known
    else:
        admitted = keyring.admit(request.fields, scope)
        if isinstance(admitted, HttpError):
            return admitted
        head = request.head.without(frozenset({admitted.header}))
        admission = _Admission(keyring, scope, admitted.caller, head)
        request.received.admission = admission
    length = request.fields.get(b"content-length")
    request.go_on_as(admission.head if length is None else admission.head.of_length(int(length)))
    return None


def caller_of(request: Request) -> Caller | None:
    """Who asks; None where nobody needs a key."""
    known = request.received.admission
    return known.caller if isinstance(known, _Admission) else None


def forbids_page(request: Request, rest: bytes) -> HttpError | None:
    """Why a key does not open a path of an engine, if it does not.

    What is an inference route there is one here, too; everything else belongs to who looks after the engine.
    """
    caller = caller_of(request)
    path = rest.partition(b"?")[0]
    endpoints = POST_ENDPOINTS if request.method == b"POST" else GET_ENDPOINTS
    scope = Scope.INFERENCE if path in endpoints and path not in PRYING else Scope.ADMIN
    return None if caller is None or caller.opens(scope) else FORBIDDEN
