"""When a model has been idle for too long."""

from __future__ import annotations

from modelyard.core.idle import IdleWatch
from modelyard.core.model import ModelFacts
from modelyard.core.planners.groups import GroupRule
from tests.support.playbook import Playbook, side_by_side


def idle_book() -> Playbook:
    return Playbook(ModelFacts(model="a", ttl=5.0, unload_timeout=3.0), "b").running("a")


def test_an_idle_model_is_stopped_when_its_time_is_over() -> None:
    book = idle_book()
    assert book.scheduler.next_deadline() == 5.0
    book.at(4.9).expect()
    book.at(5.0).expect("stop a#1 in 3 s")
    assert book.scheduler.next_deadline() is None


def test_the_time_counts_from_the_end_of_the_last_request() -> None:
    """R22: a request that takes longer than the ttl is not idleness."""
    book = idle_book()
    book.at(1.0).asks(1, "a")
    assert book.scheduler.next_deadline() is None
    book.at(100.0).served(1).expect()
    assert book.scheduler.next_deadline() == 105.0


def test_the_end_of_a_request_counts_while_others_wait_elsewhere() -> None:
    book = Playbook(ModelFacts(model="a", ttl=5.0), "b", planner=side_by_side("a", "b")).running("a")
    book.asks(1, "a").asks(2, "b").at(10.0).served(1)
    assert book.scheduler.next_deadline() == 15.0


def test_a_model_that_is_being_unloaded_is_not_idle() -> None:
    book = idle_book()
    book.asks(1, "a").unload("a").served(1)
    assert book.scheduler.next_deadline() is None


def test_a_ready_model_that_a_swap_is_made_for_is_not_idle() -> None:
    """Its neighbour is on the way out for it; that those who asked have left changes nothing."""
    groups = {"g": GroupRule(exclusive=False, members=("x",))}
    book = Playbook(ModelFacts(model="a", ttl=5.0), "x", groups=groups).running("a", "x")
    book.asks(1, "a").expect("stop x#1 in 10 s").leaves(1).at(100.0).expect()
    book.exited("x#1").at(100.0).expect("stop a#1 in 10 s")


def test_the_last_of_several_requests_counts() -> None:
    book = idle_book()
    book.asks(1, "a").asks(2, "a").at(2.0).served(1)
    assert book.scheduler.next_deadline() is None
    book.at(3.0).served(2)
    assert book.scheduler.next_deadline() == 8.0


def test_a_model_that_has_served_nobody_counts_from_ready() -> None:
    """S04, R22: its waiters left while it loaded."""
    book = Playbook(ModelFacts(model="a", ttl=5.0))
    book.asks(1, "a").leaves(1).at(60.0).ready("a#1")
    assert book.scheduler.next_deadline() == 65.0


def test_a_second_life_does_not_count_from_the_first() -> None:
    book = idle_book()
    book.at(5.0).exited("a#1").at(50.0).asks(1, "a").leaves(1).ready("a#2")
    assert book.scheduler.next_deadline() == 55.0


def test_a_crash_ends_idleness() -> None:
    book = idle_book()
    book.exited("a#1")
    assert book.scheduler.next_deadline() is None


def test_a_ttl_may_be_shorter_than_a_second() -> None:
    Playbook(ModelFacts(model="a", ttl=0.5)).running("a").at(0.5).expect("stop a#1 in 10 s")


def test_without_a_ttl_a_model_stays() -> None:
    book = Playbook("a").running("a")
    assert book.scheduler.next_deadline() is None


def test_a_model_that_somebody_waits_for_is_not_idle() -> None:
    """a is ready, but may serve only when its busy neighbour is gone: its ttl must not stop it meanwhile."""
    groups = {"g": GroupRule(exclusive=False, members=("x",))}
    book = Playbook(ModelFacts(model="a", ttl=5.0), "x", groups=groups).running("a", "x")
    book.asks(1, "x").asks(2, "a").at(100.0).expect()
    book.leaves(2).at(100.0).expect("stop a#1 in 10 s")


def test_a_new_ttl_applies_to_the_running_child() -> None:
    book = idle_book()
    book.configure(ModelFacts(model="a", ttl=50.0), "b").at(49.0).expect()
    book.configure("a", "b").at(500.0).expect()


def test_the_order_of_deadlines_is_the_order_of_time() -> None:
    book = Playbook(ModelFacts(model="a", ttl=5.0), "b", max_wait=2.0).running("a")
    book.at(1.0).asks(1, "a").asks(2, "b")
    assert book.scheduler.next_deadline() == 3.0


class TestIdleWatch:
    def test_several(self) -> None:
        watch = IdleWatch()
        watch.rest("b", 1.0, 4.0)
        watch.rest("a", 2.0, 3.0)
        watch.rest("c", 0.0, 10.0)
        assert watch.next_end() == 5.0
        assert watch.over(5.0) == ["a", "b"]
        watch.wake("a")
        watch.wake("a")
        assert watch.over(5.0) == ["b"]

    def test_never(self) -> None:
        watch = IdleWatch()
        watch.rest("a", 1.0, 4.0)
        watch.rest("a", 1.0, 0.0)
        assert watch.next_end() is None
        assert watch.over(1e9) == []
