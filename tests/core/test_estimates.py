"""What is learned of loads and services, and what it says of a wait."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelyard.core.estimates import Learned
from modelyard.core.model import ModelFacts
from modelyard.core.planners.groups import GroupRule
from tests.support.playbook import Playbook

A, B = ModelFacts(model="a", parallel=1), ModelFacts(model="b", parallel=1)


class TestLearned:
    def test_nothing_is_guessed(self) -> None:
        learned = Learned()
        assert (learned.load, learned.service, learned.stop) == (None, None, 0.0)

    def test_an_earlier_life_counts_until_something_is_measured(self) -> None:
        learned = Learned()
        learned.remember_load(40.0)
        assert learned.load == 40.0
        learned.loads.append(4.0)
        assert learned.load == 4.0

    @given(usual=st.floats(1.0, 2.0), outliers=st.lists(st.floats(0.0, 1e9), max_size=7))
    def test_outliers_change_nothing(self, usual: float, outliers: list[float]) -> None:
        learned = Learned()
        learned.services.extend([usual] * 8)
        learned.services.extend(outliers)
        assert learned.service == usual

    def test_what_was_long_ago_is_forgotten(self) -> None:
        learned = Learned()
        learned.loads.extend([100.0] * 50 + [3.0] * 8)
        assert learned.load == 3.0


def experienced(*models: ModelFacts, max_wait: float = 0.0) -> Playbook:
    """a is loaded at 100 and idle. Loads take 5 s, stops 1 s, services 10 s, of every model."""
    book = Playbook(*models, max_wait=max_wait)
    last = ""
    for number, model in enumerate([*(fact.model for fact in models[1:]), models[0].model], start=1):
        book.asks(-number, model)
        if last:
            book.at(book.now + 1.0).exited(f"{last}#1")
        book.at(book.now + 5.0).ready(f"{model}#1").at(book.now + 10.0).served(-number)
        last = model
    book.unload(last).at(book.now + 1.0).exited(f"{last}#1").asks(-99, last).at(book.now + 5.0).ready(f"{last}#2")
    return book.at(book.now + 10.0).served(-99).at(100.0)


class TestWaits:
    def test_behind_others_of_a_busy_model(self) -> None:
        book = experienced(A, B)
        book.asks(1, "a").at(104.0).asks(2, "a").expect_waits(r2=6.0).asks(3, "a").expect_waits(r3=16.0)

    def test_with_several_places(self) -> None:
        book = experienced(ModelFacts(model="a", parallel=2), B)
        book.asks(1, "a").asks(2, "a").at(104.0).asks(3, "a").expect_waits(r3=6.0).asks(4, "a").expect_waits(r4=11.0)

    def test_for_a_load_that_is_under_way(self) -> None:
        book = experienced(A, B).unload("a").at(101.0).exited("a#2").asks(1, "a").expect_waits(r1=5.0)
        book.at(103.0).asks(2, "a").expect_waits(r2=13.0)
        book.at(110.0).asks(3, "b").expect_waits(r3=26.0).asks(4, "a").expect_waits(r4=20.0)

    def test_for_a_swap(self) -> None:
        """One second until a is gone, five to load."""
        book = experienced(A, B).asks(1, "b").expect_waits(r1=6.0)
        book.at(100.5).asks(2, "b").expect_waits(r2=15.5)

    def test_for_a_busy_model_that_must_go_first(self) -> None:
        """Two services of a, its stop, the load of b."""
        book = experienced(A, B).asks(1, "a").asks(2, "a").expect_waits(r2=10.0).at(104.0)
        book.asks(3, "b").expect_waits(r3=6.0 + 10.0 + 1.0 + 5.0)

    def test_for_the_turn_of_another(self) -> None:
        """b's swap takes 6 s, serving it 10, its stop and the load of c 6 more."""
        c = ModelFacts(model="c", parallel=1)
        experienced(A, B, c).asks(1, "b").asks(2, "c").expect_waits(r2=22.0).asks(3, "a").expect_waits(r3=38.0)

    def test_for_the_turn_of_another_that_has_not_begun(self) -> None:
        """The rest of a and its stop, then b as a whole, then the load of c; whoever waits behind c changes nothing."""
        others = [ModelFacts(model=model, parallel=1) for model in "cdef"]
        book = experienced(A, B, *others).asks(1, "a").at(104.0)
        for number, model in enumerate("bcdef", start=2):
            book.asks(number, model)
        expected = [entry.expected for entry in book.scheduler.snapshot().queue]
        assert expected[:3] == [104.0 + 7.0 + 5.0, 116.0 + 10.0 + 1.0 + 5.0, 132.0 + 10.0 + 1.0 + 5.0]

    def test_the_first_place_that_becomes_free_counts_and_for_a_swap_the_last(self) -> None:
        wide = ModelFacts(model="a", parallel=2)
        book = experienced(wide, B).asks(1, "a").at(103.0).asks(2, "a").at(104.0)
        book.asks(3, "a").expect_waits(r3=6.0)
        book.asks(4, "a").asks(5, "b").expect_waits(r5=9.0 + 10.0 + 1.0 + 5.0)

    def test_a_wide_model_serves_several_as_soon_as_it_is_loaded(self) -> None:
        wide = ModelFacts(model="a", parallel=2)
        book = experienced(wide, B).unload("a").at(101.0).exited("a#2").asks(1, "a").asks(2, "a").expect_waits(r2=5.0)
        book.asks(3, "a").expect_waits(r3=15.0)

    def test_the_slowest_of_those_that_stop_counts(self) -> None:
        together = {"g": GroupRule(swap=False, exclusive=False, members=("x", "y"))}
        book = Playbook("x", "y", "b", groups=together, load_times={"b": 5.0})
        for model, seconds in (("x", 3.0), ("y", 1.0)):
            book.running(model).unload(model).at(book.now + seconds).exited(f"{model}#1")
        book.asks(1, "x").ready("x#2").served(1).asks(2, "y").ready("y#2").served(2)
        book.asks(3, "b").expect("stop x#2 in 10 s", "stop y#2 in 10 s").expect_waits(r3=8.0)

    def test_a_model_that_is_ready_waits_for_its_neighbour_alone(self) -> None:
        """Spec 4.3: x has six seconds left, and stops at once; then a serves without a load."""
        groups = {"g": GroupRule(exclusive=False, members=("x",))}
        book = Playbook("a", "x", groups=groups).running("a").asks(-9, "x").ready("x#1").at(10.0).served(-9)
        book.at(20.0).asks(1, "x").at(24.0).asks(2, "a").expect_waits(r2=6.0)
        book.served(1).expect("stop x#1 in 10 s").asks(3, "a").expect_waits(r3=0.0)

    def test_one_that_waits_in_another_place_does_not_count(self) -> None:
        groups = {"g": GroupRule(exclusive=False, persistent=True, members=("x", "y"))}
        book = Playbook("a", "b", "x", "y", groups=groups, load_times={"y": 4.0, "b": 99.0}).running("a")
        book.asks(-9, "x").ready("x#1").at(10.0).served(-9).asks(1, "x").asks(2, "a").asks(3, "b")
        book.asks(4, "y").expect_waits(r4=14.0)

    def test_an_idle_model_that_must_go_need_not_be_known(self) -> None:
        """b needs the places of x, which is busy for ten seconds, and of y, which has never served anybody."""
        groups = {"g": GroupRule(swap=False, exclusive=False, members=("x", "y"))}
        book = Playbook("x", "y", "b", groups=groups, load_times={"b": 5.0})
        book.asks(-9, "x").ready("x#1").at(10.0).served(-9).asks(-8, "y").leaves(-8).ready("y#1")
        book.asks(1, "x").asks(2, "b").expect_waits(r2=15.0)

    def test_a_long_line_is_not_looked_through(self) -> None:
        """What is far away is not told, and asking costs little."""
        names = [f"m{number:03}" for number in range(60)]
        book = Playbook(*names, load_times=dict.fromkeys(names, 5.0)).running("m000").asks(1, "m000")
        for number, name in enumerate(names[1:], start=2):
            book.asks(number, name)
        waits = [entry.expected for entry in book.scheduler.snapshot().queue]
        assert waits[0] == 5.0
        assert waits[50] is None

    def test_but_not_for_one_that_is_in_nobodys_way(self) -> None:
        groups = {"free": GroupRule(exclusive=False, swap=False, members=("x",))}
        book = Playbook(A, B, "x", groups=groups, load_times={"x": 9.0, "b": 5.0}).running("a")
        book.asks(1, "a").asks(2, "b").expect_waits(r2=5.0).asks(3, "x").expect("start x#1").expect_waits(r3=9.0)

    def test_what_takes_longer_than_usual_is_expected_at_any_moment(self) -> None:
        experienced(A, B).asks(1, "a").at(150.0).asks(2, "a").expect_waits(r2=0.0)

    def test_what_is_not_known_is_not_told(self) -> None:
        book = Playbook(A, B).asks(1, "a").expect_waits(r1=None)
        book.ready("a#1").asks(2, "a").expect_waits(r2=None).asks(3, "b").expect_waits(r3=None)

    def test_who_moves_up_is_told_anew(self) -> None:
        experienced(A, B).asks(1, "a").asks(2, "a").asks(3, "a").at(110.0).served(1).expect_waits(r3=10.0)

    def test_the_queue_shows_who_asks_and_when_it_is_expected_to_be_served(self) -> None:
        book = experienced(A, B).asks(1, "a").asks(2, "a", "someone").at(104.0).asks(3, "b")
        shown = book.scheduler.snapshot().queue
        assert [(entry.request, entry.caller, entry.expected) for entry in shown] == [(2, "someone", 110), (3, "", 126)]

    @pytest.mark.parametrize("waiting", [1, 5])
    def test_a_steady_world_keeps_its_promise(self, waiting: int) -> None:
        """Where everything takes what is usual, each is served when it was said."""
        book = experienced(A, B).asks(1, "a").ask_all("a", 2, 1 + waiting)
        for entry in book.scheduler.snapshot().queue:
            assert entry.expected == 100.0 + 10.0 * entry.position
            book.at(entry.expected).served(entry.request - 1).expect(f"grant {entry.request} a#2")


def test_load_times_are_handed_out_and_taken_back() -> None:
    book = Playbook("a", "b", "c", load_times={"a": 3.0, "b": 4.0, "gone": 1.0})
    book.asks(1, "a").at(7.0).ready("a#1")
    assert book.scheduler.load_times() == {"a": 7.0, "b": 4.0}


def test_a_load_that_fails_teaches_nothing() -> None:
    book = Playbook("a").asks(1, "a").at(3.0).failed("a#1").asks(2, "a").at(5.0).unload("a").at(6.0).failed("a#2")
    assert book.scheduler.load_times() == {}
