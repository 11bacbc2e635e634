"""What is counted of requests and of the lives of children."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import inf
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelyard.app.meters import TOGETHER, UNKNOWN, Histogram, Meters
from modelyard.core.commands import StartChild, StopChild
from modelyard.core.events import (
    ChildExited,
    ChildFailed,
    ChildReady,
    SpecsChanged,
)
from modelyard.core.model import ChildId, ModelFacts
from modelyard.core.planners.groups import GroupRule, GroupsPlanner
from modelyard.core.reasons import UNLOADED, evicted_for
from modelyard.runtime.engine import Serving
from modelyard.wire.usage import NOTHING, Figures

M1 = ChildId("m", 1)


class HandClock:
    """Time that a test sets."""

    def __init__(self) -> None:
        self.time = 0.0

    def now(self) -> float:
        return self.time

    def wall(self) -> float:
        return self.time


class _Pool:
    was_used = False


class _Serving:
    """What served a child, as far as counting looks at it."""

    def __init__(self, *, was_used: bool = False) -> None:
        self.pool = _Pool()
        self.pool.was_used = was_used


@dataclass
class Ended:
    """A request that has ended, as far as it is counted."""

    model: str = "m"
    outcome: str = "ok"
    figures: Figures = NOTHING
    arrived_at: float = 100.0
    first_byte_at: float = 0.0
    first_token_at: float = 0.0
    ended_at: float = 101.0
    queued: float = 0.0
    loaded: float = 0.0


def ended(**more: Any) -> Ended:
    return Ended(**more)


def serving(*, was_used: bool = False) -> Serving:
    return cast("Serving", _Serving(was_used=was_used))


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def meters(clock: HandClock) -> Meters:
    return Meters(clock, {"m", "n"}.__contains__)


def test_requests_count_by_outcome_with_their_times_and_tokens(meters: Meters) -> None:
    figures = Figures(input=10, output=5, cached=3)
    served = ended(ended_at=101.5, queued=40, loaded=700, first_byte_at=100.9, first_token_at=100.95)
    served.figures = figures
    meters.count([served])
    meters.count([ended(outcome="rejected", ended_at=100.002, figures=Figures(cached=-1, drafted=-1))])
    meter = dict(meters.counted())["m"]
    assert meter.requests == {"ok": 1, "rejected": 1}
    assert (meter.tokens["input"], meter.tokens["output"], meter.tokens["cached"]) == (10, 5, 3)
    assert sum(meter.duration.counts) == 2
    assert meter.duration.total == pytest.approx(1.502)
    assert (sum(meter.queue.counts), meter.queue.total) == (2, 0.04)
    assert sum(meter.first_token.counts) == 1
    assert meter.first_token.total == pytest.approx(0.95)
    assert (sum(meter.waited_for_load.counts), meter.waited_for_load.total) == (1, 0.7)


def test_names_that_no_model_has_count_as_one(meters: Meters) -> None:
    for name in ("gpt-7", "gpt-8"):
        meters.count([ended(model=name, outcome="rejected")])
    assert dict(meters.counted())[UNKNOWN].requests == {"rejected": 2}
    assert list(meters.models) == [UNKNOWN]


def test_models_that_are_gone_are_forgotten(clock: HandClock) -> None:
    known = {"m", "n"}
    meters = Meters(clock, known.__contains__)
    for model in ("m", "n"):
        meters.of(model)
    known.discard("n")
    meters.keep(["m"])
    assert list(meters.models) == ["m"]


def test_a_life_with_an_eviction(meters: Meters, clock: HandClock) -> None:
    used = serving(was_used=True)
    meters.child_moved(StartChild(M1, "because"), used)
    clock.time = 12.5
    meters.child_moved(ChildReady(M1), used)
    meters.child_moved(StopChild(M1, 5.0, evicted_for("n")), used)
    meters.child_moved(ChildExited(M1), used)
    meter = meters.models["m"]
    assert (meter.loads, meter.load.total, sum(meter.load.counts)) == (1, 12.5, 1)
    assert (meter.stops, meter.evictions, meter.wasted) == ({"eviction": 1}, {"n": 1}, 0)


def test_a_load_that_served_nobody_is_wasted(meters: Meters) -> None:
    unused = serving()
    meters.child_moved(StartChild(M1, "because"), unused)
    meters.child_moved(StopChild(M1, 5.0, UNLOADED), unused)
    meters.child_moved(ChildFailed(M1, "aborted"), unused)
    assert (meters.models["m"].wasted, meters.models["m"].stops) == (1, {"unload": 1})


def test_what_ends_by_itself_crashed_or_never_came_up(meters: Meters) -> None:
    meters.child_moved(ChildFailed(M1, "no such file"), serving())
    meters.child_moved(ChildExited(ChildId("m", 2)), serving(was_used=True))
    assert (meters.models["m"].stops, meters.models["m"].wasted) == ({"failed": 1, "crash": 1}, 0)


def test_late_news_count_nothing(meters: Meters) -> None:
    meters.child_moved(ChildExited(M1), None)
    assert meters.models == {}


def test_histograms_include_their_bounds() -> None:
    histogram = Histogram((0.1, 1.0))
    for value in (0.05, 0.1, 0.5, 2.0):
        histogram.observe(value)
    assert histogram.counts == [2, 1, 1]


@given(st.lists(st.floats(-1, 20), max_size=40))
def test_many_figures_count_as_each_by_itself(values: list[float]) -> None:
    together, single = Histogram((0.1, 1.0, 10.0)), Histogram((0.1, 1.0, 10.0))
    together.observe_all(values)
    for value in values:
        single.observe(value)
    ends = pairwise([-1.0, 0.1, 1.0, 10.0, inf])
    expected = [sum(below < value <= bound for value in values if value >= 0) for below, bound in ends]
    assert (together.counts, single.counts) == (expected, expected)
    assert together.total == pytest.approx(single.total)


def test_requests_are_counted_before_too_many_wait(meters: Meters) -> None:
    for _ in range(TOGETHER):
        meters.count([ended(), ended(model="n")])
    assert meters.models["m"].requests == meters.models["n"].requests == {"ok": TOGETHER}
    assert meters.models["m"].noted == []


def specs(*models: str, ttl: float = 0.0) -> SpecsChanged:
    facts = {
        model: ModelFacts(
            model=model, parallel=1, concurrency_limit=None, queue_limit=9, priority=0, ttl=ttl, unload_timeout=5.0
        )
        for model in models
    }
    rule = GroupRule(swap=True, exclusive=True, persistent=False, members=tuple(models))
    return SpecsChanged(facts, GroupsPlanner({"all": rule}))
