"""Filters on the raw text of a body, against the rules of spec http 6.1 and against a slow oracle."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelyard.wire.filters import Filter, FilterError, compile_filter, rewrite


def filtered(body: str, settings: dict[str, Any] | None = None, *, strip: tuple[str, ...] = (), model: str = "") -> str:
    return rewrite(body.encode(), model, compile_filter(strip, settings)).decode()


@pytest.mark.parametrize(
    ("before", "strip", "after"),
    [
        ('{"model":"m1","temperature":1,"top_k":1}', ("temperature",), '{"model":"m1","top_k":1}'),
        ('{"a":1,"b":2}', ("a", "b"), "{}"),
        ('{"a":1}', ("missing", "a.b", "a.0", "x.y.z"), '{"a":1}'),
        ('{"nested":{"a":1.50,"b":2}}', ("nested.b",), '{"nested":{"a":1.50}}'),
        ('{"arr":[1,2.0,3e5]}', ("arr.0",), '{"arr":[2.0,3e5]}'),
        ('{"arr":[1,2,3]}', ("arr.-1",), '{"arr":[1,2]}'),
        ('{"arr":[{"a":1},{"a":2,"b":3}]}', ("arr.-1.a",), '{"arr":[{"a":1},{"b":3}]}'),
        ('{"arr":[]}', ("arr.-1", "arr.0", "arr.7", "arr.name"), '{"arr":[]}'),
        ('{"a.b":1,"a":{"b":2}}', (r"a\.b",), '{"a":{"b":2}}'),
        ('{"*":1,"a":2}', (r"\*",), '{"a":2}'),
        ('{"0":1,"a":2}', ("0",), '{"a":2}'),
        ('{"-1":1,"a":2}', (":-1",), '{"a":2}'),
        ('{"a":1,"b":2,"a":3}', ("a",), '{"b":2}'),
        ('{"\\u0061":1,"b":2}', ("a",), '{"b":2}'),
    ],
)
def test_what_is_stripped(before: str, strip: tuple[str, ...], after: str) -> None:
    assert filtered(before, strip=strip) == after


@pytest.mark.parametrize(
    ("before", "settings", "after"),
    [
        ('{"model":"m1","top_k":1}', {"top_k": 5}, '{"model":"m1","top_k":5}'),
        ('{"model":"m1"}', {"b": [1, None], "a": {"x": True}}, '{"model":"m1","a":{"x":true},"b":[1,null]}'),
        ('{"a":{"b":1e3}}', {"a.c": 2}, '{"a":{"b":1e3,"c":2}}'),
        ("{}", {"a.b.c": "x"}, '{"a":{"b":{"c":"x"}}}'),
        ("{}", {"a.2": 1}, '{"a":[null,null,1]}'),
        ("{}", {"a.-1": 1}, '{"a":[1]}'),
        ("{}", {"a.:0": 1}, '{"a":{"0":1}}'),
        ('{"a":[1,2.0]}', {"a.0": 9}, '{"a":[9,2.0]}'),
        ('{"a":[1]}', {"a.3": 9}, '{"a":[1,null,null,9]}'),
        ('{"a":[1]}', {"a.-1": 9}, '{"a":[1,9]}'),
        ('{"a":[{"n":1}]}', {"a.0.m": 2, "a.-1.k": 3}, '{"a":[{"n":1,"m":2},{"k":3}]}'),
        ('{"a":{}}', {"a.0": 9}, '{"a":{"0":9}}'),
        ('{"a":1}', {"a.b": 2}, '{"a":{"b":2}}'),
        ('{"a":null}', {"a.0": 2}, '{"a":[2]}'),
        ("{}", {r"a\.b": 1}, '{"a.b":1}'),
        ('{"x":1}', {"x*": 5, "y?": 5, "@z": 5, "#": 5, "a|b": 5}, '{"x":1}'),
        ("{}", {"": 1}, "{}"),
        ("{}", {"a.12345": 1}, '{"a":{"12345":1}}'),
    ],
)
def test_what_is_set(before: str, settings: dict[str, Any], after: str) -> None:
    assert filtered(before, settings) == after


def test_the_values_beside_keep_their_spelling_and_members_their_order() -> None:
    before = '{"z":1.500,"model":"author/m2","x":[1,  2],"big":12345678901234567890123,"s":"\\u00fc\\/"}'
    after = '{"z":1.500,"model":"real","x":[1,  2],"big":12345678901234567890123,"s":"\\u00fc\\/","n":1}'
    assert filtered(before, {"n": 1}, model="real") == after


def test_model_is_never_stripped_nor_set() -> None:
    assert compile_filter(["model", "model.x"], {"model": "other", r"\model": 1, "model.name": 2}) is None
    assert filtered('{"model":"m"}', {"a": 1}, strip=("model",)) == '{"model":"m","a":1}'


def test_later_settings_win() -> None:
    filter_ = compile_filter((), {"top_k": 5, "seed": 1}, {"top_k": 9}, None)
    assert rewrite(b'{"top_k":1}', "", filter_) == b'{"top_k":9,"seed":1}'


def test_what_is_stripped_may_be_set_again() -> None:
    assert filtered('{"a":{"x":1},"b":2}', {"a": {"y": 2}}, strip=("a",)) == '{"b":2,"a":{"y":2}}'


def test_nothing_to_do_is_no_filter() -> None:
    assert compile_filter((), {}, None) is None


@pytest.mark.parametrize("key", ["temp*", "a|b", "@this", "a.#", "b?"])
def test_a_query_strips_nothing_and_lets_nothing_pass(key: str) -> None:
    with pytest.raises(FilterError, match="error stripping parameter"):
        filtered('{"model":"m"}', strip=("seed", key))


def test_a_name_in_an_array_is_said() -> None:
    with pytest.raises(FilterError, match=r"error setting parameter stop\.x in request"):
        filtered('{"stop":["a"]}', {"stop.x": 1})


@pytest.mark.parametrize("body", [b'{"a":1', b"[]", b"5", b"", b'{"\xff":1}', b'{"a":' + b"[" * 100_000])
def test_what_is_no_object_is_a_value_error(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        rewrite(body, "m", Filter())


# ---------------------------------------------------------------- an oracle that decodes everything

names = st.sampled_from(["a", "b", "model", "0", "1", "-1", "x.y"])
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=8,
)
paths = st.lists(st.sampled_from(["a", "b", "0", "1", "-1", r"x\.y", "model"]), min_size=1, max_size=3).map(".".join)


def steps(key: str) -> list[str]:
    return [part.replace("\0", ".") for part in key.replace(r"\.", "\0").split(".")]


def oracle_strip(document: Any, key: str) -> None:
    *way, last = steps(key)
    for name in way:
        try:
            document = document[name if isinstance(document, dict) else int(name)]
        except (LookupError, TypeError, ValueError):
            return
        if not isinstance(document, dict | list):
            return
    try:
        del document[last if isinstance(document, dict) else int(last)]
    except (LookupError, ValueError):
        pass


def oracle_set(document: Any, path: list[str], value: Any) -> Any:
    """The document with the value set; raises ValueError where an array is met with a name."""
    if not path:
        return value
    name, rest = path[0], path[1:]
    if not isinstance(document, dict | list):
        document = [] if name.lstrip("-").isdecimal() else {}
    if isinstance(document, dict):
        return {**document, name: oracle_set(document.get(name), rest, value)}
    place = len(document) if name == "-1" else int(name)
    document = document + [None] * (place + 1 - len(document))
    document[place] = oracle_set(document[place], rest, value)
    return document


@given(st.dictionaries(names, values), st.lists(paths, max_size=3), st.dictionaries(paths, values, max_size=3))
def test_a_filter_means_what_the_oracle_says(
    document: dict[str, Any], strip: list[str], settings: dict[str, Any]
) -> None:
    expected: Any = json.loads(json.dumps(document))
    for key in strip:
        if steps(key)[0] != "model":
            oracle_strip(expected, key)
    try:
        for key in sorted(settings):
            if steps(key)[0] != "model":
                expected = oracle_set(expected, steps(key), settings[key])
    except ValueError:
        with pytest.raises(FilterError):
            rewrite(json.dumps(document).encode(), "", compile_filter(strip, settings))
        return
    after = json.loads(rewrite(json.dumps(document).encode(), "", compile_filter(strip, settings)))
    assert after == expected
    assert list(after) == list(expected)


@given(st.binary(max_size=60), st.lists(st.text(max_size=6)), st.dictionaries(st.text(max_size=6), values))
def test_no_input_raises_anything_else(body: bytes, strip: list[str], settings: dict[str, Any]) -> None:
    try:
        json.loads(rewrite(body, "m", compile_filter(strip, settings)))
    except ValueError:
        pass


@given(st.dictionaries(st.text(), values), st.text(min_size=1))
def test_replacing_the_model_touches_nothing_else(members: dict[str, Any], name: str) -> None:
    members["model"] = "before"
    replaced = json.loads(rewrite(json.dumps(members).encode(), name, None))
    assert replaced == {**members, "model": name}
    assert list(replaced) == list(members)
