"""The clairvoyant: exact for short traces, a bound for long ones."""

from __future__ import annotations

import pytest

from modelyard.core.planners.groups import GroupsPlanner
from modelyard.core.worlds import Dice
from modelyard.simulate import optimum as module
from modelyard.simulate.compare import compare
from modelyard.simulate.optimum import Clairvoyant, optimum, windows
from modelyard.simulate.policies import parse_policies
from modelyard.simulate.search import Job, Least, Pace, Search
from tests.simulate.setting import setting

ALONE = GroupsPlanner({})
PACES = {name: Pace(10.0, 1.0, 10) for name in "abcd"}


def jobs_of(seed: int, count: int) -> list[Job]:
    dice = Dice(seed)
    return sorted(Job(dice.time(60.0), dice.pick("abc"), dice.time(6.0)) for _ in range(count))


def test_nobody_waits_where_nobody_comes() -> None:
    assert optimum([], {}, ALONE) == Least(0.0, exact=True)


@pytest.mark.parametrize("seed", range(12))
def test_windows_promise_no_more_than_the_whole(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    jobs = jobs_of(seed, 9)
    whole = optimum(jobs, PACES, ALONE)
    assert whole.exact
    monkeypatch.setattr(module, "_WHOLE", 0)
    bound = optimum(jobs, PACES, ALONE)
    assert not bound.exact
    assert 0.0 < bound.waiting <= whole.waiting + 1e-9


def test_a_search_that_finds_no_end_gives_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_WHOLE_STATES", 3)
    least = optimum(jobs_of(1, 9), PACES, ALONE)
    assert not least.exact
    assert least.waiting > 0.0


@pytest.mark.parametrize("name", ["fifo", "plain-fifo", "fifo+maxWait=10", "fifo+minResidency=15"])
@pytest.mark.parametrize("seed", range(5))
def test_no_policy_beats_the_clairvoyant(name: str, seed: int) -> None:
    text = (
        "{duration: 60, machine: {load: {kind: uniform, low: 3, high: 9}}, "
        "requests: [{kind: zipf, models: [a, b, c], perMinute: 10}, {kind: bursts, pattern: [a, b], every: 40}]}"
    )
    (result,) = compare(setting(text=text, seed=seed), parse_policies(name))
    assert result.figures.optimum is not None
    assert result.figures.optimum.total_wait <= result.figures.total_wait + 1e-9


def test_windows_are_cut_where_nothing_comes() -> None:
    jobs = [Job(at, "a", 1.0) for at in (0, 1, 2, 3, 50, 51, 52, 90, 91, 92)]
    assert [[job.arrival for job in window] for window in windows(jobs, 4)] == [
        [0, 1, 2, 3],
        [50, 51, 52],
        [90, 91, 92],
    ]
    assert [len(window) for window in windows(jobs[:4], 4)] == [4]


def test_what_was_asked_before_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    clairvoyant = Clairvoyant(ALONE)
    first = clairvoyant.least(jobs_of(1, 6), PACES)
    monkeypatch.setattr(Search, "least", lambda *_, **__: pytest.fail("searched again"))
    assert clairvoyant.least(jobs_of(1, 6)[::-1], PACES) == first
