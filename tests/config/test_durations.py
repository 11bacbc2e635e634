"""Durations in Go's syntax (spec config 7)."""

from __future__ import annotations

import pytest

from modelyard.config.durations import parse_duration
from tests.config.helpers import load, the_problem


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1h2m3s", 3723),
        ("1.5h", 5400),
        (".5m", 30),
        ("5.s", 5),
        ("+5s", 5),
        ("-5s", -5),
        ("0", 0),
        ("-0", 0),
        ("1m1h", 3660),
        ("250ms", 0.25),
        ("7us", 7e-6),
        ("7µs", 7e-6),
        ("7μs", 7e-6),
        ("7ns", 7e-9),
        ("0.9ns", 0),
        ("1.0000000009s", 1),
        ("2562047h", 2562047 * 3600),
    ],
)
def test_what_is_a_duration(text: str, seconds: float) -> None:
    assert parse_duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize(
    "text",
    ["", "5", "5 s", "5S", "1e3s", "1d", "1h-5m", "s", ".s", "-", "00", "1s ", "１s", "2562048h", "9" * 40 + "h"],
)
def test_what_is_none(text: str) -> None:
    assert parse_duration(text) is None


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("~", 5), ("0s", 5), ("0.5ns", 5), ('"0"', 5), ("5s", 5), ("2m5s", 125), ("-0s", 5), ("1h", 3600)],
)
def test_the_interval_of_the_statistics(text: str, seconds: float) -> None:
    assert load(f"performance: {{every: {text}}}").performance.every == seconds


@pytest.mark.parametrize(
    ("text", "fragment"),
    [
        ("30", "expected a duration with units, ns us ms s m h, found the number 30 (write every: 30s)"),
        ("1d", "expected a duration"),
        ("2.5", "write every: 2.5s"),
        ("", "expected a duration"),
        ("true", "write every: 15s"),
        ("4.9s", "must be at least 5s, found 4.9s"),
        ("-9s", "must be at least 5s"),
    ],
)
@pytest.mark.parametrize("disabled", ["true", "false"])
def test_an_interval_that_is_refused_whether_it_counts_or_not(text: str, fragment: str, disabled: str) -> None:
    problem = the_problem(f"performance: {{disabled: {disabled}, every: {text}}}")
    assert problem.path == "performance.every"
    assert fragment in str(problem)
