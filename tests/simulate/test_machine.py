"""The machine: defaults, and what a model has of its own."""

from __future__ import annotations

from modelyard.simulate.machine import DEFAULT_SERVICE, Machine, ModelMachine
from modelyard.simulate.times import Uniform


def test_without_a_word_every_model_is_alike() -> None:
    machine = Machine()
    assert machine.load_of("a", 1, seed=1) == machine.load_of("b", 7, seed=9) == 10.0
    assert machine.stop_of("a", 1, seed=1) == 1.0
    assert machine.service_of("a") == DEFAULT_SERVICE
    assert machine.memory_of("a") == 0.0


def test_a_model_says_what_is_its_own() -> None:
    machine = Machine(load=5.0, memory=8.0, models={"big": ModelMachine(load=60.0, stop=0.0, service=9.0, memory=48.0)})
    assert machine.load_of("big", 1, seed=1) == 60.0
    assert machine.stop_of("big", 1, seed=1) == 0.0
    assert machine.service_of("big") == 9.0
    assert machine.memory_of("big") == 48.0
    assert machine.load_of("small", 1, seed=1) == 5.0
    assert machine.memory_of("small") == 8.0


def test_each_load_has_its_own_luck_and_keeps_it() -> None:
    """A comparison of policies is one only if the third load of a model takes as long under each of them."""
    machine = Machine(load=Uniform(low=1.0, high=9.0), stop=Uniform(low=1.0, high=9.0))
    loads = [machine.load_of("a", generation, seed=1) for generation in (1, 2, 3)]
    assert len(set(loads)) == 3
    assert loads == [machine.load_of("a", generation, seed=1) for generation in (1, 2, 3)]
    assert machine.load_of("a", 1, seed=2) != loads[0]
    assert machine.stop_of("a", 1, seed=1) != loads[0]
