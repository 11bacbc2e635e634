"""The head that a peer gets: another server, which learns nothing of our clients but what it needs (spec http 8)."""

from __future__ import annotations

from collections.abc import Iterable

from modelyard.wire.headers import HOP_BY_HOP, Header, connection_tokens

NOT_FOR_PEERS = HOP_BY_HOP | {
    b"content-length",
    b"expect",
    b"forwarded",
    b"host",
    b"x-forwarded-for",
    b"x-forwarded-host",
    b"x-forwarded-proto",
}
CREDENTIALS = frozenset({b"authorization", b"x-api-key"})


def peer_head(
    method: bytes,
    target: bytes,
    headers: Iterable[Header],
    *,
    host: bytes,
    api_key: bytes = b"",
    proxy_authorization: bytes = b"",
    upgrade: bool = False,
) -> bytes:
    """The head but for the line that frames the body and the empty line.

    With `api_key` that key takes the place of the client's credentials; without, they pass.
    """
    headers = list(headers)
    dropped = NOT_FOR_PEERS | connection_tokens(headers)
    lines = [b"%s %s HTTP/1.1\r\nHost: %s\r\n" % (method, target, host)]
    if api_key:
        dropped |= CREDENTIALS
        lines.append(b"Authorization: Bearer %s\r\nX-Api-Key: %s\r\n" % (api_key, api_key))
    if proxy_authorization:
        lines.append(b"Proxy-Authorization: %s\r\n" % proxy_authorization)
    lines += [b"%s: %s\r\n" % (name, value) for lower, name, value in headers if lower not in dropped]
    if upgrade:
        lines.append(b"Connection: Upgrade\r\nUpgrade: websocket\r\n")
    return b"".join(lines)
