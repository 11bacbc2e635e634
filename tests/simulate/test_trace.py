"""Recorded traces."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelyard.simulate.errors import WorkloadError
from modelyard.simulate.machine import Machine
from modelyard.simulate.times import Exponential
from modelyard.simulate.trace import Line, asks_of, parse_trace

NAMES = {"alpha": "alpha", "a": "alpha", "beta": "beta"}
EXAMPLE = Path(__file__).parents[2] / "examples" / "workloads" / "trace.jsonl"


def test_a_trace_starts_with_its_first_request_wherever_that_stands() -> None:
    text = """{"at": 1700000010.5, "model": "beta", "caller": "key-2", "service": 1.5, "tokens": 12}

{"at": 1700000000.0, "model": "a", "patience": 3}
"""
    assert parse_trace(text, "t.jsonl", NAMES) == [
        Line(at=0.0, model="alpha", caller="trace", patience=3.0),
        Line(at=10.5, model="beta", caller="key-2", service=1.5),
    ]


def test_what_a_trace_does_not_know_is_drawn() -> None:
    lines = [Line(at=0.0, model="alpha"), Line(at=1.0, model="beta", service=2.5)]
    machine = Machine(service=Exponential(mean=3.0))
    drawn, known = asks_of(lines, machine, seed=1)
    assert drawn.service > 0.0
    assert known.service == 2.5
    assert asks_of(lines, machine, seed=1) == [drawn, known]
    assert asks_of(lines, machine, seed=2)[0] != drawn


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"at": 0, "model": "a"}\n{"at": "later", "model": "a"}', "t.jsonl:2: Expected `float`"),
        ('{"model": "a"}', "t.jsonl:1: Object missing required field `at`"),
        ('{"at": 0, "model": "a", "service": -1}', "t.jsonl:1: Expected `float` >= 0.0"),
        ("at: 0", "t.jsonl:1: JSON is malformed"),
        ('\n{"at": 0, "model": "betta"}', 't.jsonl:2: the configuration has no model "betta" (did you mean "beta"?)'),
        ("\n \n", "t.jsonl: no request in it"),
    ],
)
def test_a_mistake_is_named_with_its_line(text: str, message: str) -> None:
    with pytest.raises(WorkloadError) as caught:
        parse_trace(text, "t.jsonl", NAMES)
    assert str(caught.value).startswith(message)


def test_the_example_is_a_trace() -> None:
    names = {name: name for name in ("m01", "m02", "m03")}
    assert len(parse_trace(EXAMPLE.read_text(), EXAMPLE.name, names)) == 6
