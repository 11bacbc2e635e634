"""Which sets of a matrix add nothing, found out in bounded time."""

from __future__ import annotations

import time

import pytest

from modelyard.app.matrixsets import MatrixSets
from modelyard.config.document import MatrixEntry

MODELS = [f"m{number}" for number in range(12)]


@pytest.mark.parametrize(
    ("sets", "superfluous"),
    [
        ({"s": "m1 & m2", "t": "m1"}, ["t"]),
        ({"s": "m1 & m2", "t": "m1 & m3"}, []),
        ({"s": "m1 & m2", "t": "m3"}, []),
        ({"s": "m1 & (m2 | m3)", "t": "m1 & v"}, ["t"]),
        ({"s": "m1 & m2", "t": "+s & m3", "u": "m3 & m1"}, ["u"]),
        ({"s": "m1"}, []),
        ({"s": " & ".join(MODELS), "t": " & ".join(MODELS)}, []),
    ],
    ids=["part", "other", "apart", "choice", "referred to", "alone", "too many"],
)
def test_which_sets_add_nothing(sets: dict[str, str], superfluous: list[str]) -> None:
    found = MatrixSets(MatrixEntry(vars={"v": "m2"}, sets=sets), MODELS)
    assert [name for name in sets if found.adds_nothing(name)] == superfluous


def test_models_and_identifiers() -> None:
    found = MatrixSets(MatrixEntry(vars={"v": "m2", "w": "m3"}, sets={"s": "+t & v", "t": "m1"}), MODELS)
    assert found.mentioned == {"m1", "m2"}
    assert found.identifiers == {"t", "v", "m1"}


def test_references_that_double_at_every_step_and_long_chains_take_no_time() -> None:
    began = time.process_time()
    doubling = {"s0": "m0 | m1"} | {f"s{number}": f"+s{number - 1} & +s{number - 1}" for number in range(1, 60)}
    chain = {"s0": "m0"} | {f"s{number}": f"+s{number - 1} | m{number % 12}" for number in range(1, 1500)}
    for sets in (doubling, chain):
        found = MatrixSets(MatrixEntry(sets=sets), MODELS)
        assert not found.adds_nothing(list(sets)[-1])
    assert time.process_time() - began < 2
