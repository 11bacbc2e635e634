"""The matrix policy (spec lifecycle 5): plans, their reasons, and the scheduler that follows them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelyard.core.dsl.program import MatrixProgram, compile_matrix
from modelyard.core.model import ChildId, Phase
from modelyard.core.planners.base import Resident
from modelyard.core.planners.matrix import MatrixPlanner
from tests.core.dsl.families import Matrix, matrices
from tests.support.playbook import Playbook

MODELS = "abcdef"


def program(costs: dict[str, int] | None = None, /, **sets: str) -> MatrixProgram:
    return compile_matrix(MODELS, {}, costs or {}, sets)


def residents(models: str, phase: Phase = Phase.READY) -> list[Resident]:
    return [Resident(ChildId(model, 1), phase) for model in sorted(models)]


@pytest.mark.parametrize(
    ("target", "running", "evict", "reason"),
    [
        ("a", "", "", "nothing has to make room, by set pair (a & (b | c))"),
        ("a", "b", "", "nothing has to make room, by set pair (a & (b | c))"),
        ("a", "bc", "c", "c must go at a cost of 1, by set pair (a & (b | c))"),
        ("a", "cd", "d", "d must go at a cost of 5, by set pair (a & (b | c))"),
        ("b", "cd", "cd", "c and d must go at a cost of 6, by set pair (a & (b | c))"),
        ("d", "ab", "ab", "a and b must go: d is in no set and runs alone"),
        ("d", "", "", "nothing has to make room"),
    ],
)
def test_who_goes_and_why(target: str, running: str, evict: str, reason: str) -> None:
    plan = MatrixPlanner(program({"d": 5}, pair="a & (b | c)")).plan(target, residents(running))
    assert plan.evict == set(evict)
    assert plan.reason == reason


def test_a_long_expression_is_shown_by_its_beginning() -> None:
    reason = MatrixPlanner(program(s=" | ".join(["a"] * 100))).plan("a", []).reason
    assert len(reason) < 130
    assert reason.endswith(" …)")


@pytest.mark.parametrize(("length", "shown"), [(80, "x" * 80), (81, "x" * 78 + " …")])
def test_an_expression_of_eighty_characters_is_shown_whole(length: int, shown: str) -> None:
    name = "x" * length
    reason = MatrixPlanner(compile_matrix([name], {}, {}, {"s": name})).plan(name, []).reason
    assert reason == f"nothing has to make room, by set s ({shown})"


def test_a_target_that_runs_needs_no_room() -> None:
    assert MatrixPlanner(program(s="a")).plan("a", residents("ab")).reason == "nothing has to make room: it runs"


def test_starting_and_stopping_models_count_as_running_and_asleep_ones_do_not() -> None:
    """H33, DESIGN section 3."""
    planner = MatrixPlanner(program(s="a | b"))
    for phase in (Phase.STARTING, Phase.STOPPING, Phase.READY, Phase.FALLING_ASLEEP, Phase.WAKING):
        assert planner.plan("a", residents("b", phase)).evict == {"b"}
    assert planner.plan("a", residents("b", Phase.ASLEEP)).evict == frozenset()


def test_a_target_that_runs_evicts_nobody_whoever_runs_beside_it() -> None:
    """Spec lifecycle 5, rule 1. One that leaves must come back like any other."""
    planner = MatrixPlanner(program(s="a | b"))
    for phase in (Phase.STARTING, Phase.READY, Phase.WAKING):
        assert planner.plan("a", [*residents("a", phase), *residents("b")]).evict == frozenset()
    for phase in (Phase.STOPPING, Phase.FALLING_ASLEEP, Phase.ASLEEP):
        assert planner.plan("a", [*residents("a", phase), *residents("b")]).evict == {"b"}


def test_planners_are_equal_by_content() -> None:
    one, same, other = (MatrixPlanner(program(s=text)) for text in ("a & b", " a & b", "b & a"))
    assert one == same
    assert hash(one) == hash(same)
    assert one != other
    assert one != program(s="a & b")
    assert repr(one) == "<MatrixPlanner <MatrixProgram ['s']>>"


@given(matrix=matrices(), names=st.sets(st.sampled_from(MODELS), min_size=1))
def test_a_plan_is_a_pure_function_of_who_runs(matrix: Matrix, names: set[str]) -> None:
    """R16: the same question gets the same answer, from the same planner and from another of the same content."""
    target, *others = sorted(names)
    planner = MatrixPlanner(matrix.compile())
    first = planner.plan(target, residents("".join(others)))
    assert first == planner.plan(target, residents("".join(others)))
    assert first == MatrixPlanner(matrix.compile()).plan(target, residents("".join(others)))
    assert first.evict <= set(others)


def book(*models: str, **sets: str) -> Playbook:
    return Playbook(*models, planner=MatrixPlanner(program(**sets)))


def test_models_of_a_set_run_together_and_one_in_no_set_runs_alone() -> None:
    dialogue = book("a", "b", "c", "d", s1="a & b", s2="a & c")
    dialogue.asks(1, "a").expect("start a#1")
    dialogue.ready("a#1").expect("grant 1 a#1")
    dialogue.asks(2, "b").expect("start b#1")
    dialogue.ready("b#1").expect("grant 2 b#1")
    dialogue.served(1)
    dialogue.served(2)
    dialogue.asks(3, "c").expect("stop b#1 in 10 s")
    dialogue.exited("b#1").expect("start c#1")
    dialogue.ready("c#1").expect("grant 3 c#1")
    dialogue.served(3)
    dialogue.asks(4, "d").expect("stop a#1 in 10 s", "stop c#1 in 10 s")
    dialogue.exited("a#1").expect()
    dialogue.exited("c#1").expect("start d#1")


def test_a_load_in_progress_counts_as_running() -> None:
    """A model that fits loads beside it, one that does not waits for it."""
    dialogue = book("a", "b", "c", s1="a & b", s2="c")
    dialogue.asks(1, "a").expect("start a#1")
    dialogue.asks(2, "c")
    dialogue.asks(3, "b").expect("start b#1")
    dialogue.ready("a#1").expect("grant 1 a#1")
    dialogue.ready("b#1").expect("grant 3 b#1")
    dialogue.served(1)
    dialogue.served(3).expect("stop a#1 in 10 s", "stop b#1 in 10 s")


def test_only_those_that_must_go_are_waited_for() -> None:
    dialogue = book("a", "b", "c", s1="a & c", s2="b & c")
    dialogue.asks(1, "a")
    dialogue.ready("a#1")
    dialogue.asks(2, "c")
    dialogue.ready("c#1").expect("grant 2 c#1")
    dialogue.served(1)
    dialogue.asks(3, "b").expect("stop a#1 in 10 s")
    dialogue.exited("a#1").expect("start b#1")


def test_a_model_that_runs_serves_while_its_neighbours_change() -> None:
    """Spec lifecycle 5: c, which goes, and b, which comes, may not run together; a, which may run with either, is not
    concerned."""
    dialogue = book("a", "b", "c", s1="a & c", s2="a & b")
    dialogue.running("a", "c")
    dialogue.asks(11, "b").expect("stop c#1 in 10 s")
    dialogue.asks(12, "a").expect("grant 12 a#1")
    dialogue.exited("c#1").expect("start b#1")
