"""Workload files: what is read, and where a mistake is."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelyard.simulate.errors import WorkloadError
from modelyard.simulate.streams import Agents, Bursts, Zipf
from modelyard.simulate.times import LogNormal, Uniform
from modelyard.simulate.workload import default_workload, parse_workload

NAMES = {"alpha": "alpha", "beta": "beta", "a": "alpha"}
EXAMPLES = Path(__file__).parents[2] / "examples" / "workloads"

TEXT = """
seed: 7
duration: 120
machine:
  load: {kind: uniform, low: 4, high: 8}
  models:
    a: {load: 30, memory: 24}
requests:
  - {kind: bursts, pattern: [a, beta], every: 60, callers: 2}
  - {kind: agents, turns: [beta, a], agents: 2, think: 1.5}
  - {kind: zipf, perMinute: 3}
"""


def test_a_workload_with_aliases_resolved() -> None:
    workload = parse_workload(TEXT, "w.yaml", NAMES)
    assert (workload.seed, workload.duration) == (7, 120.0)
    assert workload.machine.load == Uniform(low=4.0, high=8.0)
    assert workload.machine.service == LogNormal(median=4.0, sigma=0.6)
    assert workload.machine.load_of("alpha", 1, seed=1) == 30.0
    assert workload.requests == (
        Bursts(pattern=("alpha", "beta"), every=60.0, callers=2),
        Agents(turns=("beta", "alpha"), agents=2, think=1.5),
        Zipf(per_minute=3.0, models=("alpha", "beta")),
    )


def test_streams_without_a_name_are_callers_of_their_own() -> None:
    workload = parse_workload(TEXT, "w.yaml", NAMES)
    callers = {ask.caller for client in workload.clients(1) for ask in client.opening()}
    assert callers == {"bursts-1-1", "bursts-1-2", "agents-2-1", "agents-2-2", "zipf-3"}


def test_an_empty_file_is_a_workload_of_defaults() -> None:
    assert parse_workload("", "w.yaml", NAMES).requests == ()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("requests: [{kind: poison, model: a}]", "requests[0].kind: Invalid value 'poison'"),
        ("requests: [{kind: poisson, model: a}]", "requests[0]: Object missing required field `perMinute`"),
        (
            "requests: [{kind: poisson, model: a, perMinute: -1}]",
            "requests[0].perMinute: Expected `float` > 0.0",
        ),
        (
            "requests: [{kind: steady, model: a, every: 1, evry: 2}]",
            "requests[0]: Object contains unknown field `evry`",
        ),
        (
            "requests: [{kind: steady, model: alfa, every: 1}]",
            'requests[0].model: the configuration has no model "alfa" (did you mean "alpha"?)',
        ),
        (
            "requests: [{kind: bursts, pattern: [a, x9], every: 1}]",
            'requests[0].pattern[1]: the configuration has no model "x9"',
        ),
        ("machine: {models: {a: {load: fast}}}", "machine.models.a.load: Expected `"),
        (
            "machine: {models: {a: {load: {kind: uniform, low: 3, high: 2}}}}",
            "machine.models.a.load: `high` must be at least `low`, 3",
        ),
        ("machine: {models: {gamma: {}}}", 'machine.models.gamma: the configuration has no model "gamma"'),
        ("machine: {models: [a]}", "machine.models: Expected `object`, got `array`"),
        ("duration: 0", "duration: Expected `float` > 0.0"),
        ("speed: 3", "Object contains unknown field `speed`"),
        ("- a", "Expected `object`, got `array`"),
        ("duration: 1000000000\nrequests: [{kind: steady, model: a, every: 1}]", "requests[0]: some 1,000,000,000"),
    ],
)
def test_a_mistake_is_named_with_its_path(text: str, message: str) -> None:
    with pytest.raises(WorkloadError) as caught:
        parse_workload(text, "w.yaml", NAMES)
    assert str(caught.value).startswith(f"w.yaml: {message}")


def test_what_is_no_yaml_is_named_with_its_line() -> None:
    with pytest.raises(WorkloadError, match=r"^w\.yaml:2:\d+: mapping values are not allowed"):
        parse_workload("a: 1\n  b: c: d", "w.yaml", NAMES)


def test_without_a_workload_all_models_are_asked_for() -> None:
    (zipf,) = default_workload(["a", "b"]).requests
    assert isinstance(zipf, Zipf)
    assert zipf.models == ("a", "b")


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.yaml")), ids=lambda path: path.stem)
def test_the_examples_are_workloads(path: Path) -> None:
    if path.stem != "models":
        names = {f"m{number:02}": f"m{number:02}" for number in range(1, 21)}
        workload = parse_workload(path.read_text(), path.name, names)
        assert workload.clients(1)
