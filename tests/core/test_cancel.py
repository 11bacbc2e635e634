"""An operator ends a request that waits."""

from __future__ import annotations

from modelyard.core.errors import Cancelled
from modelyard.core.model import ModelFacts
from tests.support.playbook import Playbook


def test_a_waiting_request_is_rejected_with_a_cause_of_its_own() -> None:
    book = Playbook("a", "b").running("a")
    book.asks(1, "a").asks(2, "b").cancel(2).expect("reject 2 Cancelled").expect_cause(2, Cancelled("b"))
    book.served(1).expect()
    book.finish()


def test_the_load_that_it_waited_for_goes_on() -> None:
    """As when a client leaves: the next request may want it."""
    book = Playbook("a")
    book.asks(1, "a").cancel(1).expect("reject 1 Cancelled").ready("a#1").expect().asks(2, "a").expect("grant 2 a#1")


def test_those_behind_it_move_up() -> None:
    book = Playbook("a", "b", "c").running("a")
    book.asks(1, "a").asks(2, "b").asks(3, "c").cancel(2).expect("reject 2 Cancelled").expect_places(r3=1)


def test_what_is_served_or_over_or_was_never_there_goes_on() -> None:
    book = Playbook("a").running("a")
    book.asks(1, "a").cancel(1).expect().cancel(99).expect().served(1).cancel(1).expect()


def test_if_the_forced_target_is_cancelled_the_others_go_on() -> None:
    book = Playbook(ModelFacts(model="a", parallel=2), "b", max_wait=10.0).running("a")
    book.asks(1, "a").asks(2, "b").at(10.0).asks(3, "a").expect()
    book.cancel(2).expect("reject 2 Cancelled", "grant 3 a#1")
