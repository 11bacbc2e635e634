"""The nouns check themselves at construction."""

from __future__ import annotations

import pytest

from modelyard.core.model import ChildId, ModelFacts, Phase


def test_a_child_is_written_with_its_generation() -> None:
    assert str(ChildId("org/model", 3)) == "org/model#3"


def test_only_stopped_and_failed_models_occupy_no_memory() -> None:
    assert {phase for phase in Phase if not phase.resident} == {Phase.STOPPED, Phase.FAILED}


@pytest.mark.parametrize(
    ("name", "value"),
    [("parallel", 0), ("concurrency_limit", 0), ("queue_limit", -1), ("ttl", -1.0), ("unload_timeout", -1.0)],
)
def test_facts_that_make_no_sense_are_refused(name: str, value: float) -> None:
    with pytest.raises(ValueError, match=f"a: .*{name}"):
        ModelFacts(model="a", **{name: value})  # type: ignore[arg-type]


def test_facts_may_be_at_their_limits() -> None:
    facts = ModelFacts(model="a", parallel=1, concurrency_limit=1, queue_limit=0, ttl=0.0, unload_timeout=0.0)
    assert (facts.queue_limit, facts.unload_timeout) == (0, 0.0)


def test_who_may_be_evicted_is_one_of_three_words() -> None:
    with pytest.raises(ValueError, match=r"^a: evictable must be always, idle or never, not sometimes$"):
        ModelFacts(model="a", evictable="sometimes")  # type: ignore[arg-type]
