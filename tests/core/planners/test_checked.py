"""Somebody else's planner costs the shared residency where it breaks its promise, and never the service."""

from __future__ import annotations

from collections.abc import Sequence

from modelyard.core.model import ChildId, Phase
from modelyard.core.planners.base import Plan, Resident
from modelyard.core.planners.checked import CheckedPlanner
from modelyard.core.planners.groups import GroupsPlanner
from tests.support.playbook import Playbook

RESIDENTS = [Resident(ChildId(model, 1), Phase.READY) for model in "bc"]


class Given:
    """A planner that answers what it was given, whoever asks."""

    name = "given"

    def __init__(self, answer: Plan | None) -> None:
        self._answer = answer

    def plan(self, target: str, residents: Sequence[Resident]) -> Plan:
        if self._answer is None:
            raise RuntimeError("no plan today")
        return self._answer


def test_a_planner_that_keeps_to_its_contract_is_obeyed() -> None:
    plan = Plan(frozenset("b"), "it is b's turn to go")
    assert CheckedPlanner(Given(plan)).plan("a", RESIDENTS) == plan
    assert CheckedPlanner(Given(plan)).name == "given"


def test_one_that_raises_lets_the_target_run_alone() -> None:
    plan = CheckedPlanner(Given(None)).plan("a", RESIDENTS)
    assert plan == Plan(frozenset("bc"), "a runs alone: planner given failed (RuntimeError: no plan today)")


def test_one_that_names_strangers_lets_the_target_run_alone() -> None:
    plan = CheckedPlanner(Given(Plan(frozenset("bxy"), ""))).plan("a", RESIDENTS)
    assert plan == Plan(frozenset("bc"), "a runs alone: planner given wants x, y gone, which does not run")


def test_the_scheduler_goes_on() -> None:
    book = Playbook("a", "b", planner=CheckedPlanner(Given(None))).running("a")
    book.asks(1, "b").expect("stop a#1 in 10 s").exited("a#1").ready("b#1").expect("grant 1 b#1")


def test_whatever_it_says_a_model_that_runs_stays_for_its_own_requests() -> None:
    """R16: one that fails, and one that wants the target itself gone, cost neighbours and never the target."""
    for planner in (Given(None), Given(Plan(frozenset("abx"), "")), Given(Plan(frozenset("a"), "it must go"))):
        Playbook("a", planner=CheckedPlanner(planner)).running("a").asks(1, "a").expect("grant 1 a#1")


def test_it_is_equal_where_the_planner_is() -> None:
    one, same, other = (CheckedPlanner(planner) for planner in (GroupsPlanner({}), GroupsPlanner({}), Given(None)))
    assert one == same
    assert hash(one) == hash(same)
    assert one != other
