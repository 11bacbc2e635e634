"""How little waiting the same requests could have cost somebody who knew them all beforehand.

A short trace is searched as a whole. A long one is cut into windows of consecutive requests, and each window is
searched as if there were no other requests and as if, at its first, whatever models suit it best were loaded already.
Both only make waiting less, and every request is in one window, so the sum is a lower bound for the whole.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from modelyard.core.planners.base import Planner
from modelyard.simulate.search import Job, Least, Pace, Search

_WHOLE = 12
"""So many requests are searched as a whole."""
_WHOLE_STATES = 60_000
"""How many states that search may look at."""


class _Width(NamedTuple):
    """How wide the windows of a trace of at most `requests` are, and how many states each search may look at."""

    requests: int
    window: int
    states: int


_WIDTHS = (_Width(800, 6, 1_000), _Width(2_500, 5, 300), _Width(6_000, 4, 200), _Width(sys.maxsize, 3, 100))
"""Wider windows miss less waiting and take longer: so the bound takes some seconds at any size."""


class Clairvoyant:
    """Answers for one planner, and remembers its answers: open traffic is the same under every policy."""

    def __init__(self, planner: Planner) -> None:
        self._planner = planner
        self._known: dict[tuple[tuple[Job, ...], tuple[tuple[str, Pace], ...]], Least] = {}

    def least(self, jobs: Sequence[Job], paces: Mapping[str, Pace]) -> Least:
        """The least total waiting (seconds) of `jobs` on a machine of these paces, or a lower bound of it."""
        question = (tuple(sorted(jobs)), tuple(sorted(paces.items())))
        if question not in self._known:
            self._known[question] = optimum(question[0], paces, self._planner)
        return self._known[question]


def optimum(jobs: Sequence[Job], paces: Mapping[str, Pace], planner: Planner) -> Least:
    """The least total waiting (seconds) of `jobs`, which are sorted, or a lower bound of it."""
    if not jobs:
        return Least(0.0, exact=True)
    if len(jobs) > _WHOLE:
        return Least(_by_windows(jobs, paces, planner), exact=False)
    least = Search(jobs, paces, planner).least(_WHOLE_STATES)
    return least if least.exact else Least(max(least.waiting, _by_windows(jobs, paces, planner)), exact=False)


def _by_windows(jobs: Sequence[Job], paces: Mapping[str, Pace], planner: Planner) -> float:
    width = next(width for width in _WIDTHS if len(jobs) <= width.requests)
    known: dict[tuple[Job, ...], float] = {}
    waiting = 0.0
    for window in windows(jobs, width.window):
        moved = _from_zero(window)
        if moved not in known:
            known[moved] = Search(moved, paces, planner).least(width.states, warm=True).waiting
        waiting += known[moved]
    return waiting


def windows(jobs: Sequence[Job], most: int) -> Iterator[Sequence[Job]]:
    """Cut sorted jobs into windows of at most so many, where there are gaps: what comes together, waits together."""
    first = 0
    while len(jobs) - first > most:
        cuts = range(first + most, first + most // 2, -1)
        cut = max(cuts, key=lambda index: jobs[index].arrival - jobs[index - 1].arrival)
        yield jobs[first:cut]
        first = cut
    yield jobs[first:]


def _from_zero(window: Sequence[Job]) -> tuple[Job, ...]:
    """The same jobs on a clock that starts with the first: so windows that repeat are known again."""
    start = window[0].arrival
    return tuple(Job(job.arrival - start, job.model, job.service) for job in window)
