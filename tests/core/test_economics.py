"""Swap economics: a long queue yields to another model where that costs less waiting in all."""

from __future__ import annotations

from modelyard.core.model import ModelFacts
from tests.support.playbook import Playbook

A, B = ModelFacts(model="a", parallel=1), ModelFacts(model="b", parallel=1)


def experienced(*models: ModelFacts, load: float = 1.0, economics: bool = True, max_wait: float = 0.0) -> Playbook:
    """a is loaded at 100. Services of a take 10 s, services of b 2 s, stops no time."""
    book = Playbook(*(models or (A, B)), economics=economics, max_wait=max_wait)
    book.asks(-1, "b").at(load).ready("b#1").at(load + 2.0).served(-1)
    book.asks(-2, "a").exited("b#1").at(2 * load + 2.0).ready("a#1").at(2 * load + 12.0).served(-2)
    return book.at(100.0)


def test_a_swap_comes_first_where_it_saves_more_than_it_costs() -> None:
    """Ten wait for a, one for b: 100 s of waiting for b, or 10 times 4 s for the others."""
    book = experienced().ask_all("a", 1, 11).asks(12, "b").expect()
    book.at(110.0).served(1).expect("stop a#1 in 10 s").exited("a#1").expect("start b#2")
    book.ready("b#2").expect("grant 12 b#2").served(12).expect("stop b#2 in 10 s")


def test_the_queue_goes_first_where_the_swap_costs_more() -> None:
    """Two wait for a, one for b: 20 s of waiting for b, or 62 s for either of the others."""
    experienced(load=30.0).ask_all("a", 1, 3).asks(4, "b").served(1).expect("grant 2 a#1")


def test_without_economics_a_resident_model_serves_all_who_want_it() -> None:
    experienced(economics=False).ask_all("a", 1, 11).asks(12, "b").served(1).expect("grant 2 a#1")


def test_what_is_not_known_decides_nothing() -> None:
    book = Playbook(A, B, economics=True).running("a")
    book.ask_all("a", 1, 11).asks(12, "b").at(10.0).served(1).expect("grant 2 a#1")


def test_one_more_waiter_may_tip_the_balance() -> None:
    """Five that want b do not outweigh the one that wants a beside the one in service; eight do."""
    book = experienced(load=30.0).ask_all("a", 1, 3).ask_all("b", 4, 8).at(110.0).served(1).expect("grant 2 a#1")
    book.ask_all("b", 9, 11).at(120.0).served(2).expect("stop a#1 in 10 s")


def test_the_choice_stands_until_the_turn_has_come() -> None:
    """More requests for a arrive meanwhile; they do not tip the balance back, so nobody is torn to and fro."""
    book = experienced().ask_all("a", 1, 11).asks(12, "b").ask_all("a", 13, 300).expect()
    book.served(1).expect("stop a#1 in 10 s")


def test_if_those_who_were_favoured_leave_the_queue_goes_on() -> None:
    book = experienced(ModelFacts(model="a", parallel=2), B).ask_all("a", 1, 20).asks(21, "b").served(1).expect()
    book.leaves(21).expect("grant 3 a#1")


def test_law_5_overrules_it() -> None:
    """By economics b waits for all of a's; overdue, it has its turn."""
    book = experienced(load=30.0, max_wait=50.0).asks(1, "a").asks(2, "b").ask_all("a", 3, 4).at(149.0)
    book.at(150.0).served(1).expect("stop a#1 in 10 s")
