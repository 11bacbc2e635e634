"""From rounds to figures: medians of what each target did, and of its ratio to nginx in the same round."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from yardstick.dataplane import DataPlane, Memory, Round
from yardstick.readiness import Load

BASELINE = "direct"
REFERENCE = "nginx"
SUBJECT = "modelyard"
JUDGED = frozenset({SUBJECT, "guarded"})
"""The targets that the goals are for."""


@dataclass(frozen=True)
class Spread:
    """The middle and the ends of one figure over all rounds."""

    median: float
    low: float
    high: float


@dataclass(frozen=True)
class Goal:
    """What Modelyard has to show, as a bound on its ratio to nginx or on the figure itself."""

    limit: float
    at_least: bool = False
    of_ratio: bool = True

    def is_met(self, value: float) -> bool:
        return value >= self.limit if self.at_least else value <= self.limit


@dataclass(frozen=True)
class Row:
    """One measure of one target; the goal is there for Modelyard as a proxy only."""

    measure: str
    target: str
    absolute: Spread
    ratio: Spread | None
    goal: Goal | None

    @property
    def goal_met(self) -> bool | None:
        """None where there is no goal, or no nginx to hold it against."""
        if self.goal is None:
            return None
        judged = self.ratio if self.goal.of_ratio else self.absolute
        return None if judged is None else self.goal.is_met(judged.median)


@dataclass(frozen=True)
class _Measure:
    name: str
    value: Callable[[Round, str], float]
    goal: Goal | None = None
    over_baseline: bool = False
    """The figure is what the target adds to the engine alone, so there is none without the baseline."""


def _added_p50(measured: Round, name: str) -> float:
    return measured[name].one.p50 - measured[BASELINE].one.p50


_MEASURES = (
    _Measure(
        "requests/s, 16 connections",
        lambda measured, name: measured[name].sixteen.per_second,
        Goal(0.45, at_least=True),
    ),
    _Measure("p50 µs, 16 connections", lambda measured, name: measured[name].sixteen.p50),
    _Measure("p99 µs, 16 connections", lambda measured, name: measured[name].sixteen.p99),
    _Measure("p50 µs, 1 connection", lambda measured, name: measured[name].one.p50),
    _Measure("p99 µs, 1 connection", lambda measured, name: measured[name].one.p99),
    _Measure("added p50 µs, 1 connection", _added_p50, Goal(5.0), over_baseline=True),
    _Measure("CPU µs per streamed event", lambda measured, name: measured[name].streams.cpu_per_event, Goal(1.3)),
    _Measure("event delay p50 µs", lambda measured, name: measured[name].streams.delay_p50),
    _Measure("event delay p99 µs", lambda measured, name: measured[name].streams.delay_p99),
)
_MEMORY_GOAL = Goal(80.0, of_ratio=False)
_READINESS_GOAL = Goal(30.0, of_ratio=False)


def dataplane_rows(found: DataPlane) -> list[Row]:
    """Every measure of every target, and at the end the memory."""
    names = list(found.memory)
    rows = [
        _row(measure, name, found.rounds)
        for measure in _MEASURES
        for name in names
        if not measure.over_baseline or (BASELINE in names and name != BASELINE)
    ]
    return rows + _memory_rows(found.memory)


def _row(measure: _Measure, name: str, rounds: Sequence[Round]) -> Row:
    return Row(
        measure.name,
        name,
        spread([measure.value(measured, name) for measured in rounds]),
        _ratio(measure, name, rounds),
        measure.goal if name in JUDGED else None,
    )


def _ratio(measure: _Measure, name: str, rounds: Sequence[Round]) -> Spread | None:
    if name == REFERENCE or REFERENCE not in rounds[0]:
        return None
    pairs = [(measure.value(each, name), measure.value(each, REFERENCE)) for each in rounds]
    # What nginx adds is a difference of two medians; where noise makes it nothing, there is no ratio.
    ratios = [value / reference for value, reference in pairs if reference > 0]
    return spread(ratios) if ratios else None


def _memory_rows(memory: Mapping[str, Memory]) -> list[Row]:
    rows = []
    for name, peak in memory.items():
        megabytes = spread([peak.peak_bytes / 1e6])
        goal = _MEMORY_GOAL if name in JUDGED else None
        rows.append(Row(f"peak MB after {_at_least(memory)} requests", name, megabytes, None, goal))
    return rows


def _at_least(memory: Mapping[str, Memory]) -> str:
    return f"{min(peak.requests for peak in memory.values()):,}"


def readiness_rows(loads: Sequence[Load]) -> list[Row]:
    """How late each kind of engine was noticed: the middle, and the time that 99 of 100 stay below."""
    rows = []
    for kind in dict.fromkeys(load.kind for load in loads):
        late = [load.late_ms for load in loads if load.kind == kind]
        for name, percent, goal in (("p50", 50, None), ("p99", 99, _READINESS_GOAL)):
            value = percentile(late, percent)
            rows.append(Row(f"ready noticed ms, {name}", kind, Spread(value, min(late), max(late)), None, goal))
    return rows


def spread(values: Sequence[float]) -> Spread:
    """The median, the lowest and the highest of the values, of which there must be one."""
    return Spread(statistics.median(values), min(values), max(values))


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that `percent` of all values do not exceed (nearest rank)."""
    return sorted(values)[max(0, math.ceil(len(values) * percent / 100) - 1)]
