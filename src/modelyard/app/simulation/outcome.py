"""What is told of a simulation: figures, and what happened when. Times are seconds since its start."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from msgspec import Struct

from modelyard.simulate.compare import Result
from modelyard.simulate.figures import Figures
from modelyard.simulate.timeline import Step, Stretch, models_of, queue_of, stretches

GRAINS = 1500
"""What is shorter than so many parts of the whole is not told: nobody could see it."""


class Recorded(Struct, frozen=True, kw_only=True, rename="camel"):
    """What there is to replay: how many requests, from when to when (RFC 3339), and how many are replayed at most."""

    requests: int
    began: str | None
    ended: str | None
    most_requests: int


class Job(Struct, frozen=True, kw_only=True):
    """What a worker is given: the texts of the configuration, the recorded requests as a trace, none for a sample,
    policies, and how long models take to load (seconds), where that is known."""

    texts: tuple[tuple[str, str], ...]
    trace: str
    policies: str
    loads: dict[str, float]
    seed: int = 1


class Lane(Struct, frozen=True, kw_only=True):
    """What a model did, and how many waited for it."""

    model: str
    stretches: tuple[Stretch, ...]
    queue: tuple[Step, ...]


class PolicyRun(Struct, frozen=True, kw_only=True):
    """What one policy made of the traffic. Lanes are those of all models that were asked for, by name."""

    figures: Figures
    lanes: tuple[Lane, ...]


class Simulation(Struct, frozen=True, kw_only=True, rename="camel"):
    """Several policies on the same traffic: that which was recorded, or a sample.

    `began` is when the first recorded request came (RFC 3339), `end` when the last one ended under the slowest policy;
    `left_out` counts recorded requests that are not among them, since their model is no longer there.
    """

    traffic: Literal["recorded", "sample"]
    requests: int
    left_out: int = 0
    began: str | None = None
    end: float
    runs: tuple[PolicyRun, ...]


class Outcome(Struct, frozen=True, kw_only=True):
    """What a worker answers: a simulation, or why there is none."""

    simulation: Simulation | None = None
    error: str = ""


def told(results: Sequence[Result], *, recorded: bool) -> Simulation:
    """The results of a comparison."""
    models = models_of([result.record for result in results])
    end = max(result.record.end for result in results)
    return Simulation(
        traffic="recorded" if recorded else "sample",
        requests=len(results[0].record.requests),
        end=end,
        runs=tuple(
            PolicyRun(figures=result.figures, lanes=tuple(_lane(result, model, end) for model in models))
            for result in results
        ),
    )


def _lane(result: Result, model: str, end: float) -> Lane:
    grain = end / GRAINS
    children = (child for child in result.record.children if child.model == model)
    return Lane(
        model=model,
        stretches=tuple(stretch for child in children for stretch in stretches(child, result.record.end, grain)),
        queue=tuple(queue_of(result.record, model, grain)),
    )
