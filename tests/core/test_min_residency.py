"""A model that was just loaded stays for a while."""

from __future__ import annotations

from modelyard.core.model import ModelFacts
from modelyard.core.planners.groups import GroupRule
from tests.support.playbook import Playbook


def test_a_young_model_is_not_evicted_before_its_time() -> None:
    book = Playbook("a", "b", min_residency=20.0).at(100.0)
    book.asks(1, "a").at(105.0).ready("a#1").at(110.0).served(1).asks(2, "b").expect()
    assert book.scheduler.next_deadline() == 125.0
    book.at(124.0).asks(3, "a").expect("grant 3 a#1").served(3).expect()
    book.at(125.0).expect("stop a#1 in 10 s")
    assert book.scheduler.next_deadline() is None


def test_two_alternating_agents_do_not_thrash() -> None:
    """Each asks for its model as soon as it was answered: ten requests each, and two loads, not twenty."""
    book = Playbook("a", "b", min_residency=30.0)
    book.asks(1, "a").ready("a#1").asks(2, "b").expect()
    for turn in range(10):
        book.at(2.0 * turn).served(1 if turn == 0 else 100 + turn).expect()
        book.asks(101 + turn, "a").expect(f"grant {101 + turn} a#1")
    book.served(110).at(30.0).expect("stop a#1 in 10 s").exited("a#1").ready("b#1").expect("grant 2 b#1")
    assert book.swaps == 2


def test_when_it_is_old_enough_it_still_ends_what_it_serves() -> None:
    book = Playbook("a", "b", min_residency=20.0).running("a")
    book.asks(1, "a").asks(2, "b").at(50.0).expect().served(1).expect("stop a#1 in 10 s")


def test_the_youngest_of_those_that_must_go_decides() -> None:
    groups = {"g": GroupRule(swap=False, exclusive=False, members=("x", "y"))}
    book = Playbook("x", "y", "b", groups=groups, min_residency=20.0)
    book.running("x").at(7.0).running("y")
    book.asks(1, "b").expect()
    assert book.scheduler.explain("b", book.now).until == 27.0
    book.at(20.0).expect().at(27.0).expect("stop x#1 in 10 s", "stop y#1 in 10 s")


def test_another_place_that_is_old_enough_is_taken_meanwhile() -> None:
    groups = {
        "one": GroupRule(exclusive=False, members=("a", "b")),
        "two": GroupRule(exclusive=False, members=("x", "y")),
    }
    book = Playbook("a", "b", "x", "y", groups=groups, min_residency=20.0).running("x").at(15.0).running("a")
    book.asks(1, "b").asks(2, "y").expect().at(20.0).expect("stop x#1 in 10 s").at(35.0).expect("stop a#1 in 10 s")


def test_law_5_overrules_it() -> None:
    book = Playbook("a", "b", min_residency=1000.0, max_wait=30.0).running("a")
    book.asks(1, "b").expect().at(29.0).expect().at(30.0).expect("stop a#1 in 10 s")


def test_it_is_about_others_requests_only() -> None:
    """A ttl, an unload and a reload end a young model as they end an old one."""
    book = Playbook(ModelFacts(model="a", ttl=5.0), "b", min_residency=1000.0).running("a")
    book.asks(1, "b").expect().at(5.0).expect("stop a#1 in 10 s").exited("a#1").expect("start b#1")
    book.ready("b#1").served(1).unload("b").expect("stop b#1 in 10 s")


def test_whoever_left_wakes_nobody_twice() -> None:
    book = Playbook("a", "b", min_residency=20.0).running("a")
    book.asks(1, "b").leaves(1).at(20.0).expect()
    assert book.scheduler.next_deadline() is None


def test_a_shorter_time_counts_at_once() -> None:
    book = Playbook("a", "b", min_residency=1000.0).running("a")
    book.asks(1, "b").at(10.0).policy(min_residency=5.0).configure("a", "b").expect("stop a#1 in 10 s")
