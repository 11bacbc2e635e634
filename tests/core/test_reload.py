"""A new configuration while requests are served (DESIGN section 4)."""

from __future__ import annotations

from modelyard.core.errors import ModelUnloaded
from modelyard.core.events import SpecsChanged
from modelyard.core.model import ModelFacts
from modelyard.core.planners.groups import GroupRule
from tests.support.playbook import Playbook, all_of, side_by_side


def test_what_did_not_change_goes_on() -> None:
    """R52: nothing is stopped, refused or forgotten."""
    book = Playbook("a", "b").running("a")
    book.asks(1, "a").asks(2, "b").configure("a", "b", "c").expect()
    book.asks(3, "a").expect("grant 3 a#1")
    book.served(1).served(3).exited("a#1").expect("start b#1")


def test_a_changed_model_drains_and_starts_anew_on_next_use() -> None:
    """R52: its stream ends by itself, new requests wait for the new process."""
    book = Playbook(ModelFacts(model="a", unload_timeout=2.0)).running("a")
    book.asks(1, "a").configure(ModelFacts(model="a", unload_timeout=4.0), restart=["a"]).expect()
    book.asks(2, "a").expect()
    book.served(1).expect("stop a#1 in 4 s")
    book.exited("a#1").expect("start a#2")
    book.ready("a#2").expect("grant 2 a#2")
    book.asks(3, "a").expect("grant 3 a#2")


def test_an_idle_changed_model_stops_at_once_and_stays_down() -> None:
    book = Playbook("a").running("a")
    book.configure("a", restart=["a"]).expect("stop a#1 in 10 s")
    book.exited("a#1").expect()


def test_a_changed_model_that_loads_is_loaded_anew_for_the_same_waiters() -> None:
    book = Playbook("a")
    book.asks(1, "a").configure("a", restart=["a"]).expect("stop a#1 in 10 s")
    book.failed("a#1").expect("start a#2")
    book.ready("a#2").expect("grant 1 a#2")


def test_a_changed_model_that_is_not_started_yet_starts_in_its_new_shape() -> None:
    book = Playbook("a", "b").running("a")
    book.asks(1, "b").configure("a", "b", restart=["b"]).expect()
    book.exited("a#1").expect("start b#1")


def test_a_removed_model_drains_then_stops() -> None:
    book = Playbook("a", ModelFacts(model="b", unload_timeout=6.0)).running("b")
    book.asks(1, "b").configure("a").expect()
    book.asks(2, "b").expect("reject 2 UnknownModel")
    assert book.phase("b") == "ready"
    book.served(1).expect("stop b#1 in 6 s")
    book.exited("b#1").expect()
    assert "b" not in book.scheduler.snapshot().models


def test_those_who_wait_for_a_removed_model_are_rejected() -> None:
    book = Playbook("a", "b").running("a")
    book.asks(1, "a").asks(2, "b").configure("a").expect("reject 2 ModelUnloaded")
    book.expect_cause(2, ModelUnloaded("b", "group"))


def test_a_removed_model_that_loads_is_stopped() -> None:
    book = Playbook("a", "b")
    book.asks(1, "b").asks(2, "a").configure("a").expect("reject 1 ModelUnloaded", "stop b#1 in 10 s")
    book.failed("b#1").expect("start a#1")


def test_a_removed_target_is_not_started_when_its_victim_is_gone() -> None:
    book = Playbook("a", "b").running("a")
    book.asks(1, "b").configure("a").expect("reject 1 ModelUnloaded")
    book.exited("a#1").expect()


def test_a_target_that_is_removed_while_it_stops_is_not_started() -> None:
    book = Playbook("a", "b").running("a")
    book.unload("a").asks(1, "a").configure("b").expect("reject 1 ModelUnloaded")
    book.exited("a#1").expect()


def test_a_model_that_comes_back_in_another_shape_while_it_drains_starts_anew() -> None:
    """Its generation goes on, so the old child's news is not mistaken for the new one's."""
    book = Playbook("a", "b").running("b")
    book.asks(1, "b").configure("a").configure("a", "b", restart=["b"]).expect()
    book.asks(2, "b").expect()
    book.served(1).expect("stop b#1 in 10 s")
    book.exited("b#1").expect("start b#2")


def test_a_model_that_comes_back_as_it_was_while_it_drains_goes_on() -> None:
    """R52: a file that is broken and repaired, or an edit that is taken back, restarts nobody."""
    book = Playbook("a", "b").running("b")
    book.asks(1, "b").configure("a").configure("a", "b").expect()
    book.asks(2, "b").expect("grant 2 b#1")
    book.served(1).served(2).expect()
    assert book.phase("b") == "ready"


def test_a_change_that_is_taken_back_while_the_model_drains_restarts_nobody() -> None:
    """R52."""
    book = Playbook("a").running("a")
    book.asks(1, "a").configure("a", restart=["a"]).asks(2, "a").expect()
    book.configure("a").expect("grant 2 a#1")


def test_a_model_that_drains_is_waited_for_like_any_busy_one() -> None:
    book = Playbook("a", "b").running("b")
    book.asks(1, "b").configure("a").asks(2, "a").expect()
    book.served(1).expect("stop b#1 in 10 s")
    book.exited("b#1").expect("start a#1")


def test_a_crash_while_draining_ends_the_draining() -> None:
    book = Playbook("a").running("a")
    book.asks(1, "a").configure("a", restart=["a"]).exited("a#1").expect()
    book.asks(2, "a").expect("start a#2")
    book.ready("a#2").asks(3, "a").expect("grant 3 a#2")
    book.served(1).served(2).served(3).configure("a").expect()
    assert book.phase("a") == "ready"


def test_a_changed_model_that_a_neighbour_makes_room_for_starts_anew() -> None:
    groups = {"g": GroupRule(exclusive=False, members=("x",))}
    book = Playbook("a", "x", groups=groups).running("a", "x")
    book.asks(1, "a").expect("stop x#1 in 10 s")
    book.configure("a", "x", restart=["a"]).expect("stop a#1 in 10 s")
    book.exited("x#1").expect()
    book.exited("a#1").expect("start a#2")


def test_an_unload_while_draining_does_not_wait() -> None:
    book = Playbook("a").running("a")
    book.asks(1, "a").configure("a", restart=["a"]).unload("a").expect("stop a#1 in 10 s")
    book.exited("a#1").expect()


def test_more_places_are_filled_at_once() -> None:
    book = Playbook(ModelFacts(model="a", parallel=1)).running("a")
    book.asks(1, "a").asks(2, "a").asks(3, "a").expect()
    book.configure(ModelFacts(model="a", parallel=3)).expect("grant 2 a#1", "grant 3 a#1")


def test_fewer_places_cut_nobody() -> None:
    book = Playbook(ModelFacts(model="a", parallel=3)).running("a")
    book.asks(1, "a").asks(2, "a").configure(ModelFacts(model="a", parallel=1)).expect()
    book.asks(3, "a").served(1).expect()
    book.served(2).expect("grant 3 a#1")


def test_a_new_priority_orders_those_who_wait_already() -> None:
    book = Playbook("a", "b", "c").running("a")
    book.asks(1, "a").asks(2, "b").asks(3, "c")
    book.configure("a", "b", ModelFacts(model="c", priority=1)).expect_places(r3=1, r2=2)
    book.served(1).exited("a#1").expect("start c#1")


def test_a_new_policy_applies_to_those_who_wait_already() -> None:
    book = Playbook("a", "b").running("a")
    book.asks(1, "a").asks(2, "b").expect()
    book.happens(SpecsChanged(all_of(["a", "b"]), side_by_side("a", "b"))).expect("start b#1")
