"""What the scheduler shows of itself."""

from __future__ import annotations

import pytest

from modelyard.core.model import ChildId, ModelFacts, Phase
from modelyard.core.snapshot import ModelSnapshot, WaitingSnapshot
from tests.support.playbook import Playbook


def test_a_snapshot_shows_who_runs_who_is_served_and_who_waits() -> None:
    book = Playbook(ModelFacts(model="b", parallel=1), "a").at(1.0)
    book.asks(1, "b").at(3.0).ready("b#1").at(4.0).asks(2, "a").at(5.0).asks(3, "b")
    shown = book.scheduler.snapshot()
    assert list(shown.models) == ["a", "b"]
    assert shown.models["a"] == ModelSnapshot("a", Phase.STOPPED, None, 0.0, frozenset(), 1)
    assert shown.models["b"] == ModelSnapshot(
        "b", Phase.READY, ChildId("b", 1), 3.0, frozenset({1}), 1, reason="nothing has to make room"
    )
    assert shown.queue == (WaitingSnapshot(2, "a", 4.0, 1), WaitingSnapshot(3, "b", 5.0, 2))
    assert shown.planner == "group"
    assert not shown.shutting_down


def test_a_snapshot_stays_as_it_was() -> None:
    """R56: what a reader holds does not change under its eyes."""
    book = Playbook("a").running("a")
    before = book.scheduler.snapshot()
    book.asks(1, "a")
    assert before.models["a"].in_flight == frozenset()
    with pytest.raises(TypeError):
        before.models["b"] = before.models["a"]  # type: ignore[index]
