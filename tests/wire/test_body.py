"""Where a body names its model."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelyard.wire.body import find_in_json, find_in_query, find_model, replace_model

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


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b'{"model":"author/m2","x":[1,  2]}', b'{"model":"real","x":[1,  2]}'),
        (b'{"n":1.50,"model":"a","big":12345678901234567890}', b'{"n":1.50,"model":"real","big":12345678901234567890}'),
        (b'{"model":"a","model":"b"}', b'{"model":"real"}'),
        ('{"ü":"ß","model":"a"}'.encode(), '{"ü":"ß","model":"real"}'.encode()),
    ],
)
def test_replacing_the_model_leaves_the_other_bytes(before: bytes, after: bytes) -> None:
    assert replace_model(before, "real") == after


def test_a_body_nested_beyond_the_decoder_names_nothing() -> None:
    assert find_in_json(b'{"model":"m1","deep":' + b"[" * 100_000) == ""


@pytest.mark.parametrize("body", [b'{"\xff":1,"model":"a"}', b'{"model":"a"', b"[]"])
def test_what_cannot_be_rewritten_is_said(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        replace_model(body, "real")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(st.dictionaries(st.text(), json_values), st.text(min_size=1))
def test_replacing_the_model_means_what_it_says(members: dict[str, object], name: str) -> None:
    members["model"] = "before"
    replaced = replace_model(json.dumps(members).encode(), name)
    assert json.loads(replaced) == {**members, "model": name}
    assert list(json.loads(replaced)) == list(members)
