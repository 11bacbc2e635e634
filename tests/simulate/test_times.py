"""Times: what a file may write, and what is drawn."""

from __future__ import annotations

from statistics import fmean, median

import msgspec
import pytest

from modelyard.simulate.chance import Chance
from modelyard.simulate.times import Exponential, LogNormal, Time, Uniform, draw


def drawn(time: Time) -> list[float]:
    return [draw(time, Chance(1, "time", number)) for number in range(5_000)]


def test_a_number_is_always_that_number() -> None:
    assert set(drawn(4)) == {4.0}


def test_uniform() -> None:
    times = drawn(Uniform(low=2.0, high=6.0))
    assert min(times) >= 2.0
    assert max(times) <= 6.0
    assert abs(fmean(times) - 4.0) < 0.1


def test_exponential() -> None:
    assert abs(fmean(drawn(Exponential(mean=5.0))) - 5.0) < 0.3


def test_lognormal() -> None:
    times = drawn(LogNormal(median=4.0, sigma=0.8))
    assert abs(median(times) - 4.0) < 0.2
    assert set(drawn(LogNormal(median=4.0, sigma=0.0))) == {4.0}


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (4, 4.0),
        ({"kind": "uniform", "low": 1, "high": 2}, Uniform(low=1.0, high=2.0)),
        ({"kind": "exponential", "mean": 3}, Exponential(mean=3.0)),
        ({"kind": "lognormal", "median": 4}, LogNormal(median=4.0, sigma=0.5)),
    ],
)
def test_what_a_file_writes(written: object, read: Time) -> None:
    assert msgspec.convert(written, Time) == read


@pytest.mark.parametrize(
    "written",
    [
        -1,
        "4",
        {"kind": "normal", "mean": 3},
        {"kind": "uniform", "low": 3, "high": 2},
        {"kind": "uniform", "low": 3},
        {"kind": "exponential", "mean": -1},
        {"kind": "exponential", "mean": 1, "median": 2},
    ],
)
def test_what_is_no_time(written: object) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(written, Time)
