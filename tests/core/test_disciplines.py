"""The order of waiting."""

from __future__ import annotations

from modelyard.core.disciplines import DISCIPLINES
from modelyard.core.model import ModelFacts


def test_fifo_is_found_by_its_name_and_ranks_by_priority_then_arrival() -> None:
    fifo = DISCIPLINES["fifo"]
    assert fifo.name == "fifo"
    high, low = ModelFacts(model="a", priority=2), ModelFacts(model="b", priority=-2)
    ranked = sorted([fifo.rank(1, low), fifo.rank(2, high), fifo.rank(3, low), fifo.rank(4, high)])
    assert [arrival for _, arrival in ranked] == [2, 4, 1, 3]
