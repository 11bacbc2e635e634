"""The group policy: the truth tables of spec lifecycle 4.1 and 4.2."""

from __future__ import annotations

import subprocess
import sys
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelyard.core.model import ChildId, Phase
from modelyard.core.planners.base import Resident
from modelyard.core.planners.groups import GroupRule, GroupsPlanner
from tests.core.planners.truth import ALONE, IN_TURN, Alone, InTurn
from tests.support.playbook import Playbook
from tests.support.strategies import group_planners

ROOT = Path(__file__).resolve().parents[3]


def residents(*models: str, phase: Phase = Phase.READY) -> list[Resident]:
    return [Resident(ChildId(model, 1), phase) for model in sorted(models)]


@pytest.mark.parametrize("row", ALONE, ids=str)
@pytest.mark.parametrize(("swap", "exclusive"), list(product((True, False), repeat=2)))
def test_who_goes_by_the_properties_of_the_targets_group(row: Alone, swap: bool, exclusive: bool) -> None:
    """Spec 4.1; what the others' groups say of `swap` and `exclusive` doesn't matter."""
    mine = GroupRule(swap=row.swap, exclusive=row.exclusive, persistent=row.persistent, members=("target", "sibling"))
    others = GroupRule(swap=swap, exclusive=exclusive, members=("plain",))
    safe = GroupRule(swap=swap, exclusive=exclusive, persistent=True, members=("kept",))
    planner = GroupsPlanner({"target's": mine, "others": others, "safe": safe})
    goes = {"sibling": row.sibling_goes, "plain": row.plain_goes, "kept": row.persistent_goes}
    assert planner.plan("target", residents(*goes)).evict == {model for model, does in goes.items() if does}


@pytest.mark.parametrize("row", IN_TURN, ids=str)
def test_two_groups_in_turn(row: InTurn) -> None:
    """Spec 4.2: load x of the first group, y of the second, then ask for x again."""
    groups = {
        "1": GroupRule(exclusive=row.exclusive1, persistent=row.persistent1, members=("x",)),
        "2": GroupRule(exclusive=row.exclusive2, persistent=row.persistent2, members=("y",)),
    }
    machine = Machine(groups)
    machine.use("x")
    assert machine.running == {"x"}
    machine.use("y")
    assert machine.running == set(row.after_y)
    machine.use("x")
    assert machine.running == set(row.after_x)


def test_the_tables_are_whole() -> None:
    """Every combination has its row, and only one."""
    assert {row[:3] for row in ALONE} == set(product((True, False), repeat=3))
    assert {row[:4] for row in IN_TURN} == set(product((True, False), repeat=4))
    assert (len(ALONE), len(IN_TURN)) == (8, 16)


def test_the_page_is_drawn_from_the_tables() -> None:
    script = ROOT / "scripts" / "groups-table"
    checked = subprocess.run([sys.executable, str(script), "--check"], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr


class Machine:
    """Carries out at once whatever the scheduler asks for."""

    def __init__(self, groups: dict[str, GroupRule]) -> None:
        self._book = Playbook("x", "y", groups=groups)
        self._requests = 0

    def use(self, model: str) -> None:
        self._requests += 1
        self._book.asks(self._requests, model)
        while not self._book.scheduler.snapshot().models[model].in_flight:
            models = self._book.scheduler.snapshot().models.values()
            leaving = [state for state in models if state.phase is Phase.STOPPING]
            starting = [state for state in models if state.phase is Phase.STARTING]
            if leaving:
                self._book.exited(str(leaving[0].child))
            else:
                self._book.ready(str(starting[0].child))
        self._book.served(self._requests)

    @property
    def running(self) -> set[str]:
        models = self._book.scheduler.snapshot().models
        return {model for model, state in models.items() if state.phase.resident}


def test_models_without_a_group_take_turns() -> None:
    planner = GroupsPlanner({"g": GroupRule(members=("a",))})
    assert planner.plan("y", residents("x")).evict == {"x"}
    assert planner.plan("y", residents("a")).evict == {"a"}
    assert planner.plan("a", residents("y")).evict == {"y"}


def test_a_group_may_be_called_default_and_keeps_its_members() -> None:
    """S19: the name is the user's; models without a group are in none of his."""
    planner = GroupsPlanner({"(default)": GroupRule(swap=False, exclusive=False, members=("a", "b"))})
    assert planner.plan("a", residents("b", "c")).evict == frozenset()
    assert planner.plan("c", residents("a", "d")).evict == {"a", "d"}


def test_no_name_that_a_user_can_choose_takes_the_place_of_the_synthetic_group() -> None:
    planner = GroupsPlanner({"": GroupRule(swap=False, exclusive=False, members=("a", "b"))})
    assert planner.plan("a", residents("b")).evict == frozenset()
    assert planner.plan("c", residents("d")).evict == {"d"}


def test_the_target_itself_never_goes() -> None:
    """Spec lifecycle 4: it is among the residents where it runs, and stays."""
    assert GroupsPlanner({}).plan("b", residents("a", "b", "c")).evict == {"a", "c"}


def test_a_model_in_two_groups_is_refused() -> None:
    with pytest.raises(ValueError, match="a is in two groups: g and h"):
        GroupsPlanner({"g": GroupRule(members=("a",)), "h": GroupRule(members=("a",))})


def test_starting_and_stopping_models_count_as_running_and_asleep_ones_do_not() -> None:
    """H33, DESIGN section 3."""
    planner = GroupsPlanner({})
    for phase in (Phase.STARTING, Phase.STOPPING, Phase.READY, Phase.FALLING_ASLEEP, Phase.WAKING):
        assert planner.plan("a", residents("b", phase=phase)).evict == {"b"}
    assert planner.plan("a", residents("b", phase=Phase.ASLEEP)).evict == frozenset()


@pytest.mark.parametrize(
    ("target", "others", "reason"),
    [
        ("a", "", "nothing has to make room"),
        ("a", "b", "b must go, since members of group g take turns"),
        ("a", "xy", "x and y must go, since group g is exclusive"),
        (
            "a",
            "bx",
            "b must go, since members of group g take turns; x must go, since group g is exclusive",
        ),
        ("a", "bc", "b and c must go, since members of group g take turns"),
        ("x", "y", "y must go, since members of the default group take turns"),
    ],
)
def test_the_reason_is_given_in_words(target: str, others: str, reason: str) -> None:
    planner = GroupsPlanner({"g": GroupRule(members=("a", "b", "c"))})
    assert planner.plan(target, residents(*others)).reason == reason


def test_a_group_of_the_users_that_is_called_default_is_called_so_too() -> None:
    planner = GroupsPlanner({"(default)": GroupRule(members=("a", "b"))})
    assert planner.plan("a", residents("b")).reason == "b must go, since members of the default group take turns"


@given(planner=group_planners(), names=st.sets(st.sampled_from("abcdefgh"), min_size=1))
def test_a_plan_is_a_pure_function_of_who_runs(planner: GroupsPlanner, names: set[str]) -> None:
    """R16: whether a resident must go depends on the target and on it alone, in whatever order they came."""
    target, *others = sorted(names)
    whole = planner.plan(target, residents(*others)).evict
    assert whole == {other for other in others if planner.plan(target, residents(other)).evict}
    assert whole == planner.plan(target, residents(*reversed(others))).evict
