"""What the scheduler shows of itself: immutable, for `/running`, the UI, `explain` and the tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from modelyard.core.model import ChildId, Phase, RequestId
from modelyard.core.residency import Station, Yard
from modelyard.core.waiting import WaitingLine


@dataclass(frozen=True, slots=True)
class ModelSnapshot:
    """One model. `child` is None where no process of it exists; `since` is when it came into its phase."""

    model: str
    phase: Phase
    child: ChildId | None
    since: float
    in_flight: frozenset[RequestId]
    waiting: int


@dataclass(frozen=True, slots=True)
class WaitingSnapshot:
    """One waiting request; `position` 1 is next, `since` is when it arrived."""

    request: RequestId
    model: str
    since: float
    position: int


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The whole scheduler. `models` holds every configured model and those that still run, sorted by id."""

    models: Mapping[str, ModelSnapshot]
    queue: tuple[WaitingSnapshot, ...]
    planner: str
    shutting_down: bool


def take_snapshot(yard: Yard, line: WaitingLine, *, shutting_down: bool) -> Snapshot:
    """Copy what there is to show."""
    shown = {
        model: _show_model(station, line)
        for model, station in sorted(yard.stations.items())
        if station.configured or station.phase.resident
    }
    queue = tuple(
        WaitingSnapshot(ticket.request, ticket.model, ticket.since, position)
        for position, ticket in enumerate(line, start=1)
    )
    return Snapshot(MappingProxyType(shown), queue, yard.planner.name, shutting_down)


def _show_model(station: Station, line: WaitingLine) -> ModelSnapshot:
    return ModelSnapshot(
        model=station.model,
        phase=station.phase,
        child=station.child if station.phase.resident else None,
        since=station.lifecycle.since,
        in_flight=frozenset(station.in_flight),
        waiting=line.count(station.model),
    )
