"""The order of waiting."""

from __future__ import annotations

import pytest

from modelyard.core.disciplines import FIFO, Asked, CheckedDiscipline, Rank
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


class Given:
    """A discipline of somebody else's that answers what it was given."""

    name = "given"

    def __init__(self, answer: object) -> None:
        self._answer = answer

    def rank(self, asked: Asked) -> Rank:
        if self._answer is None:
            raise RuntimeError("no rank today")
        return self._answer  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("answer", "rank"),
    [
        ((1, 2.5), (1.0, 2.5)),
        ([True], (1.0,)),
        ((1.0, float("nan")), (float("inf"),)),
        (("first",), (float("inf"),)),
        (None, (float("inf"),)),
    ],
)
def test_what_somebody_elses_discipline_cannot_rank_goes_last(answer: object, rank: Rank) -> None:
    checked = CheckedDiscipline(Given(answer))
    assert (checked.name, checked.rank(Asked(1, 0.0, FACTS, 0))) == ("given", rank)
