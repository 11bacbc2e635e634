"""Heads that are known again: exactly the same bytes, save the digits of the length."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelyard.wire.heads import HeadPattern, RequestHead, ResponseHead

BEGIN = b"POST /v1/x HTTP/1.1\r\n"
HEAD = BEGIN + b"Host: yard\r\nContent-Length: %d\r\nX-Key: k\r\n\r\n"


def message(body: bytes, head: bytes = HEAD) -> bytes:
    return head % len(body) + body


def pattern() -> HeadPattern:
    learnt = HeadPattern.of(message(b"hello"), 5, BEGIN)
    assert learnt is not None
    return learnt


@pytest.mark.parametrize("body", [b"", b"x", b"hello", b"y" * 12345, b"\r\n\r\n", message(b"inner")])
def test_a_head_is_known_again_whatever_its_length(body: bytes) -> None:
    assert pattern().body_of(message(body)) == body


@pytest.mark.parametrize(
    "other",
    [
        b"",
        b"P",
        HEAD % 5,
        HEAD % 5 + b"hell",
        HEAD % 5 + b"hello!",
        message(b"hello").replace(b"yard", b"barn"),
        message(b"hello").replace(b"X-Key: k", b"X-Key: l"),
        message(b"hello").replace(b": 5", b": 05"),
        message(b"hello").replace(b": 5", b": +5"),
        message(b"hello").replace(b": 5", b": 5 "),
        message(b"hello").replace(b": 5", b":  5"),
        message(b"hello").replace(b": 5", b": "),
        message(b"hello").replace(b": 5", b": 5\r"),
        message(b"hello").replace(b": 5\r\n", b": 5\n"),
        message(b"hello").replace(b": 5", b": \xd9\xa5"),
        message(b"hello").replace(b"X-Key", b"Transfer-Encoding: chunked\r\nX-Key"),
        message(b"hello").replace(b"X-Key", b"Content-Length: 5\r\nX-Key"),
        b"\r\n" + message(b"hello"),
        message(b"hello") + message(b"hello"),
        BEGIN + b"Host: yard\r\nContent-Length: " + b"1" * 40,
    ],
)
def test_whatever_else_differs_is_not_known(other: bytes) -> None:
    assert pattern().body_of(other) is None


@given(st.lists(st.tuples(st.integers(0, len(HEAD) + 8), st.binary(max_size=3)), min_size=1, max_size=3))
def test_what_is_known_is_the_head_byte_by_byte(edits: list[tuple[int, bytes]]) -> None:
    data = bytearray(message(b"hello"))
    for at, new in edits:
        data[at : at + len(new)] = new
    body = pattern().body_of(bytes(data))
    if body is not None:
        assert bytes(data) == message(body)


@pytest.mark.parametrize(
    ("read", "size"),
    [
        (message(b"hello")[1:], 5),
        (b"\r\n" + message(b"hello"), 5),
        (message(b"hello") + b"P", 5),
        (message(b"hello") + message(b"hello"), 5),
        (message(b"hello").replace(b"X-Key", b"content-length: 5\r\nX-Key"), 5),
        (message(b"hello").replace(b": 5", b": 5 "), 5),
        (message(b"hello").replace(b": 5", b": 05"), 5),
        (BEGIN + b"Host: yard\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", 5),
        (BEGIN + b"Host: yard\r\n\r\n", 0),
        (BEGIN + b"X: " + b"y" * 5000 + b"\r\nContent-Length: 0\r\n\r\n", 0),
    ],
)
def test_only_single_whole_plain_messages_are_learnt(read: bytes, size: int) -> None:
    assert HeadPattern.of(read, size, BEGIN) is None


def test_a_head_of_another_length_is_the_same_but_for_it() -> None:
    fields = [(b"host", b"Host", b"yard"), (b"content-length", b"Content-Length", b"5")]
    head = RequestHead(b"POST", b"/v1/x?y=1", fields, keep_alive=True)
    assert (head.path, head.query) == (b"/v1/x", b"y=1")
    head.forwarded = (b"/v1/x", b"...")
    assert head.of_length(5) is head
    other = head.of_length(12)
    assert other.fields == {b"host": b"yard", b"content-length": b"12"}
    assert other.headers == [(b"host", b"Host", b"yard"), (b"content-length", b"Content-Length", b"12")]
    assert other.forwarded == head.forwarded
    assert head.fields[b"content-length"] == b"5"


def test_an_answer_of_another_length_is_written_with_it() -> None:
    head = ResponseHead(200, b"OK", [(b"content-length", b"Content-Length", b"5"), (b"x", b"X", b"1")])
    assert head.write() == head.written == b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX: 1\r\n\r\n"
    assert head.of_length(5) is head
    assert head.of_length(0).write() == b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX: 1\r\n\r\n"
