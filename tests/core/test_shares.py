"""Fair shares between callers, and priorities of single requests."""

from __future__ import annotations

from modelyard.core.model import ModelFacts
from modelyard.core.shares import Rounds, SwapTurns
from tests.support.playbook import Playbook

ONE = ModelFacts(model="a", parallel=1)


def order_of_service(book: Playbook, first: int) -> list[int]:
    """Serve `first` and then whoever is granted next, one after the other."""
    served = [first]
    while True:
        commands = book.served(served[-1]).commands
        grants = [command.request for command in commands if hasattr(command, "child") and hasattr(command, "request")]
        if not grants:
            return served
        served += grants


def test_one_callers_hundred_do_not_hold_anothers_one() -> None:
    book = Playbook(ONE, fairness="caller").running("a")
    book.ask_all("a", 1, 100, "crowd").asks(101, "a", "single").expect_places(r101=2)
    assert order_of_service(book, 1)[:4] == [1, 2, 101, 3]


def test_without_fairness_they_do() -> None:
    book = Playbook(ONE).running("a")
    book.ask_all("a", 1, 100, "crowd").asks(101, "a", "single").expect_places(r101=100)


def test_callers_take_turns_in_the_order_in_which_they_came() -> None:
    book = Playbook(ONE, fairness="caller").running("a")
    book.asks(1, "a", "x").ask_all("a", 2, 4, "x").ask_all("a", 5, 7, "y").ask_all("a", 8, 9, "z")
    assert order_of_service(book, 1) == [1, 2, 5, 8, 3, 6, 9, 4, 7]


def test_whoever_comes_later_is_owed_nothing_for_the_time_before() -> None:
    """y joins after x was served three times: it gets its turn, and not three of them in a row."""
    book = Playbook(ONE, fairness="caller").running("a")
    book.asks(1, "a", "x").ask_all("a", 2, 8, "x").served(1).served(2).served(3)
    book.ask_all("a", 11, 13, "y")
    assert order_of_service(book, 4) == [4, 5, 11, 6, 12, 7, 13, 8]


def test_whoever_leaves_gives_the_turn_back() -> None:
    book = Playbook(ONE, fairness="caller").running("a")
    book.asks(1, "a", "x").ask_all("a", 2, 3, "x").ask_all("a", 4, 5, "y").leaves(2).leaves(3).asks(6, "a", "x")
    assert order_of_service(book, 1) == [1, 4, 6, 5]


def test_priority_goes_before_shares() -> None:
    book = Playbook(ONE, fairness="caller").running("a")
    book.asks(1, "a").ask_all("a", 2, 3, "x").asks(4, "a", "y").asks(5, "a", "x", priority=1)
    assert order_of_service(book, 1) == [1, 5, 2, 4, 3]


def test_law_5_goes_before_shares() -> None:
    book = Playbook(ONE, fairness="caller", max_wait=10.0).running("a")
    book.asks(1, "a").ask_all("a", 2, 4, "x").at(5.0).asks(5, "a", "y").at(12.0)
    assert order_of_service(book, 1) == [1, 2, 3, 4, 5]


def test_fairness_may_come_and_go_with_a_reload() -> None:
    book = Playbook(ONE).running("a")
    book.asks(1, "a").ask_all("a", 2, 4, "x").asks(5, "a", "y").expect_places(r5=4)
    book.policy(fairness="caller").configure(ONE).expect_places(r3=3, r4=4, r5=2)
    book.policy(fairness="none").configure(ONE).expect_places(r3=2, r4=3, r5=4)


def test_between_models_the_caller_goes_first_whose_last_swap_is_longest_ago() -> None:
    """x had its swap for a; y asks later, and goes first all the same."""
    book = Playbook("a", "b", "c", fairness="caller")
    book.asks(1, "a", "x").ready("a#1").asks(2, "b", "x").asks(3, "c", "y").served(1).exited("a#1").expect("start c#1")
    book.ready("c#1").asks(4, "a", "y").served(3).exited("c#1").expect("start b#1")


def test_between_models_priority_goes_before_shares() -> None:
    book = Playbook("a", ModelFacts(model="b", priority=1), "c", fairness="caller")
    book.asks(1, "a", "x").ready("a#1").asks(2, "b", "x").asks(3, "c", "y").served(1).exited("a#1").expect("start b#1")


def test_shares_cause_no_swap() -> None:
    """Law 9: y waits for b until a has served all who want it, however often x had its turn."""
    book = Playbook(ONE, "b", fairness="caller").running("a")
    book.ask_all("a", 1, 5, "x").asks(6, "b", "y")
    assert order_of_service(book, 1) == [1, 2, 3, 4, 5]
    assert book.phase("a") == "stopping"


def test_a_request_of_higher_priority_is_served_first() -> None:
    book = Playbook(ONE).running("a")
    book.asks(1, "a").asks(2, "a").asks(3, "a", priority=5).asks(4, "a", priority=-5).asks(5, "a")
    assert order_of_service(book, 1) == [1, 3, 2, 5, 4]


def test_a_request_of_higher_priority_brings_its_model_forward() -> None:
    book = Playbook("a", "b", "c").running("a")
    book.asks(1, "a").asks(2, "b").asks(3, "c").asks(4, "c", priority=1).expect_places(r4=1, r2=2, r3=3)
    book.served(1).exited("a#1").expect("start c#1")


class TestRounds:
    def test_only_those_who_wait_are_remembered(self) -> None:
        rounds = Rounds()
        for request in range(1000):
            rounds.join(request, f"caller {request}")
            rounds.leave(request, f"caller {request}", served=True)
        assert len(rounds) == 0


class TestSwapTurns:
    def test_the_callers_of_long_ago_are_forgotten(self) -> None:
        turns = SwapTurns()
        for number in range(2000):
            turns.made_for(f"caller {number}")
        assert (turns.of("caller 999"), turns.of("caller 1000"), turns.of("caller 1999")) == (0, 1001, 2000)

    def test_whoever_had_another_swap_is_not_of_long_ago(self) -> None:
        turns = SwapTurns()
        turns.made_for("first")
        for number in range(999):
            turns.made_for(f"caller {number}")
        turns.made_for("first")
        turns.made_for("one more")
        assert (turns.of("first"), turns.of("caller 0")) == (1001, 0)
