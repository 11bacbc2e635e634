"""Models that nobody's swap may evict: by configuration, or because somebody holds them."""

from __future__ import annotations

import pytest

from modelyard.core.errors import Held
from modelyard.core.events import SpecsChanged
from modelyard.core.model import Evictable, ModelFacts
from modelyard.core.planners.groups import GroupRule, GroupsPlanner
from tests.support.playbook import Playbook, all_of


def guarded(evictable: Evictable, **more: float) -> ModelFacts:
    return ModelFacts(model="a", evictable=evictable, ttl=more.get("ttl", 0.0))


class TestNever:
    def test_who_needs_the_place_is_refused_and_told_who_has_it(self) -> None:
        book = Playbook(guarded("never"), "b").running("a")
        book.asks(1, "b").expect("reject 1 Held").expect_cause(1, Held("b", "a"))
        assert book.phase("a") == "ready"

    def test_it_counts_from_the_moment_of_the_start(self) -> None:
        book = Playbook(guarded("never"), "b")
        book.asks(1, "a").asks(2, "b").expect("reject 2 Held")
        book.ready("a#1").expect("grant 1 a#1")

    def test_it_counts_for_a_start_that_is_committed(self) -> None:
        """b is on its way out for a: nobody else takes the place."""
        book = Playbook(guarded("never"), "b", "c").running("b")
        book.asks(1, "a").expect("stop b#1 in 10 s")
        book.asks(2, "c").expect("reject 2 Held")
        book.exited("b#1").expect("start a#1")

    def test_as_long_as_it_does_not_run_it_is_in_nobodys_way(self) -> None:
        book = Playbook(guarded("never"), "b").running("b")
        book.asks(1, "b").expect("grant 1 b#1")

    def test_whoever_waits_already_is_refused_when_it_comes_to_run(self) -> None:
        """b and c wait for x, a starts beside it: now nothing can end well for those that need its place."""
        groups = {"g": GroupRule(exclusive=False, members=("a",))}
        book = Playbook(guarded("never"), "b", "x", groups=groups).running("x")
        book.asks(1, "x").asks(2, "b").expect()
        book.asks(3, "a").expect("start a#1", "reject 2 Held")

    def test_a_ready_model_may_be_refused_too(self) -> None:
        """Spec 4.3: its group wants neighbours gone before each request, and this one does not go."""
        groups = {"g": GroupRule(exclusive=False, members=("a",))}
        book = Playbook(guarded("never"), "b", groups=groups).running("b", "a")
        book.asks(1, "b").expect("reject 1 Held")

    def test_one_that_is_told_to_stop_holds_nothing(self) -> None:
        book = Playbook(guarded("never"), "b").running("a")
        book.unload("a").asks(1, "b").expect()
        book.exited("a#1").expect("start b#1")

    def test_its_own_ttl_ends_it(self) -> None:
        book = Playbook(guarded("never", ttl=5.0), "b").running("a")
        book.at(5.0).expect("stop a#1 in 10 s")
        book.asks(1, "b").expect().exited("a#1").expect("start b#1")

    def test_an_overdue_request_waits_for_it_no_longer_than_any_other(self) -> None:
        """Law 5 forces nobody out that must not go: the request was refused long before."""
        book = Playbook(guarded("never"), "b", max_wait=1.0).running("a")
        book.asks(1, "a").asks(2, "b").expect("reject 2 Held").at(10.0).asks(3, "a").expect("grant 3 a#1")

    def test_a_reload_begins_and_ends_it(self) -> None:
        book = Playbook("a", "b").running("a")
        book.asks(1, "a").asks(2, "b").configure(guarded("never"), "b").expect("reject 2 Held")
        book.asks(3, "b").expect("reject 3 Held").configure("a", "b").asks(4, "b").expect()
        book.served(1).expect("stop a#1 in 10 s")

    def test_a_process_that_a_reload_replaces_holds_nothing(self) -> None:
        """It leaves by itself, so those who need its place wait for that."""
        book = Playbook(guarded("never"), "b").running("a")
        book.asks(1, "a").configure(guarded("never"), "b", restart=["a"]).asks(2, "b").expect()
        book.served(1).expect("stop a#1 in 10 s").exited("a#1").expect("start b#1")

    def test_it_does_not_outlive_the_shutdown(self) -> None:
        book = Playbook(guarded("never")).running("a")
        book.shutdown().expect("stop a#1 in 10 s")


class TestIdle:
    def test_who_needs_the_place_waits_for_the_ttl(self) -> None:
        book = Playbook(guarded("idle", ttl=30.0), "b").running("a")
        book.at(10.0).asks(1, "b").expect().at(29.0).expect()
        book.at(30.0).expect("stop a#1 in 10 s").exited("a#1").expect("start b#1")

    def test_who_needs_the_place_waits_for_an_unload(self) -> None:
        book = Playbook(guarded("idle"), "b").running("a")
        book.asks(1, "b").at(1e6).expect().unload("a").expect("stop a#1 in 10 s").exited("a#1").expect("start b#1")

    def test_being_used_puts_it_off(self) -> None:
        book = Playbook(guarded("idle", ttl=30.0), "b").running("a")
        book.asks(1, "b").at(20.0).asks(2, "a").expect("grant 2 a#1").at(40.0).served(2).at(69.0).expect()
        book.at(70.0).expect("stop a#1 in 10 s")

    def test_an_overdue_request_does_not_force_it(self) -> None:
        """Nor does it close anybody: that would help nobody, and a serves on."""
        book = Playbook(guarded("idle", ttl=30.0), "b", "c", max_wait=5.0).running("a")
        book.asks(1, "b").at(6.0).asks(2, "a").expect("grant 2 a#1")
        book.served(2).at(36.0).expect("stop a#1 in 10 s").exited("a#1").expect("start b#1")

    def test_an_overdue_request_that_needs_another_place_goes_before(self) -> None:
        """x may go for y although b, which is further ahead, can only wait for a."""
        groups = {
            "one": GroupRule(exclusive=False, members=("a", "b")),
            "two": GroupRule(exclusive=False, members=("x", "y")),
        }
        book = Playbook(guarded("idle"), "b", "x", "y", groups=groups, max_wait=5.0).running("a", "x")
        book.asks(1, "x").asks(2, "b").asks(3, "y").at(6.0)
        book.asks(4, "x").expect().asks(5, "a").expect("grant 5 a#1")
        book.served(1).expect("stop x#1 in 10 s")

    def test_two_of_them_in_each_others_way_do_not_wait_for_ever(self) -> None:
        """A new policy makes a and b exclude each other while both run, and both are asked for."""
        free = {"free": GroupRule(swap=False, exclusive=False, members=("a", "b"))}
        b = ModelFacts(model="b", evictable="idle", ttl=50.0)
        book = Playbook(guarded("idle", ttl=30.0), b, groups=free).running("a", "b")
        book.happens(SpecsChanged(all_of((guarded("idle", ttl=30.0), b)), GroupsPlanner({}), max_wait=0.0))
        book.asks(1, "a").asks(2, "b").expect().at(30.0).expect("stop a#1 in 10 s").exited("a#1").expect("grant 2 b#1")


class TestHold:
    def test_a_model_that_runs_is_held_until_it_is_released(self) -> None:
        book = Playbook("a", "b").running("a")
        book.hold("a").asks(1, "b").expect_cause(1, Held("b", "a"))
        book.release("a").asks(2, "b").expect("stop a#1 in 10 s")

    def test_a_hold_may_have_an_end(self) -> None:
        book = Playbook("a", "b").running("a")
        book.hold("a", until=60.0).asks(1, "b").expect_cause(1, Held("b", "a", 60.0))
        assert book.scheduler.next_deadline() == 60.0
        book.at(60.0).asks(2, "b").expect("stop a#1 in 10 s")
        assert book.scheduler.next_deadline() is None

    def test_the_later_hold_counts(self) -> None:
        book = Playbook("a", "b").running("a")
        book.hold("a").hold("a", until=10.0).hold("a", until=20.0).at(10.0).asks(1, "b").expect("reject 1 Held")
        book.at(20.0).asks(2, "b").expect("stop a#1 in 10 s")

    def test_whoever_waits_for_the_place_is_refused_now(self) -> None:
        book = Playbook("a", "b").running("a")
        book.asks(1, "a").asks(2, "b").expect().hold("a").expect("reject 2 Held")

    def test_it_is_shown(self) -> None:
        book = Playbook("a").running("a").hold("a", until=9.0)
        shown = book.scheduler.snapshot().models["a"]
        assert (shown.held, shown.held_until) == (True, 9.0)
        shown = book.release("a").scheduler.snapshot().models["a"]
        assert (shown.held, shown.held_until) == (False, None)

    @pytest.mark.parametrize("end", ["exit", "unload", "restart"])
    def test_it_ends_with_the_child(self, end: str) -> None:
        book = Playbook("a", "b").running("a").hold("a")
        if end == "restart":
            book.configure("a", "b", restart=["a"])
        elif end == "unload":
            book.unload("a")
        book.exited("a#1").running("b").asks(1, "a").expect("stop b#1 in 10 s").exited("b#1").ready("a#2").served(1)
        book.asks(2, "b").expect("stop a#2 in 10 s")

    def test_what_does_not_run_cannot_be_held(self) -> None:
        book = Playbook("a", "b").hold("a").hold("nobody").release("nobody").expect()
        book.asks(1, "a").ready("a#1").served(1).unload("a").hold("a").exited("a#1")
        book.asks(2, "a").ready("a#2").served(2).asks(3, "b").expect("stop a#2 in 10 s")

    def test_what_drains_cannot_be_held_and_a_change_that_is_taken_back_revives_no_hold(self) -> None:
        book = Playbook("a", "b").running("a").hold("a")
        book.asks(1, "a").configure("a", "b", restart=["a"]).hold("a").asks(2, "b").expect()
        book.configure("a", "b").expect()
        book.served(1).expect("stop a#1 in 10 s")

    def test_a_hold_that_is_over_already_changes_nothing(self) -> None:
        book = Playbook("a", "b").running("a").at(5.0)
        book.hold("a", until=5.0).asks(1, "b").expect("stop a#1 in 10 s")

    def test_a_model_that_starts_can_be_held(self) -> None:
        book = Playbook("a", "b")
        book.asks(1, "a").asks(2, "b").hold("a").expect("reject 2 Held").ready("a#1").expect("grant 1 a#1")

    def test_what_must_never_go_anyway_is_not_said_to_end(self) -> None:
        book = Playbook(guarded("never"), "b").running("a").hold("a", until=9.0)
        book.asks(1, "b").expect_cause(1, Held("b", "a"))
