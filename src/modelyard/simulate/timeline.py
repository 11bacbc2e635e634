"""What a picture of a run shows, before it is drawn: who was in which phase when, and how many waited."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import accumulate

from modelyard.simulate.record import ChildRecord, Record


class Shade(StrEnum):
    """What a stretch of a lane means. The values are the classes of the picture."""

    LOADING = "loading"
    SERVING = "serving"
    IDLE = "idle"
    STOPPING = "stopping"


@dataclass(frozen=True, slots=True)
class Stretch:
    """A time in which a child was in one phase (seconds)."""

    start: float
    end: float
    shade: Shade


@dataclass(frozen=True, slots=True)
class Step:
    """From `at` on, so many waited."""

    at: float
    waiting: int


def models_of(records: Sequence[Record]) -> list[str]:
    """The models that were asked for under any policy, by name."""
    return sorted({request.model for record in records for request in record.requests})


def stretches(child: ChildRecord, end: float, grain: float) -> list[Stretch]:
    """The life of a child up to `end`. Pauses shorter than `grain` (seconds) are left out: nobody could see them."""
    ready = end if child.ready is None else child.ready
    stopping = end if child.stopping is None else child.stopping
    gone = end if child.gone is None else child.gone
    found = [Stretch(child.started, min(ready, stopping), Shade.LOADING)]
    if stopping > ready:
        found.append(Stretch(ready, stopping, Shade.IDLE))
        found += [Stretch(start, until, Shade.SERVING) for start, until in _joined(child.busy, grain)]
    found.append(Stretch(stopping, gone, Shade.STOPPING))
    return [stretch for stretch in found if stretch.end > stretch.start]


def queue_of(record: Record, model: str, grain: float) -> list[Step]:
    """How many waited for the model over time; of what happened within `grain` seconds, the most."""
    changes: list[tuple[float, int]] = []
    for request in record.requests:
        if request.model == model and request.wait > 0:
            changes += [(request.arrived, 1), (request.arrived + request.wait, -1)]
    changes.sort()
    counts = accumulate(change for _, change in changes)
    steps: list[Step] = []
    for (at, _), waiting in zip(changes, counts, strict=True):
        if steps and at - steps[-1].at < grain and waiting:
            steps[-1] = Step(steps[-1].at, max(steps[-1].waiting, waiting))
        else:
            steps.append(Step(at, waiting))
    return steps


def _joined(busy: Sequence[tuple[float, float]], grain: float) -> list[tuple[float, float]]:
    joined: list[tuple[float, float]] = []
    for start, end in busy:
        if joined and start - joined[-1][1] < grain:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return joined
