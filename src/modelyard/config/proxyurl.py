"""Which base URLs of a model are refused (spec config 13): few, the syntax is lenient.

The rules are those of Go's URL parser, which existing files were checked by; `urllib.parse` refuses others.
"""

from __future__ import annotations

import re

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_PORT = re.compile(r"(:[0-9]*)?")
_FORBIDDEN_IN_HOST = re.compile(r"[ \\^`{|}/?#@]|%(?!25|[89A-Fa-f])")
_LOOPBACK = re.compile(r"https?://(?:localhost|127\.[0-9.]+|\[::1\]):([0-9]{1,5})(?:[/?#]|$)", re.IGNORECASE)
_USER = re.compile(r"[A-Za-z0-9._:~!$&'()*+,;=%@-]*")


def why_not_a_url(url: str) -> str | None:
    """The reason to refuse a URL, None when it will do."""
    if _CONTROL.search(url):
        return "a control character"
    address, _, fragment = url.partition("#")
    if _BAD_ESCAPE.search(fragment):
        return "a bad percent escape"
    if address.startswith(":"):
        return "the scheme is missing"
    scheme = _SCHEME.match(address)
    rest = address[scheme.end() :] if scheme else address
    rest = rest.partition("?")[0]
    if not rest.startswith("/"):
        return _why_not_relative(rest, has_scheme=scheme is not None)
    if rest.startswith("//") and (scheme or not rest.startswith("///")):
        authority, slash, path = rest[2:].partition("/")
        return _why_not_authority(authority) or _bad_escape(slash + path)
    return _bad_escape(rest)


def why_unusable(url: str) -> str | None:
    """Why a URL that is not refused can never work, None when it may."""
    if not re.match(r"https?://[^/?#]", url, re.IGNORECASE):
        return "is no http:// or https:// URL with a host"
    return None


def _why_not_relative(rest: str, *, has_scheme: bool) -> str | None:
    if has_scheme:
        return None  # opaque, like "host:99"
    if ":" in rest.partition("/")[0]:
        return "the scheme is missing"
    return _bad_escape(rest)


def _why_not_authority(authority: str) -> str | None:
    user, at, host = authority.rpartition("@")
    if at and (not _USER.fullmatch(user) or _BAD_ESCAPE.search(user)):
        return "characters that are not possible in a user name"
    if host.startswith("["):
        bracket = host.rfind("]")
        if bracket < 0:
            return "a [ is not closed"
        port = host[bracket + 1 :]
    else:
        colon = host.rfind(":")
        port = host[colon:] if colon >= 0 else ""
    if not _PORT.fullmatch(port):
        return "the port is not a number"
    if _BAD_ESCAPE.search(host) or _FORBIDDEN_IN_HOST.search(host):
        return "characters that are not possible in a host name"
    return None


def _bad_escape(text: str) -> str | None:
    return "a bad percent escape" if _BAD_ESCAPE.search(text) else None


def loopback_port(url: str) -> int | None:
    """The port of this machine that a URL names, None where it names none."""
    found = _LOOPBACK.match(url)
    return int(found[1]) if found else None
