"""What a run comes to, in numbers."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Mapping, Sequence
from math import ceil

from msgspec import Struct

from modelyard.core.laws import Bound
from modelyard.simulate.optimum import Clairvoyant
from modelyard.simulate.record import ChildRecord, Ending, Record, RequestRecord, width_of
from modelyard.simulate.room import Setting
from modelyard.simulate.search import Job, Pace

_TOLERANCE = 1e-6
_SHOWN = 3
"""How many names fit into a reason."""


class LongestWait(Struct, frozen=True, kw_only=True, rename="camel"):
    """What law 5 says of a run: nobody waits longer than `bound` (seconds).

    Where the law promises nothing, `bound` is None and `reason` says why. `held` is about each request's own bound,
    which counts those that were ahead of it; `bound` is that of the request which had most ahead.
    """

    bound: float | None
    held: bool | None
    reason: str = ""


class Optimum(Struct, frozen=True, kw_only=True, rename="camel"):
    """The least total waiting that was possible for the requests that were served (seconds).

    `exact` where the search came to its end; otherwise nobody could have done better, and perhaps not as well.
    """

    total_wait: float
    exact: bool


class Figures(Struct, frozen=True, kw_only=True, rename="camel"):
    """One policy's figures. Times are seconds; waits are those of served requests, from arrival to grant."""

    policy: str
    seed: int
    requests: int
    served: int
    rejected: int
    left: int
    swaps: int
    """How many children were started."""
    wasted_loads: int
    """See `wasted`."""
    loading_time: float
    """All loads together."""
    total_wait: float
    p50_wait: float
    p95_wait: float
    max_wait: float
    makespan: float
    """From the start to the end of the last request."""
    fairness: float
    """Jain's index over callers, from 1/n (one caller gets everything) to 1 (all alike)."""
    peak_memory: float
    """Gigabytes that were occupied at most, as far as the machine model says."""
    longest_wait: LongestWait
    optimum: Optimum | None
    """None where it was not asked for."""


def figures_of(record: Record, setting: Setting, clairvoyant: Clairvoyant | None) -> Figures:
    """Count a run up."""
    served = [request for request in record.requests if request.ending is Ending.SERVED]
    waits = sorted(request.wait for request in served)
    endings = [request.ending for request in record.requests]
    return Figures(
        policy=record.policy,
        seed=record.seed,
        requests=len(record.requests),
        served=len(served),
        rejected=endings.count(Ending.REJECTED),
        left=endings.count(Ending.LEFT),
        swaps=len(record.children),
        wasted_loads=len(wasted(record)),
        loading_time=sum(child.loading for child in record.children),
        total_wait=sum(waits),
        p50_wait=quantile(waits, 0.5),
        p95_wait=quantile(waits, 0.95),
        max_wait=waits[-1] if waits else 0.0,
        makespan=record.end,
        fairness=jain(list(_satisfaction(served).values())),
        peak_memory=record.peak_memory,
        longest_wait=_longest_wait(record, served, setting),
        optimum=None if clairvoyant is None else _optimum(record, served, setting, clairvoyant),
    )


def quantile(ordered: Sequence[float], share: float) -> float:
    """The least value that so large a share of all does not exceed; 0 of none."""
    return ordered[max(0, ceil(share * len(ordered)) - 1)] if ordered else 0.0


def jain(values: Sequence[float]) -> float:
    """Jain's index of fairness: (Σx)² / (n · Σx²); 1 of none."""
    squares = sum(value * value for value in values)
    return sum(values) ** 2 / (len(values) * squares) if squares else 1.0


def wasted(record: Record) -> list[ChildRecord]:
    """The loads that should have been spared.

    A load is wasted if its child was stopped without having served anybody, or if its model was wanted again no later
    after it was told to stop than its load had taken: waiting for that request would have been the shorter way.
    """
    wanted: dict[str, list[float]] = {}
    for request in record.requests:
        wanted.setdefault(request.model, []).append(request.arrived)
    return [child for child in record.children if _is_wasted(child, wanted[child.model])]


def _is_wasted(child: ChildRecord, wanted: Sequence[float]) -> bool:
    if child.stopping is None:
        return False
    following = bisect_left(wanted, child.stopping)
    again = following < len(wanted) and wanted[following] <= child.stopping + child.loading
    return again or not child.served


def _satisfaction(served: Sequence[RequestRecord]) -> Mapping[str, float]:
    """By caller: which share of the time that its requests took it was being served.

    1 is a caller that never waited. A share of one's own time, because callers ask for different amounts.
    """
    waited: dict[str, float] = {}
    worked: dict[str, float] = {}
    for request in served:
        waited[request.caller] = waited.get(request.caller, 0.0) + request.wait
        worked[request.caller] = worked.get(request.caller, 0.0) + request.service
    return {caller: time / (time + waited[caller]) if time + waited[caller] else 1.0 for caller, time in worked.items()}


def _longest_wait(record: Record, served: Sequence[RequestRecord], setting: Setting) -> LongestWait:
    reason = _why_no_promise(record, setting)
    if reason:
        return LongestWait(bound=None, held=None, reason=reason)
    bound = Bound(
        record.max_wait,
        service=max((request.service for request in served), default=0.0),
        stop=max(
            (child.gone - child.stopping for child in record.children if child.gone and child.stopping), default=0.0
        ),
        load=max((child.loading for child in record.children), default=0.0),
    )
    held = all(wait <= bound.longest_wait(ahead) + _TOLERANCE for wait, ahead in record.aheads)
    most = max((ahead for _, ahead in record.aheads), default=0)
    return LongestWait(bound=bound.longest_wait(most), held=held)


def _why_no_promise(record: Record, setting: Setting) -> str:
    """Why law 5 says nothing of this run; empty where it does."""
    facts = setting.specs.facts
    fixed = {child.model for child in record.children if facts[child.model].evictable != "always"}
    if not record.max_wait:
        return "maxWait is off"
    if fixed:
        return f"others may not evict {_listed(fixed)} (evictable)"
    if record.crowded:
        return f"requests waited for a free place (parallel) of {_listed(record.crowded)}"
    return ""


def _listed(models: Collection[str]) -> str:
    shown = " and ".join(sorted(models)[:_SHOWN])
    return shown if len(models) <= _SHOWN else f"{shown} and others"


def _optimum(record: Record, served: Sequence[RequestRecord], setting: Setting, clairvoyant: Clairvoyant) -> Optimum:
    jobs = [Job(request.arrived, request.model, request.service) for request in served]
    paces = {model: _pace(record, model, setting) for model in {job.model for job in jobs}}
    least = clairvoyant.least(jobs, paces)
    return Optimum(total_wait=least.waiting, exact=least.exact)


def _pace(record: Record, model: str, setting: Setting) -> Pace:
    """Where times are drawn, the clairvoyant has the shortest that the model's children got in this run."""
    facts, machine = setting.specs.facts[model], setting.machine
    generations = range(1, 1 + max(1, sum(child.model == model for child in record.children)))
    return Pace(
        load=min(machine.load_of(model, generation, record.seed) for generation in generations),
        stop=min(facts.unload_timeout, *(machine.stop_of(model, g, record.seed) for g in generations)),
        width=width_of(facts),
    )
