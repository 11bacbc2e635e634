"""What the scheduler shows of itself: immutable, for `/running`, the UI, `explain` and the tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from modelyard.core.forecast import Forecast
from modelyard.core.model import ChildId, Phase, RequestId
from modelyard.core.residency import Station, Yard
from modelyard.core.waiting import Ticket, WaitingLine


@dataclass(frozen=True, slots=True)
class ModelSnapshot:
    """One model. `child` is None where no process of it exists; `since` is when it came into its phase."""

    model: str
    phase: Phase
    child: ChildId | None
    since: float
    in_flight: frozenset[RequestId]
    waiting: int
    held: bool = False
    """Whether somebody holds it; `held_until` is when that ends (None: not by itself)."""
    held_until: float | None = None
    failures: int = 0
    """Failed starts in a row; `failure` is why the last one failed."""
    failure: str = ""
    reason: str = ""
    """Why its child was started, or told to stop, in words; empty where there is none."""
    retry_at: float | None = None
    """Until when it is not tried, in phase `failed`; None in all others."""


@dataclass(frozen=True, slots=True)
class WaitingSnapshot:
    """One waiting request; `position` 1 is next, `since` is when it arrived, `expected` when it will probably be
    served, both on the scheduler's clock. `expected` is None where too little is known."""

    request: RequestId
    model: str
    since: float
    position: int
    caller: str = ""
    expected: float | None = None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The whole scheduler. `models` holds every configured model and those that still run, sorted by id."""

    models: Mapping[str, ModelSnapshot]
    queue: tuple[WaitingSnapshot, ...]
    planner: str
    shutting_down: bool


def take_snapshot(yard: Yard, line: WaitingLine, now: float, *, shutting_down: bool) -> Snapshot:
    """Copy what there is to show; `now` is the time of the last decision."""
    shown = {
        model: _show_model(station, yard, line)
        for model, station in sorted(yard.stations.items())
        if station.configured or station.phase.resident
    }
    forecast = Forecast(yard, line, now)
    queue = tuple(_show_ticket(ticket, position, forecast, now) for position, ticket in enumerate(line, start=1))
    return Snapshot(MappingProxyType(shown), queue, yard.planner.name, shutting_down)


def _show_ticket(ticket: Ticket, position: int, forecast: Forecast, now: float) -> WaitingSnapshot:
    wait = forecast.wait_of(ticket)
    expected = None if wait is None else now + wait
    return WaitingSnapshot(ticket.request, ticket.model, ticket.since, position, ticket.asked.caller, expected)


def _show_model(station: Station, yard: Yard, line: WaitingLine) -> ModelSnapshot:
    return ModelSnapshot(
        model=station.model,
        phase=station.phase,
        child=station.child if station.phase.resident else None,
        since=station.lifecycle.since,
        in_flight=frozenset(station.in_flight),
        waiting=line.count(station.model),
        held=station.model in yard.holds,
        held_until=yard.holds.get(station.model),
        failures=station.brake.failures,
        failure=station.brake.reason,
        reason=station.why if station.phase.resident else "",
        retry_at=station.brake.until if station.phase is Phase.FAILED else None,
    )
