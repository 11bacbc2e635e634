"""The search, against other ways to the same answer."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations

import pytest

from modelyard.core.dsl.program import compile_matrix
from modelyard.core.planners.groups import GroupRule, GroupsPlanner
from modelyard.core.planners.matrix import MatrixPlanner
from modelyard.core.worlds import Dice
from modelyard.simulate.search import Job, Pace, Search

ALONE = GroupsPlanner({})
ENOUGH = 100_000


def paces(load: float = 10.0, stop: float = 1.0, width: int = 10) -> dict[str, Pace]:
    return {name: Pace(load, stop, width) for name in "abcd"}


def by_permutations(jobs: Sequence[Job], pace: Pace) -> float:
    """The least over all orders of service where one model runs at a time: each order has one timetable."""
    return min(timetable(order, pace) for order in permutations(jobs))


def timetable(order: Sequence[Job], pace: Pace) -> float:
    current, ready, end, waiting = "", 0.0, 0.0, 0.0
    for job in order:
        if job.model != current:
            ready = (max(end, ready) + pace.stop if current else 0.0) + pace.load
            current, end = job.model, 0.0
        grant = max(ready, job.arrival)
        end = max(end, grant + job.service)
        waiting += grant - job.arrival
    return waiting


@pytest.mark.parametrize("seed", range(40))
def test_nobody_does_better_by_trying_every_order(seed: int) -> None:
    dice = Dice(seed)
    jobs = [Job(dice.time(30.0), dice.pick("abc"), dice.time(6.0)) for _ in range(5)]
    least = Search(jobs, paces(), ALONE).least(ENOUGH)
    assert least.exact
    assert least.waiting == pytest.approx(by_permutations(jobs, Pace(10.0, 1.0, 10)))


def test_it_loads_ahead() -> None:
    assert Search([Job(10.0, "a", 2.0)], paces(), ALONE).least(ENOUGH) == (0.0, True)
    assert Search([Job(4.0, "a", 2.0)], paces(), ALONE).least(ENOUGH) == (6.0, True)


def test_it_lets_one_wait_for_the_sake_of_many() -> None:
    """a is loaded and could serve the long job at 11; then three jobs for b would wait for the end of it."""
    jobs = [Job(10.0, "a", 1.0), Job(11.0, "a", 50.0), *(Job(12.0, "b", 1.0) for _ in range(3))]
    least = Search(jobs, paces(), ALONE).least(ENOUGH)
    assert least.exact
    assert least.waiting < 3 * 40


def test_models_of_one_group_run_side_by_side() -> None:
    together = GroupsPlanner({"g": GroupRule(swap=False, members=("a", "b"))})
    jobs = [Job(0.0, "a", 5.0), Job(0.0, "b", 5.0)]
    assert Search(jobs, paces(), together).least(ENOUGH) == (20.0, True)
    assert Search(jobs, paces(), ALONE).least(ENOUGH) == (10.0 + 26.0, True)


def test_a_matrix_says_who_may_stay() -> None:
    planner = MatrixPlanner(compile_matrix(("a", "b", "c"), {}, {}, {"s": "a & b", "t": "a & c"}))
    jobs = [Job(0.0, "a", 100.0), Job(0.0, "b", 2.0), Job(0.0, "c", 2.0)]
    # a and b at 10; c when b has served and gone: 12 + 1 + 10.
    assert Search(jobs, paces(), planner).least(ENOUGH) == (10.0 + 10.0 + 23.0, True)


def test_so_many_at_a_time() -> None:
    jobs = [Job(0.0, "a", 4.0), Job(0.0, "a", 4.0)]
    assert Search(jobs, paces(width=1), ALONE).least(ENOUGH) == (10.0 + 14.0, True)


def test_things_that_take_no_time() -> None:
    jobs = [Job(0.0, "a", 0.0), Job(0.0, "b", 0.0), Job(0.0, "a", 0.0)]
    assert Search(jobs, paces(load=0.0, stop=0.0), ALONE).least(ENOUGH) == (0.0, True)
    assert Search(jobs, paces(load=2.0, stop=0.0), ALONE).least(ENOUGH) == (2.0 + 2.0 + 4.0, True)


def test_the_best_of_all_pasts() -> None:
    jobs = [Job(5.0, "a", 2.0), Job(5.0, "b", 2.0)]
    assert Search(jobs, paces(), ALONE).least(ENOUGH, warm=True) == (2.0 + 1.0 + 10.0, True)


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("most", [1, 5, 30, 100])
def test_a_search_that_is_cut_short_promises_too_little_never_too_much(seed: int, most: int) -> None:
    dice = Dice(seed)
    jobs = [Job(dice.time(30.0), dice.pick("abcd"), dice.time(6.0)) for _ in range(7)]
    whole = Search(jobs, paces(), ALONE).least(ENOUGH)
    short = Search(jobs, paces(), ALONE).least(most)
    assert whole.exact
    assert short.waiting <= whole.waiting + 1e-9
    assert short.waiting > 0.0
