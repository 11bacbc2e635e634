"""Clients that leave, unloads, shutdown (spec lifecycle 3.8 to 3.10)."""

from __future__ import annotations

from modelyard.core.errors import ModelUnloaded, ShuttingDown
from modelyard.core.model import ModelFacts
from tests.support.playbook import Playbook, side_by_side


def test_a_queued_model_that_nobody_waits_for_any_more_is_never_loaded() -> None:
    """H13: requests of departed clients load nothing."""
    book = Playbook("a", "b").running("a")
    book.asks(1, "a").asks(2, "b").expect()
    book.leaves(2).expect()
    book.served(1).expect()
    assert book.phase("a") == "ready"
    book.finish()


def test_a_load_whose_waiters_have_left_goes_on_and_stays() -> None:
    book = Playbook("a")
    book.asks(1, "a").leaves(1).expect()
    book.ready("a#1").expect()
    book.asks(2, "a").expect("grant 2 a#1")


def test_a_committed_swap_whose_waiters_have_left_goes_on() -> None:
    book = Playbook("a", "b").running("a")
    book.asks(1, "b").expect("stop a#1 in 10 s")
    book.leaves(1).expect()
    book.exited("a#1").expect("start b#1")
    book.asks(2, "a").expect()
    book.ready("b#1").expect("stop b#1 in 10 s")


def test_one_of_two_waiters_leaves() -> None:
    book = Playbook("a")
    book.asks(1, "a").asks(2, "a").leaves(1).expect()
    book.ready("a#1").expect("grant 2 a#1")


def test_leaving_after_the_grant_is_not_for_the_scheduler() -> None:
    """R19: a granted request ends by `ServeDone` alone, whatever else is reported of it."""
    book = Playbook("a", "b").running("a")
    book.asks(1, "a").leaves(1).asks(2, "b").expect()
    book.served(1).expect("stop a#1 in 10 s")


def test_an_unload_rejects_those_who_wait_for_the_load() -> None:
    """R21: unload while loading."""
    book = Playbook("a")
    book.asks(1, "a").unload("a").expect("reject 1 ModelUnloaded", "stop a#1 in 10 s")
    book.expect_cause(1, ModelUnloaded("a", "group"))
    book.failed("a#1").expect()
    book.finish()


def test_an_unload_rejects_those_who_queue() -> None:
    """R21: unload while queued."""
    book = Playbook("a", "b").running("a")
    book.asks(1, "a").asks(2, "b").unload("b").expect("reject 2 ModelUnloaded")
    book.served(1).expect()


def test_an_unload_leaves_the_streams_to_end_by_themselves() -> None:
    """R21: unload while streaming; the model is stopped with its own grace, and starts anew when it is gone."""
    book = Playbook(ModelFacts(model="a", unload_timeout=7.0)).running("a")
    book.asks(1, "a").unload("a").expect("stop a#1 in 7 s")
    book.asks(2, "a").expect()
    book.served(1).expect()
    book.exited("a#1").expect("start a#2")


def test_an_unload_of_all_stops_whatever_runs_each_with_its_own_grace() -> None:
    book = Playbook(ModelFacts(model="a", unload_timeout=1.0), "b", "c", planner=side_by_side("a", "b", "c"))
    book.running("a")
    book.asks(1, "b")
    book.unload().expect("stop a#1 in 1 s", "reject 1 ModelUnloaded", "stop b#1 in 10 s")
    book.unload().expect()


def test_an_unload_while_the_victim_still_stops_cancels_the_load() -> None:
    """S07: b is unloaded before its turn, so it is not started when a is gone."""
    book = Playbook("a", "b").running("a")
    book.asks(1, "b").expect("stop a#1 in 10 s")
    book.unload("b").expect("reject 1 ModelUnloaded")
    book.exited("a#1").expect()
    assert book.phase("b") == "stopped"


def test_after_such_an_unload_a_third_model_runs_alone() -> None:
    """S07b."""
    book = Playbook("a", "b", "c").running("a")
    book.asks(1, "b").unload("b")
    book.asks(2, "c").expect()
    book.exited("a#1").expect("start c#1")


def test_a_cancelled_load_cannot_fail_the_next_one() -> None:
    """S01: the late report of the first child is not taken for the second's."""
    book = Playbook("a")
    book.asks(1, "a").unload("a").asks(2, "a").expect()
    book.failed("a#1", "aborted").expect("start a#2")
    book.failed("a#1", "aborted").expect()
    book.ready("a#2").expect("grant 2 a#2")


def test_an_unload_of_a_victim_lets_the_swap_go_on() -> None:
    book = Playbook("a", "b").running("a")
    book.asks(1, "b").expect("stop a#1 in 10 s")
    book.unload("a").expect()
    book.exited("a#1").expect("start b#1")


def test_an_unload_wakes_who_waits_for_the_room() -> None:
    book = Playbook("a", "b")
    book.asks(1, "a").asks(2, "b").expect()
    book.unload("a").expect("reject 1 ModelUnloaded", "stop a#1 in 10 s")
    book.failed("a#1").expect("start b#1")


def test_shutdown_rejects_all_who_wait_and_stops_all_who_run() -> None:
    book = Playbook("a", "b", "c", planner=side_by_side("a", "b")).running("a")
    book.asks(1, "a").asks(2, "b")
    book.shutdown(grace=4.0).expect("stop a#1 in 4 s", "reject 2 ShuttingDown", "stop b#1 in 4 s")
    book.expect_cause(2, ShuttingDown("group"))
    book.asks(3, "a").expect("reject 3 ShuttingDown")
    book.served(1).exited("a#1").failed("b#1").expect()
    book.shutdown().expect()
    assert book.scheduler.snapshot().shutting_down
    book.finish()


def test_a_swap_that_has_evicted_starts_nothing_after_a_shutdown() -> None:
    book = Playbook("a", "b").running("a")
    book.asks(1, "b").shutdown().expect("reject 1 ShuttingDown")
    book.exited("a#1").expect()
    assert book.scheduler.next_deadline() is None
