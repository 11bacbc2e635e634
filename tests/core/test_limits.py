"""How many are served at a time, how many may wait, who goes first, and what those who wait are told."""

from __future__ import annotations

from modelyard.core.commands import Grant, TellWaiting
from modelyard.core.errors import Overloaded
from modelyard.core.events import ChildReady, RequestArrived, ServeDone
from modelyard.core.model import ModelFacts
from tests.support.playbook import Playbook, child


def test_no_more_than_parallel_are_forwarded_at_a_time() -> None:
    book = Playbook(ModelFacts(model="a", parallel=2))
    book.asks(1, "a").asks(2, "a").asks(3, "a")
    book.ready("a#1").expect("grant 1 a#1", "grant 2 a#1")
    book.asks(4, "a").expect()
    book.served(2).expect("grant 3 a#1")
    book.served(1).expect("grant 4 a#1")


def test_those_who_wait_for_a_place_are_served_before_a_swap() -> None:
    """Law 9: although b asked before the second a, a resident model serves all who want it."""
    book = Playbook(ModelFacts(model="a", parallel=1), "b").running("a")
    book.asks(1, "a").asks(2, "b").asks(3, "a").expect()
    book.served(1).expect("grant 3 a#1")
    book.served(3).expect("stop a#1 in 10 s")


def test_an_explicit_concurrency_limit_refuses() -> None:
    """H14: the limit is part of admission."""
    book = Playbook(ModelFacts(model="a", concurrency_limit=2)).running("a")
    book.asks(1, "a").asks(2, "a").expect("grant 2 a#1")
    book.asks(3, "a").expect_cause(3, Overloaded("a", explicit=True, retry_after=1.0))
    book.served(1).asks(4, "a").expect("grant 4 a#1")


def test_an_explicit_concurrency_limit_counts_those_who_wait() -> None:
    """H15: queued and waiting requests hold places; whoever leaves gives his back."""
    book = Playbook(ModelFacts(model="a", concurrency_limit=2), "b").running("b")
    book.asks(1, "b").asks(2, "a").asks(3, "a").expect()
    book.asks(4, "a").expect("reject 4 Overloaded")
    book.leaves(3).asks(5, "a").expect()


def test_a_concurrency_limit_below_parallel_is_kept() -> None:
    book = Playbook(ModelFacts(model="a", parallel=10, concurrency_limit=1)).running("a")
    book.asks(1, "a").expect("grant 1 a#1")
    book.asks(2, "a").expect("reject 2 Overloaded")


def test_a_full_queue_refuses_with_an_estimate() -> None:
    """The one in service has 4.5 s to go by what is usual, the two in the queue take 10 s each."""
    book = Playbook(ModelFacts(model="a", parallel=1, queue_limit=2), load_times={"a": 0.0})
    book.asks(1, "a").ready("a#1").at(10.0).served(1)
    book.asks(2, "a").asks(3, "a").at(15.5).asks(4, "a").expect()
    book.asks(5, "a").expect_cause(5, Overloaded("a", explicit=False, retry_after=25.0))
    book.served(2).expect("grant 3 a#1")
    book.asks(6, "a").expect()


def test_a_full_queue_of_which_nothing_is_known_refuses_for_a_second() -> None:
    book = Playbook(ModelFacts(model="a", parallel=1, queue_limit=1))
    book.asks(1, "a").ready("a#1").asks(2, "a")
    book.asks(3, "a").expect_cause(3, Overloaded("a", explicit=False, retry_after=1.0))


def test_a_model_without_a_queue_can_still_be_loaded() -> None:
    book = Playbook(ModelFacts(model="a", parallel=1, queue_limit=0))
    book.asks(1, "a").expect("start a#1")
    book.asks(2, "a").expect_cause(2, Overloaded("a", explicit=False, retry_after=1.0))
    book.ready("a#1").expect("grant 1 a#1")
    book.asks(3, "a").expect_cause(3, Overloaded("a", explicit=False, retry_after=1.0))


def test_the_queue_of_one_model_is_not_the_queue_of_another() -> None:
    book = Playbook(ModelFacts(model="a", queue_limit=1), "b", "c").running("c")
    book.asks(1, "c").asks(2, "a").asks(3, "b").expect()
    book.asks(4, "a").expect("reject 4 Overloaded")


def test_first_come_first_served_among_equals() -> None:
    """C06."""
    book = Playbook("a", "b", "c").running("a")
    book.asks(1, "a").asks(2, "c").asks(3, "b").served(1).exited("a#1").expect("start c#1")


def test_the_higher_priority_goes_first() -> None:
    """C05."""
    book = Playbook("a", "b", ModelFacts(model="c", priority=1)).running("a")
    book.asks(1, "a").asks(2, "b").asks(3, "c").served(1).exited("a#1").expect("start c#1")


def test_priority_does_not_push_out_a_model_at_work() -> None:
    book = Playbook(ModelFacts(model="a", parallel=1), ModelFacts(model="b", priority=9)).running("a")
    book.asks(1, "a").asks(2, "a").asks(3, "b").expect()
    book.served(1).expect("grant 2 a#1")


def test_who_waits_is_told_the_place_on_arrival() -> None:
    book = Playbook("a", "b", "c").running("a")
    book.asks(1, "a").expect_places()
    book.asks(2, "b").expect_places(r2=1)
    book.asks(3, "c").expect_places(r3=2)


def test_only_those_whose_place_changes_are_told() -> None:
    book = Playbook("a", "b", "c", "d").running("a")
    book.asks(1, "a").asks(2, "b").asks(3, "c").asks(4, "d")
    book.leaves(3).expect_places(r4=2)
    book.leaves(4).expect_places()


def test_whoever_is_overtaken_is_told() -> None:
    book = Playbook("a", "b", ModelFacts(model="c", priority=1)).running("a")
    book.asks(1, "a").asks(2, "b").asks(3, "c").expect_places(r3=1, r2=2)


def test_a_load_that_serves_moves_the_others_up() -> None:
    book = Playbook("a", "b")
    book.asks(1, "a").expect_places(r1=1)
    book.asks(2, "b").expect_places(r2=2)
    book.ready("a#1").expect_places(r2=1)


def test_tens_of_thousands_may_wait() -> None:
    """The work for each request does not grow with the number of those who wait."""
    count = 20_000
    book = Playbook()
    scheduler = book.scheduler
    book.configure(ModelFacts(model="a", parallel=1, queue_limit=count))
    told = sum(len(scheduler.handle(RequestArrived(number, "a"), 0.0)) for number in range(count))
    commands = scheduler.handle(ChildReady(child("a#1")), 1.0)
    served = 0
    while grants := [command for command in commands if isinstance(command, Grant)]:
        told += sum(isinstance(command, TellWaiting) for command in commands)
        served += 1
        commands = scheduler.handle(ServeDone(grants[0].request), 1.0)
    assert served == count
    assert told < 12 * count
