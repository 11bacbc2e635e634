"""Where a body names its model."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelyard.wire.body import find_in_json, find_in_query, find_model, is_streamed

JSON = b"application/json"


@pytest.mark.parametrize(
    ("body", "model"),
    [
        (b'{"model":"m1"}', "m1"),
        (b'{"messages":[{"model":"inner"}],"model":"m1","stream":true}', "m1"),
        (b'{"model":"m1","model":"m2"}', "m2"),
        (b'{"model":5}', "5"),
        (b'{"model":true}', "true"),
        (b'{"model":"m1","stream":"true"}', "m1"),
        (b'{"model":"m1","stream":1}', "m1"),
        (b'{"model":"m1","stream":false}', "m1"),
        (b'{"model":"\\u0061\\/b"}', "a/b"),
        (b'{"model":null}', ""),
        (b'{"model":""}', ""),
        (b'{"Model":"m1"}', ""),
        (b'{"model":{"id":"m1"}}', ""),
        (b'[{"model":"m1"}]', ""),
        (b'{"model":"m1"', ""),
        (b"", ""),
    ],
)
def test_the_model_of_a_json_body(body: bytes, model: str) -> None:
    assert find_in_json(body) == model


@given(st.binary(max_size=200))
def test_no_bytes_are_an_error(body: bytes) -> None:
    assert isinstance(find_in_json(body), str)


@pytest.mark.parametrize(
    ("content_type", "body", "query", "model"),
    [
        (JSON, b'{"model":"m1"}', b"model=m2", "m1"),
        (JSON, b"{}", b"model=m2", ""),
        (b"application/json; charset=utf-8", b'{"model":"m1"}', b"", "m1"),
        (b"Application/JSON", b'{"model":"m1"}', b"", ""),
        (b"text/plain", b"hello", b"model=m1", "m1"),
        (b"application/x-www-form-urlencoded", b"model=a%2Fb&x=1", b"model=m2", "a/b"),
        (b"application/x-www-form-urlencoded", b'{"model":"m1"}', b"", ""),
        (b"", b'{"model":"m1"}', b"", ""),
    ],
)
def test_where_a_request_names_its_model(content_type: bytes, body: bytes, query: bytes, model: str) -> None:
    assert find_model(content_type, body, query) == model


def test_a_query_with_a_thousand_fields_too_many_names_nothing() -> None:
    assert find_in_query(b"&".join(b"a=%d" % n for n in range(2000)) + b"&model=m1") == ""


def test_a_body_nested_beyond_the_decoder_names_nothing() -> None:
    assert find_in_json(b'{"model":"m1","deep":' + b"[" * 100_000) == ""


@pytest.mark.parametrize(
    ("content_type", "body", "query", "streamed"),
    [
        (JSON, b'{"stream":true}', b"", True),
        (JSON, b'{"stream":"true"}', b"", True),
        (JSON, b'{"stream":1}', b"", True),
        (JSON, b'{"stream":false}', b"stream=true", False),
        (JSON, b'{"stream":"yes"}', b"", False),
        (JSON, b'{"stream":2}', b"", False),
        (JSON, b'{"stream":{}}', b"", False),
        (JSON, b'{"stream":true', b"", False),
        (JSON, b"{}", b"", False),
        (b"application/x-www-form-urlencoded", b"stream=true", b"", True),
        (b"application/x-www-form-urlencoded", b"stream=1", b"", False),
        (b"", b"", b"stream=true", True),
        (b"", b"stream=true", b"", False),
    ],
)
def test_whether_the_answer_is_to_come_piece_by_piece(
    content_type: bytes, body: bytes, query: bytes, streamed: bool
) -> None:
    assert is_streamed(content_type, body, query) is streamed
