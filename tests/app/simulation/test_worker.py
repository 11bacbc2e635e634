"""What the program that simulates for the server answers."""

from __future__ import annotations

import pytest

from modelyard.app.simulation.outcome import Job, Simulation
from modelyard.app.simulation.worker import outcome_of

CONFIG = "models:\n  a: {cmd: 'run ${PORT}', aliases: [first]}\n  b: {cmd: 'run ${PORT}'}\n"
TRACE = '{"at": 100, "model": "first", "service": 2}\n{"at": 101, "model": "b", "caller": "me", "service": 1}\n'


def job(trace: str = TRACE, policies: str = "fifo", text: str = CONFIG, **loads: float) -> Job:
    return Job(texts=(("c.yaml", text),), trace=trace, policies=policies, loads=loads)


def simulated(asked: Job) -> Simulation:
    outcome = outcome_of(asked)
    assert outcome.simulation is not None, outcome.error
    return outcome.simulation


def test_recorded_requests_are_replayed_with_the_load_times_that_are_known() -> None:
    found = simulated(job(a=3.0, b=4.0))
    assert (found.traffic, found.requests) == ("recorded", 2)
    (run,) = found.runs
    # a loads until 3 and serves until 5; it stops until 6, b loads until 10 and serves until 11
    assert (run.figures.swaps, run.figures.total_wait, found.end) == (2, 3.0 + 9.0, 11.0)
    lanes = {lane.model: lane for lane in run.lanes}
    assert [(one.start, one.end, str(one.shade)) for one in lanes["a"].stretches] == [
        (0.0, 3.0, "loading"),
        (3.0, 5.0, "idle"),
        (3.0, 5.0, "serving"),
        (5.0, 6.0, "stopping"),
    ]
    assert [(one.at, one.waiting) for one in lanes["b"].queue] == [(1.0, 1), (10.0, 0)]


def test_policies_are_compared_on_the_same_traffic() -> None:
    groups = CONFIG + "groups: {both: {swap: false, members: [a, b]}}\n"
    together, alone = simulated(job(policies="fifo,fifo+planner=alone", text=groups)).runs
    assert (together.figures.policy, alone.figures.policy) == ("fifo", "fifo+planner=alone")
    assert together.figures.makespan < alone.figures.makespan


def test_without_a_record_there_is_a_sample() -> None:
    found = simulated(job(trace=""))
    assert found.traffic == "sample"
    assert found.requests > 100


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        (job(policies="fofi"), 'unknown policy "fofi" (known: fifo, plain-fifo)'),
        (
            job(policies="fifo+planner=none"),
            "fifo+planner=none: planner is alone, ",
        ),
        (job(trace='{"at": 1, "model": "c"}'), 'the record:1: the configuration has no model "c"'),
        (job(text="models: {}"), "the configuration has no model"),
    ],
)
def test_what_can_not_be_used_is_said(asked: Job, error: str) -> None:
    outcome = outcome_of(asked)
    assert outcome.simulation is None
    assert outcome.error.startswith(error)
