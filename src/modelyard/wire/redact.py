"""Headers as people may see them: by the names they are known by, and without what opens doors (spec http 16)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from modelyard.wire.headers import Header

REDACTED = "[REDACTED]"
SECRET = frozenset(
    {
        b"authorization", b"proxy-authorization", b"cookie", b"set-cookie", b"x-api-key",
        b"api-key", b"apikey", b"authentication", b"cookie2", b"set-cookie2", b"x-auth", b"x-auth-key",
        b"x-authorization", b"x-forwarded-authorization", b"x-functions-key", b"x-original-authorization",
        b"ocp-apim-subscription-key", b"x-rapidapi-key", b"x-amz-signature",
    }
)  # fmt: skip
"""Headers whose values are never shown; those from the second line on are ours."""
SECRET_ENDS = (b"-api-key", b"-apikey", b"-token", b"-secret", b"-password", b"-credential", b"-auth", b"-access-key")
"""How the names of other such headers end: `X-Amz-Security-Token`, `X-Goog-Api-Key`. Figures of tokens end in an s."""
_NOT_SHOWN = frozenset({b"host"})


def shown_headers(headers: Iterable[Header]) -> dict[str, str]:
    """The first value of each header by its usual spelling, secrets redacted."""
    shown: dict[str, str] = {}
    for lower, _, value in headers:
        if lower not in _NOT_SHOWN:
            shown.setdefault(usual_name(lower), REDACTED if is_secret(lower) else value.decode("utf-8", "replace"))
    return shown


def is_secret(lower: bytes) -> bool:
    """Whether the value of a header must not be shown."""
    return lower in SECRET or lower.endswith(SECRET_ENDS)


def usual_name(lower: bytes) -> str:
    """`x-session-id` as `X-Session-Id`."""
    return "-".join(word.capitalize() for word in lower.decode("latin-1").split("-"))


def client_address(fields: Mapping[bytes, bytes], socket_address: bytes) -> bytes:
    """Who asks, as the proxies before us say (spec http 15). `fields` are the first values, by lower-case name."""
    if b"x-forwarded-for" in fields:
        return fields[b"x-forwarded-for"].partition(b",")[0].strip()
    return fields.get(b"x-real-ip", socket_address)
