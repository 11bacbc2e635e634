"""The head that a peer gets."""

from __future__ import annotations

from modelyard.wire.headers import Header
from modelyard.wire.peerhead import peer_head


def lines(*headers: tuple[bytes, bytes], api_key: bytes = b"", upgrade: bool = False) -> list[bytes]:
    given: list[Header] = [(name.lower(), name, value) for name, value in headers]
    head = peer_head(b"POST", b"/base/x", given, host=b"far:81", api_key=api_key, upgrade=upgrade)
    first, *rest = head.split(b"\r\n")
    assert first == b"POST /base/x HTTP/1.1"
    return rest[:-1]


def test_a_peer_learns_nothing_of_the_way_to_us() -> None:
    assert lines(
        (b"Host", b"yard"),
        (b"X-Forwarded-For", b"9.9.9.9"),
        (b"X-Forwarded-Proto", b"https"),
        (b"X-Forwarded-Host", b"h"),
        (b"Forwarded", b"for=1"),
        (b"Connection", b"x-mine"),
        (b"X-Mine", b"1"),
        (b"Content-Length", b"3"),
        (b"Accept", b"*/*"),
    ) == [b"Host: far:81", b"Accept: */*"]


def test_our_key_takes_the_place_of_the_clients() -> None:
    client = ((b"Authorization", b"Bearer client"), (b"x-api-key", b"client"), (b"Cookie", b"c=1"))
    assert lines(*client, api_key=b"sk") == [
        b"Host: far:81",
        b"Authorization: Bearer sk",
        b"X-Api-Key: sk",
        b"Cookie: c=1",
    ]
    assert lines(*client) == [b"Host: far:81", *(b"%b: %b" % pair for pair in client)]


def test_an_upgrade_is_asked_for_anew() -> None:
    assert lines((b"Upgrade", b"websocket"), (b"Connection", b"Upgrade"), upgrade=True) == [
        b"Host: far:81",
        b"Connection: Upgrade",
        b"Upgrade: websocket",
    ]
