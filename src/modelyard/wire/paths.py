"""Paths that carry a model's name, the ones that are written back into a redirect, and the canonical ones."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote, unquote

_BOUNDARY = re.compile(rb"/|%2[fF]")


@dataclass(frozen=True, slots=True)
class NamedPath:
    """A path split into the name it begins with and what follows, still percent-encoded as the client wrote it."""

    name: str
    rest: bytes


def split_name(path: bytes, is_known: Callable[[str], bool]) -> NamedPath | None:
    """The longest prefix of `path`, cut at (also escaped) slashes, whose decoded text is a known name.

    `path` comes without its leading slash. Spec http 10: the client's escaping of the rest is kept.
    """
    found: NamedPath | None = None
    ends = [match.start() for match in _BOUNDARY.finditer(path)]
    for end in [*ends, len(path)]:
        name = unquote(path[:end])
        if name and is_known(name):
            found = NamedPath(name, _with_plain_slash(path[end:]))
    return found


def _with_plain_slash(rest: bytes) -> bytes:
    return b"/" + rest[3:] if rest[:3] in (b"%2F", b"%2f") else rest


def canonical(path: bytes) -> bytes:
    """The path without empty, `.` and `..` segments; what is escaped is left alone (spec http 2).

    It becomes a redirect, so a backslash, which browsers take for a slash, is escaped.
    """
    kept: list[bytes] = []
    for segment in path.split(b"/"):
        if segment == b"..":
            kept = kept[:-1]
        elif segment not in (b"", b"."):
            kept.append(segment)
    end = b"/" if kept and path.endswith(b"/") else b""
    return (b"/" + b"/".join(kept) + end).replace(b"\\", b"%5C")


_PREFIX = re.compile(r"(?:/[A-Za-z0-9._~!$&'()*+,;=:@%-]+)+")


def forwarded_prefix(value: str) -> str:
    """The path below which a proxy before us shows us, by its `X-Forwarded-Prefix`; empty where that is no path.

    It becomes the beginning of a redirect, so it must not lead to another host.
    """
    prefix = value.partition(",")[0].strip().rstrip("/")
    return prefix if _PREFIX.fullmatch(prefix) else ""


def location(name: str, query: bytes) -> bytes:
    """Where `/upstream/NAME` without a trailing slash redirects to."""
    return b"/upstream/%s/%s" % (quote(name, safe="/:@!$&'()*+,;=~").encode(), b"?" + query if query else b"")
