"""Which headers pass."""

from __future__ import annotations

from modelyard.wire.headers import (
    Header,
    head_without_upgrade,
    is_websocket_upgrade,
    request_head,
    response_head,
    survey,
)


def headers(*pairs: tuple[str, str]) -> list[Header]:
    return [(name.lower().encode(), name.encode(), value.encode()) for name, value in pairs]


def test_a_request_loses_what_belongs_to_one_hop_and_gains_its_client() -> None:
    head = request_head(
        b"POST",
        b"/v1/x?y=1",
        headers(
            ("Host", "yard:8080"),
            ("Connection", "close, X-Mine"),
            ("X-Mine", "1"),
            ("Keep-Alive", "5"),
            ("TE", "trailers"),
            ("Expect", "100-continue"),
            ("Content-Length", "3"),
            ("X-Forwarded-For", "10.1.2.3"),
            ("Authorization", "Bearer k"),
            ("Accept-Encoding", "br"),
        ),
        client=b"127.0.0.1",
        forwarded=b"10.1.2.3",
    )
    assert head.decode().split("\r\n") == [
        "POST /v1/x?y=1 HTTP/1.1",
        "Host: yard:8080",
        "Authorization: Bearer k",
        "Accept-Encoding: br",
        "X-Forwarded-For: 10.1.2.3, 127.0.0.1",
        "",
    ]


def test_nobody_can_declare_away_where_a_message_goes_or_ends() -> None:
    """RFC 9110 section 7.6.1: fields that are meant for all are none of one hop, whatever `Connection` says."""
    sent = headers(("Host", "yard"), ("Connection", "Upgrade, Host, Content-Length, X"), ("X", "1"), ("Upgrade", "h2c"))
    assert request_head(b"GET", b"/", sent, client=b"1").startswith(b"GET / HTTP/1.1\r\nHost: yard\r\nX-Forwarded")
    sent += headers(("Content-Length", "3"))
    assert head_without_upgrade(b"GET", b"/", sent) == b"GET / HTTP/1.1\r\nHost: yard\r\nContent-Length: 3\r\n\r\n"
    said = headers(("Connection", "content-length"), ("Content-Length", "3"))
    assert b"Content-Length: 3\r\n" in response_head(200, b"", said, survey(said), b"")


def test_a_request_without_a_host_gets_that_of_the_engine() -> None:
    head = request_head(b"GET", b"/", [], client=b"1", host=b"localhost:5800")
    assert head == b"GET / HTTP/1.1\r\nHost: localhost:5800\r\nX-Forwarded-For: 1\r\n"


def test_an_upgrade_is_asked_of_the_next_hop_too() -> None:
    asked = headers(("Host", "h"), ("Connection", "Upgrade"), ("Upgrade", "websocket"), ("Sec-WebSocket-Key", "k"))
    head = request_head(b"GET", b"/ws", asked, client=b"::1", upgrade=True)
    assert head.endswith(b"X-Forwarded-For: ::1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n")
    assert b"Sec-WebSocket-Key: k\r\n" in head


def test_an_answer_keeps_its_own_headers() -> None:
    answered = headers(("Content-Type", "application/json"), ("Connection", "keep-alive, X-Hop"), ("X-Hop", "1"))
    head = response_head(201, b"Made", answered, survey(answered), b"Content-Length: 0\r\n")
    assert head == b"HTTP/1.1 201 Made\r\nContent-Type: application/json\r\nContent-Length: 0\r\n\r\n"


def head_of(*pairs: tuple[str, str]) -> bytes:
    given = headers(*pairs)
    return response_head(200, b"OK", given, survey(given), b"")


def test_event_streams_must_not_be_buffered() -> None:
    assert b"X-Accel-Buffering: no\r\n" in head_of(("Content-Type", "Text/Event-Stream; charset=utf-8"))
    assert head_of(("Content-Type", "text/event-stream"), ("X-Accel-Buffering", "yes")).count(b"X-Accel") == 1
    assert b"X-Accel-Buffering" not in head_of(("Content-Type", "application/json"))


def test_what_asks_for_a_websocket() -> None:
    assert is_websocket_upgrade(headers(("Connection", "keep-alive, UPGRADE"), ("Upgrade", "WebSocket")))
    assert not is_websocket_upgrade(headers(("Connection", "keep-alive"), ("Upgrade", "websocket")))
    assert not is_websocket_upgrade(headers(("Connection", "Upgrade"), ("Upgrade", "h2c")))
