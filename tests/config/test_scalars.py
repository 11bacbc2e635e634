"""What YAML scalars mean (spec config 7)."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelyard.config.scalars import ScalarValue, Timestamp, resolve_plain, resolve_tagged, text_of


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("~", None),
        ("null", None),
        ("NULL", None),
        ("nUll", "nUll"),
        ("true", True),
        ("FALSE", False),
        ("tRUE", "tRUE"),
        ("yes", "yes"),
        ("on", "on"),
        ("n", "n"),
        ("12", 12),
        ("+5", 5),
        ("-0x1F", -31),
        ("0x20", 32),
        ("0o20", 16),
        ("0b101", 5),
        ("020", 16),
        ("2_500", 2500),
        ("0", 0),
        ("-", "-"),
        ("0x", "0x"),
        ("_1", "_1"),
        ("٣", "٣"),
        ("08", 8.0),
        ("1:30", "1:30"),
        ("2.5e2", 250.0),
        (".5", 0.5),
        ("5.", 5.0),
        ("1e3", 1000.0),
        ("._5", "._5"),
        (".", "."),
        ("1e999", "1e999"),
        (".inf", math.inf),
        ("-.INF", -math.inf),
        ("18446744073709551615", 2**64 - 1),
        ("18446744073709551616", float(2**64)),
        ("9" * 5000, "9" * 5000),
        ("2031-05-06", Timestamp("2031-05-06T00:00:00Z")),
        ("2031-5-6", Timestamp("2031-05-06T00:00:00Z")),
        ("2031-05-06T07:08:09.500Z", Timestamp("2031-05-06T07:08:09.5Z")),
        ("0031-05-06t07:08:09+02:00", Timestamp("0031-05-06T07:08:09+02:00")),
        ("2031-05-06 07:08:09", Timestamp("2031-05-06T07:08:09Z")),
        ("2031-05-06T07:08:09", "2031-05-06T07:08:09"),
        ("2031-13-06", "2031-13-06"),
        ("<<", "<<"),
        ("=", "="),
    ],
)
def test_plain_scalars(text: str, value: ScalarValue) -> None:
    resolved = resolve_plain(text)
    assert resolved == value
    assert type(resolved) is type(value)


def test_nan_is_a_number() -> None:
    value = resolve_plain(".NaN")
    assert isinstance(value, float)
    assert math.isnan(value)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (3.0, "3"),
        (123456.789, "123456.789"),
        (999999.0, "999999"),
        (1000000.0, "1e+06"),
        (2097152.0, "2.097152e+06"),
        (0.0001, "0.0001"),
        (0.00001, "1e-05"),
        (-0.25, "-0.25"),
        (100.0, "100"),
        (1.5e300, "1.5e+300"),
        (5e-324, "5e-324"),
        (math.inf, "+Inf"),
        (-math.inf, "-Inf"),
        (math.nan, "NaN"),
        (True, "true"),
        (False, "false"),
        (12, "12"),
        (None, ""),
        ("x", "x"),
        (Timestamp("2031-05-06T00:00:00Z"), "2031-05-06T00:00:00Z"),
    ],
)
def test_values_as_text(value: ScalarValue, text: str) -> None:
    assert text_of(value) == text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_the_text_of_a_float_is_that_float(value: float) -> None:
    assert float(text_of(value)) == value


@pytest.mark.parametrize(
    ("tag", "text", "value"),
    [
        ("tag:yaml.org,2002:str", "5", "5"),
        ("tag:yaml.org,2002:int", "5", 5),
        ("tag:yaml.org,2002:float", "5", 5.0),
        ("tag:yaml.org,2002:null", "", None),
        ("tag:yaml.org,2002:binary", "aGVs\nbG8=", "hello"),
        ("!mine", "5", "5"),
    ],
)
def test_explicit_tags(tag: str, text: str, value: ScalarValue) -> None:
    resolved = resolve_tagged(tag, text)
    assert resolved == value
    assert type(resolved) is type(value)


@pytest.mark.parametrize(("tag", "text"), [("int", "x"), ("bool", "1"), ("timestamp", "now"), ("binary", "*")])
def test_a_text_that_does_not_fit_its_tag_is_refused(tag: str, text: str) -> None:
    with pytest.raises(ValueError, match=f"!!{tag}"):
        resolve_tagged(f"tag:yaml.org,2002:{tag}", text)
