"""Law 5: nobody waits for ever."""

from __future__ import annotations

from modelyard.core.model import ModelFacts
from modelyard.core.planners.groups import GroupRule
from tests.support.playbook import Playbook


def test_a_steady_stream_cannot_starve_another_model() -> None:
    """R15: once b is overdue, a takes no more; what it serves ends, then b has its turn."""
    book = Playbook("a", "b", max_wait=20.0).running("a")
    book.asks(1, "a").asks(2, "b")
    book.at(19.0).asks(3, "a").expect("grant 3 a#1")
    book.served(1).expect()
    book.at(20.0).expect()
    book.asks(4, "a").expect()
    book.at(21.0).served(3).expect("stop a#1 in 10 s")
    book.exited("a#1").ready("b#1").expect("grant 2 b#1")
    book.served(2).expect("stop b#1 in 10 s")
    book.exited("b#1").ready("a#2").expect("grant 4 a#2")


def test_without_a_longest_wait_the_stream_goes_on() -> None:
    book = Playbook("a", "b", max_wait=0.0).running("a")
    book.asks(1, "a").asks(2, "b")
    assert book.scheduler.next_deadline() is None
    book.at(1e6).asks(3, "a").expect("grant 3 a#1")


def test_the_deadline_is_the_moment_at_which_the_first_becomes_overdue() -> None:
    book = Playbook("a", "b", "c", max_wait=20.0).running("a")
    book.asks(1, "a")
    assert book.scheduler.next_deadline() is None
    book.at(3.0).asks(2, "b").at(4.0).asks(3, "c")
    assert book.scheduler.next_deadline() == 23.0
    book.at(23.0)
    assert book.scheduler.next_deadline() == 24.0
    book.at(24.0)
    assert book.scheduler.next_deadline() is None


def test_a_request_that_comes_before_the_late_deadline_is_held_back_too() -> None:
    """The clock may be read between the moment and the event that tells of it."""
    book = Playbook("a", "b", max_wait=20.0).running("a")
    book.asks(1, "a").asks(2, "b")
    book.now = 20.5
    book.asks(3, "a").expect()


def test_the_end_of_a_request_after_the_moment_makes_room_at_once() -> None:
    book = Playbook(ModelFacts(model="a", parallel=1), "b", max_wait=20.0).running("a")
    book.asks(1, "a").asks(2, "b").asks(3, "a")
    book.now = 20.5
    book.served(1).expect("stop a#1 in 10 s")


def test_overdue_requests_go_by_arrival_whatever_their_priority() -> None:
    book = Playbook("a", "b", ModelFacts(model="c", priority=9), max_wait=20.0).running("a")
    book.asks(1, "a").asks(2, "b").at(1.0).asks(3, "c").expect_places(r3=1, r2=2)
    book.at(21.0).expect_places(r2=1, r3=2)
    book.served(1).exited("a#1").expect("start b#1")


def test_the_whole_set_that_must_go_closes_together() -> None:
    """x and y may both go on until b is overdue; then neither takes more."""
    groups = {"g": GroupRule(swap=False, exclusive=False, members=("x", "y"))}
    book = Playbook("x", "y", "b", groups=groups, max_wait=10.0).running("x", "y")
    book.asks(1, "x").asks(2, "y").asks(3, "b").expect()
    book.asks(4, "x").expect("grant 4 x#1")
    book.at(10.0)
    book.asks(5, "x").asks(6, "y").expect()
    book.served(1).served(4).expect()
    book.asks(7, "x").expect()
    book.served(2).expect("stop x#1 in 10 s", "stop y#1 in 10 s")


def test_others_that_need_not_go_serve_on() -> None:
    groups = {"p": GroupRule(persistent=True, exclusive=False, swap=False, members=("p",))}
    book = Playbook("a", "b", "p", groups=groups, max_wait=10.0).running("a", "p")
    book.asks(1, "a").asks(2, "b").at(10.0)
    book.asks(3, "p").expect("grant 3 p#1")
    book.asks(4, "a").expect()


def test_nothing_that_would_have_to_go_is_started_meanwhile() -> None:
    """y gets along with the busy x, but not with the overdue b."""
    groups = {"g": GroupRule(swap=False, exclusive=False, members=("x", "y"))}
    book = Playbook("x", "y", "b", groups=groups, max_wait=10.0).running("x")
    book.asks(1, "x").asks(2, "b").at(10.0)
    book.asks(3, "y").expect()
    book.served(1).expect("stop x#1 in 10 s")
    book.exited("x#1").ready("b#1").expect("grant 2 b#1", "start y#1")


def test_the_waiters_of_a_load_in_progress_are_served_before_it_must_go() -> None:
    """Law 4 holds under law 5 too, and it is all that the closed model gets."""
    book = Playbook(ModelFacts(model="a", parallel=2), "b", max_wait=10.0)
    book.asks(1, "a").asks(2, "b").asks(3, "a").at(9.0).asks(4, "a").at(30.0)
    book.ready("a#1").expect("grant 1 a#1", "grant 3 a#1")
    book.served(1).expect()
    book.served(3).expect("stop a#1 in 10 s")


def test_the_turn_passes_on_when_the_overdue_is_served() -> None:
    """Two overdue for the same ready model, one for another: arrival decides, one target at a time."""
    book = Playbook(ModelFacts(model="a", parallel=1), "b", max_wait=10.0).running("a")
    book.asks(1, "a").asks(2, "a").asks(3, "b").asks(4, "a").at(10.0).expect()
    book.served(1).expect("grant 2 a#1")
    book.asks(5, "a").expect()
    book.served(2).expect("stop a#1 in 10 s")


def test_if_the_overdue_leaves_the_others_go_on() -> None:
    book = Playbook(ModelFacts(model="a", parallel=2), "b", max_wait=10.0).running("a")
    book.asks(1, "a").asks(2, "b").at(10.0)
    book.asks(3, "a").expect()
    book.leaves(2).expect("grant 3 a#1")


def test_a_new_longest_wait_counts_from_the_arrival() -> None:
    book = Playbook("a", "b", max_wait=100.0).running("a")
    book.asks(1, "a").asks(2, "b").at(30.0)
    book.asks(3, "a").expect("grant 3 a#1")
    book.policy(max_wait=20.0).configure("a", "b")
    book.asks(4, "a").expect()
    book.policy(max_wait=0.0).configure("a", "b").expect("grant 4 a#1")


def test_when_one_overdue_is_served_the_next_one_closes_what_it_must() -> None:
    """The turn passes on within the same step, so nobody slips in between."""
    book = Playbook(ModelFacts(model="a", parallel=1), "b", max_wait=10.0).running("a")
    book.asks(1, "a").asks(2, "a").asks(3, "b").at(10.0)
    book.configure(ModelFacts(model="a", parallel=9), "b").expect("grant 2 a#1")
    book.asks(4, "a").expect()
