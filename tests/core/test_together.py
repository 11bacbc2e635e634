from __future__ import annotations

import pytest

from modelyard.core.dsl.program import compile_matrix
from modelyard.core.planners.groups import GroupRule, GroupsPlanner
from modelyard.core.planners.matrix import MatrixPlanner
from modelyard.core.together import loadable_together


def rule(*members: str, swap: bool = False, exclusive: bool = False, persistent: bool = False) -> GroupRule:
    return GroupRule(swap=swap, exclusive=exclusive, persistent=persistent, members=members)


TOGETHER = GroupsPlanner({"all": rule("a", "b", "c")})
IN_TURNS = GroupsPlanner({"all": rule("a", "b", "c", swap=True)})
MIXED = GroupsPlanner({"loud": rule("a", exclusive=True), "calm": rule("b", "c")})
TWO = GroupsPlanner({"one": rule("a", "b", swap=True), "other": rule("c", "d", swap=True)})


@pytest.mark.parametrize(
    ("models", "planner", "chosen"),
    [
        (["a", "b", "c"], TOGETHER, ["a", "b", "c"]),
        (["a", "b", "c"], IN_TURNS, ["c"]),
        (["a", "b", "a"], IN_TURNS, ["a"]),
        ([], TOGETHER, []),
        (["a", "b"], MIXED, ["a", "b"]),
        (["b", "a", "c"], MIXED, ["a", "c", "b"]),
        (["a", "b", "c", "d"], TWO, ["b", "d"]),
    ],
)
def test_the_last_wins_and_as_many_as_can_stay(models: list[str], planner: GroupsPlanner, chosen: list[str]) -> None:
    """R9."""
    assert loadable_together(models, planner) == chosen


def test_all_that_run_by_then_are_looked_at_not_only_pairs() -> None:
    """R9: any two of them run together, all three do not."""
    pairs = MatrixPlanner(compile_matrix("abc", {}, {}, {"ab": "a & b", "bc": "b & c", "ac": "a & c"}))
    assert loadable_together(["a", "b", "c"], pairs) == ["b", "c"]
