"""What is counted, by hand."""

from __future__ import annotations

import pytest

from modelyard.core.model import ChildId
from modelyard.simulate.compare import compare
from modelyard.simulate.figures import Figures, jain, quantile, wasted
from modelyard.simulate.policies import parse_policies
from modelyard.simulate.record import ChildRecord, Record, RequestRecord
from tests.simulate.setting import asks, setting


def figures(pattern: str, names: str = "fifo", *, apart: float = 0.0, patience: float | None = None) -> list[Figures]:
    results = compare(setting(asks(pattern, apart=apart, patience=patience)), parse_policies(names))
    return [result.figures for result in results]


def test_a_crowd_by_hand() -> None:
    collated, plain = figures("abcabc", "fifo,plain-fifo")
    assert (collated.requests, collated.served, collated.swaps, collated.loading_time) == (6, 6, 3, 30.0)
    # a is there after 10 s, b after 23 s, c after 36 s; two requests wait for each.
    assert collated.total_wait == 2 * (10 + 23 + 36)
    assert (collated.p50_wait, collated.p95_wait, collated.max_wait) == (23.0, 36.0, 36.0)
    assert collated.makespan == 38.0
    assert plain.swaps == 6
    assert plain.total_wait == sum(10 + 13 * number for number in range(6))


def test_the_clairvoyant_collates_too() -> None:
    collated, plain = figures("abcabc", "fifo,plain-fifo")
    assert collated.optimum is not None
    assert collated.optimum.exact
    assert collated.optimum.total_wait == collated.total_wait
    assert plain.optimum == collated.optimum


def test_nobody_asks_for_the_optimum_nobody_computes_it() -> None:
    (result,) = compare(setting(asks("ab")), parse_policies("fifo"), with_optimum=False)
    assert result.figures.optimum is None


def test_who_leaves_is_counted_and_has_no_wait() -> None:
    (one,) = figures("ab", patience=15.0)
    assert (one.served, one.left, one.rejected, one.max_wait) == (1, 1, 0, 10.0)


def test_nothing_happens() -> None:
    (one,) = figures("")
    assert (one.requests, one.swaps, one.total_wait, one.makespan, one.fairness) == (0, 0, 0, 0, 1)


def test_the_longest_wait_that_is_allowed() -> None:
    first, never = figures("abab", "fifo,fifo+maxWait=0")
    assert first.longest_wait.held is True
    # Nobody became overdue: nothing was ahead of anybody. 300 s, then a service, a stop and a load.
    assert first.longest_wait.bound == 300.0 + 2.0 + 1.0 + 10.0
    assert never.longest_wait.bound is None
    assert never.longest_wait.reason == "maxWait is off"


def test_the_bound_counts_who_was_ahead() -> None:
    (one,) = figures("abcd", "fifo+maxWait=5")
    bound = one.longest_wait.bound
    assert bound is not None
    assert one.longest_wait.held
    assert one.max_wait <= bound
    assert bound > 5.0 + 13.0 + 2.0


def test_no_longest_wait_where_parallel_is_in_the_way() -> None:
    (result,) = compare(setting(asks("aaa"), parallel=1), parse_policies("fifo"))
    assert result.figures.longest_wait.reason == "requests waited for a free place (parallel) of a"


def test_no_longest_wait_where_somebody_may_stay() -> None:
    (result,) = compare(setting(asks("ab"), evictable="idle", ttl=5.0), parse_policies("fifo"))
    assert result.figures.longest_wait.reason == "others may not evict a and b (evictable)"


@pytest.mark.parametrize(
    ("share", "value"), [(0.0, 1.0), (0.25, 1.0), (0.5, 2.0), (0.51, 3.0), (0.95, 4.0), (1.0, 4.0)]
)
def test_quantile(share: float, value: float) -> None:
    assert quantile([1.0, 2.0, 3.0, 4.0], share) == value
    assert quantile([], share) == 0.0


def test_jain() -> None:
    assert jain([3.0, 3.0, 3.0]) == pytest.approx(1.0)
    assert jain([1.0, 0.0, 0.0, 0.0]) == pytest.approx(0.25)
    assert jain([]) == 1.0


def test_a_caller_who_always_waits_is_treated_worse() -> None:
    (alone,) = figures("aaa")
    (unlike,) = figures("aaab")
    assert alone.fairness == pytest.approx(1.0)
    # One caller is served for 2 s of 12 s, the other for 2 s of 25 s.
    shares = (2 / 12, 2 / 25)
    assert unlike.fairness == pytest.approx(sum(shares) ** 2 / (2 * sum(share**2 for share in shares)))


def request(model: str, arrived: float) -> RequestRecord:
    return RequestRecord(1, model, "me", arrived, 1.0)


def child(*, stopping: float | None, served: int = 1) -> ChildRecord:
    return ChildRecord(ChildId("a", 1), 0.0, ready=10.0, stopping=stopping, served=served)


@pytest.mark.parametrize(
    ("one", "arrivals", "is_wasted"),
    [
        (child(stopping=None), [0.0, 30.0], False),  # it stayed
        (child(stopping=20.0), [0.0], False),  # nobody wanted it again
        (child(stopping=20.0), [0.0, 30.5], False),  # later than a load takes
        (child(stopping=20.0), [0.0, 30.0], True),  # sooner: it should have waited
        (child(stopping=20.0), [0.0, 20.0], True),
        (child(stopping=20.0, served=0), [0.0], True),  # for nobody
    ],
)
def test_wasted_loads(one: ChildRecord, arrivals: list[float], is_wasted: bool) -> None:
    record = Record("fifo", 1, 300.0, [request("a", at) for at in arrivals], [one])
    assert wasted(record) == ([one] if is_wasted else [])
