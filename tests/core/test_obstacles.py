"""What stands in the way of a swap, one thing at a time, under rules that are made for it."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from modelyard.core.planners.base import Plan, Resident
from tests.support.playbook import Playbook


class Rules:
    """A planner that looks up who must go for whom."""

    name = "rules"

    def __init__(self, **rules: str) -> None:
        self._rules = rules

    def plan(self, target: str, residents: Sequence[Resident]) -> Plan:
        going = {resident.model for resident in residents} & set(self._rules.get(target, ""))
        return Plan(frozenset(going), "by rule")


def why(book: Playbook, model: str) -> tuple[str, tuple[str, ...]]:
    said = book.scheduler.explain(model, book.now)
    return said.verdict, said.behind


@pytest.mark.parametrize(
    ("rules", "running"),
    [
        pytest.param({"b": "x", "y": "b"}, "bx", id="it would evict the overdue model itself"),
        pytest.param({"b": "xy", "y": "z"}, "xyz", id="its own model must go for the overdue one"),
        pytest.param({"b": "vx", "y": "v"}, "vx", id="it would take the same place"),
        pytest.param({"b": "xy"}, "x", id="it would have to go again"),
    ],
)
def test_who_is_in_the_way_of_an_overdue_request_waits(rules: dict[str, str], running: str) -> None:
    """Law 5: b waits for the busy x, and is overdue; then somebody asks for y."""
    book = Playbook(*"bvxyz", planner=Rules(**rules), max_wait=10.0).running(*running)
    book.asks(1, "x").asks(2, "b").at(10.0)
    assert why(book, "y") == ("queue", ("b",))
    book.asks(3, "y").expect().asks(4, "x").expect()
    assert book.served(1).phase("x") == "stopping"


def test_who_is_in_nobodys_way_does_not_wait() -> None:
    book = Playbook(*"bxyz", planner=Rules(b="x", y="z"), max_wait=10.0).running("x", "z")
    book.asks(1, "x").asks(2, "b").at(10.0).asks(3, "y").expect("stop z#1 in 10 s")


def test_half_a_second_of_residency_counts() -> None:
    book = Playbook("a", "b", min_residency=0.5).running("a")
    book.asks(1, "b").expect().at(0.5).expect("stop a#1 in 10 s")


def test_one_that_stops_already_is_not_too_young() -> None:
    book = Playbook("a", "b", min_residency=20.0).running("a").unload("a")
    assert why(book, "b") == ("swap", ())


def test_one_that_starts_is_not_too_young_but_the_swap_collides() -> None:
    book = Playbook("a", "b", min_residency=20.0).asks(1, "a")
    assert why(book, "b") == ("queue", ("a",))
    assert book.scheduler.explain("b", 0.0).until is None
