"""The order of waiting."""

from __future__ import annotations

from modelyard.core.disciplines import FIFO, Asked
from modelyard.core.model import ModelFacts

FACTS = ModelFacts(model="a")


def test_fifo_ranks_by_priority_then_by_turn() -> None:
    assert FIFO.name == "fifo"
    asked = [
        Asked(1, 0.0, FACTS, -2),
        Asked(2, 0.0, FACTS, 2),
        Asked(3, 0.0, FACTS, 2, "x", 1),
        Asked(4, 0.0, FACTS, 0),
    ]
    assert [one.arrival for one in sorted(asked, key=FIFO.rank)] == [2, 3, 4, 1]
