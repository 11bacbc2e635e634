"""Who asks, and what they may do (spec http 5; keys with bounds are ours).

The keys of the configuration become callers. A key is looked up by its digest, so that the time it takes says nothing
of how much of a guess was right: whoever guesses can't steer a digest.
"""

from __future__ import annotations

import base64
import binascii
import fnmatch
import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from typing import NamedTuple

from modelyard.app.selection import Lease
from modelyard.config.document import ALL_ROUTES, ApiKeyEntry
from modelyard.wire.errors import HttpError


class Scope(StrEnum):
    """What a route shows or does, as far as keys are concerned."""

    INFERENCE = "inference"
    ADMIN = "admin"
    LOGS = "logs"
    ANY = "any"
    """Open to every key."""


UNAUTHORIZED = HttpError(401, "unauthorized: invalid or missing API key")
FORBIDDEN = HttpError(403, "this API key does not open this route")
TOO_MANY = HttpError(429, "this API key has as many requests running as it may", retry_after=1, always_json=True)


class Caller:
    """Who has a key, and what it opens."""

    def __init__(
        self,
        name: str = "",
        *,
        routes: Iterable[str] = ALL_ROUTES,
        models: Iterable[str] = (),
        max_concurrent: int = 0,
        priority: int | None = None,
        captures: bool = True,
    ) -> None:
        """`models` are patterns, none means all; `max_concurrent` 0 means any number; `captures`: whether what is said
        with the key may be captured."""
        self.name = name
        self.captures = captures
        self.priority = priority
        self.max_concurrent = max_concurrent
        self.has_model_patterns = bool(tuple(models))
        self._routes = frozenset(routes)
        self._models = re.compile("|".join(map(fnmatch.translate, models)) or "")
        self._running: set[Lease] = set()

    def __repr__(self) -> str:
        return f"<Caller {self.name!r} {sorted(self._routes)}>"

    def opens(self, scope: Scope) -> bool:
        """Whether the key is good for such routes."""
        return scope in self._routes or scope is Scope.ANY

    def may_use(self, *names: str) -> bool:
        """Whether it may use a model that goes by these names: one that is allowed suffices."""
        return not self.has_model_patterns or any(self._models.match(name) for name in names)

    def begin(self) -> Lease | None:
        """Take a place for one request; None where all are taken."""
        if self.max_concurrent and len(self._running) >= self.max_concurrent:
            return None
        return Lease(self._running)

    def go_on_from(self, old: Caller) -> None:
        """Take over the places of the one before: its requests go on."""
        self._running = old._running


class Presented(NamedTuple):
    """A key that a request shows, and the header that holds it."""

    key: bytes
    header: bytes


def presented_key(fields: Mapping[bytes, bytes]) -> Presented | None:
    """The one key that counts: the password of Basic, else Bearer, else x-api-key (spec http 5)."""
    scheme, space, value = fields.get(b"authorization", b"").partition(b" ")
    found = b""
    if space and scheme.lower() == b"basic":
        found = _password(value)
    elif space and scheme.lower() == b"bearer":
        found = value
    if found:
        return Presented(found, b"authorization")
    key = fields.get(b"x-api-key", b"")
    return Presented(key, b"x-api-key") if key else None


def _password(encoded: bytes) -> bytes:
    try:
        _, colon, password = base64.b64decode(encoded, validate=True).partition(b":")
    except (binascii.Error, ValueError):
        return b""
    return password if colon else b""


class Keyring:
    """The keys that open the server."""

    def __init__(self, keys: Iterable[str | ApiKeyEntry] = ()) -> None:
        self._callers = dict(_callers(keys))
        self.is_open = not self._callers
        """Whether nobody needs a key."""

    def __repr__(self) -> str:
        return f"<Keyring of {len(self._callers)}>"

    def inherit(self, old: Keyring) -> None:
        """Go on where the keyring before ends: who has requests running still has them."""
        for digest, caller in self._callers.items():
            if digest in old._callers:
                caller.go_on_from(old._callers[digest])

    def find(self, key: bytes) -> Caller | None:
        """Who has this key."""
        return self._callers.get(hashlib.sha256(key).digest())

    def admit(self, fields: Mapping[bytes, bytes], scope: Scope) -> Admitted | HttpError:
        """Who asks by these headers for a route of that scope, or why not."""
        shown = presented_key(fields)
        caller = None if shown is None else self.find(shown.key)
        if shown is None or caller is None:
            return UNAUTHORIZED
        return Admitted(caller, shown.header) if caller.opens(scope) else FORBIDDEN


class Admitted(NamedTuple):
    """A caller, and the header that its key came in, which is for us alone."""

    caller: Caller
    header: bytes


def forbidden_model(name: str) -> HttpError:
    """The key is good, but not for this model."""
    return HttpError(403, f"this API key may not use the model {name}")


def _callers(keys: Iterable[str | ApiKeyEntry]) -> Iterator[tuple[bytes, Caller]]:
    for number, key in enumerate(keys, start=1):
        if isinstance(key, str):
            yield hashlib.sha256(key.encode()).digest(), Caller(f"key {number}")
        else:
            digest = bytes.fromhex(key.key_hash.rpartition(":")[2]) or hashlib.sha256(key.key.encode()).digest()
            yield (
                digest,
                Caller(
                    key.name or f"key {number}",
                    routes=key.routes,
                    models=key.models,
                    max_concurrent=key.max_concurrent,
                    priority=key.priority,
                    captures=key.capture,
                ),
            )
