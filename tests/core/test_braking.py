"""Models that fail to start again and again, as dialogues (R31)."""

from __future__ import annotations

import pytest

from modelyard.core.errors import Braked
from modelyard.core.events import TryAgainAsked
from modelyard.core.planners.groups import GroupRule
from tests.support.playbook import Playbook


def failing(times: int, *others: str) -> Playbook:
    """A book in which model `a` has failed so many times in a row, a second apart."""
    together = {"all": GroupRule(swap=False, members=("a", *others))}
    book = Playbook("a", *others, groups=together)
    for number in range(1, times + 1):
        book.at(float(number)).asks(number, "a").expect(f"start a#{number}").failed(f"a#{number}", f"exit {number}")
        book.expect(f"reject {number} LoadFailed")
    return book


def test_two_failures_cost_their_own_requests_only() -> None:
    """R31."""
    failing(2).asks(3, "a").expect("start a#3").ready("a#3").expect("grant 3 a#3")


def test_after_the_third_it_is_not_tried_for_a_second() -> None:
    """R31: who asks meanwhile hears why, and when to come back."""
    book = failing(3)
    assert book.phase("a") == "failed"
    book.at(3.25).asks(4, "a").expect_cause(4, Braked("a", "exit 3", 3, 0.75, 4.0))
    model = book.scheduler.snapshot().models["a"]
    assert (model.failures, model.failure, model.retry_at, model.child) == (3, "exit 3", 4.0, None)


def test_when_the_pause_is_over_the_next_request_tries_again() -> None:
    """R31: nothing is tried by itself."""
    book = failing(3).at(4.0).expect()
    assert book.phase("a") == "stopped"
    book.asks(4, "a").expect("start a#4").failed("a#4").at(5.9).asks(5, "a").expect("reject 5 Braked")
    book.at(6.0).asks(6, "a").expect("start a#5")


def test_a_request_at_the_very_end_of_the_pause_is_no_accident() -> None:
    book = failing(3)
    book.now = 4.0  # the deadline is due, and the request comes first
    book.asks(4, "a").expect("start a#4")


def test_a_start_that_succeeds_clears_the_count() -> None:
    """R31."""
    book = failing(2).at(3.0).asks(3, "a").ready("a#3").served(3).exited("a#3")
    for number in (4, 5):
        book.asks(number, "a").expect(f"start a#{number}").failed(f"a#{number}")
    book.asks(6, "a").expect("start a#6")


def test_a_crash_while_ready_is_no_failed_start() -> None:
    """R31: it is started anew with the next request, however often."""
    book = Playbook("a")
    for number in range(1, 8):
        book.asks(number, "a").expect(f"start a#{number}").ready(f"a#{number}").exited(f"a#{number}")
        book.served(number)
    assert book.phase("a") == "stopped"


def test_a_start_that_is_stopped_is_no_failed_start() -> None:
    book = Playbook("a")
    for number in range(1, 6):
        book.asks(number, "a").expect(f"start a#{number}").unload("a").failed(f"a#{number}", "aborted")
    assert book.phase("a") == "stopped"


@pytest.mark.parametrize("what", ["unload", "unload all", "configure", "try again"])
def test_what_forgives(what: str) -> None:
    """R31: an unload, a reload, and a person who asks for it."""
    book = failing(4)
    match what:
        case "unload":
            book.unload("a")
        case "unload all":
            book.unload()
        case "configure":
            book.configure("a")
        case _:
            book.happens(TryAgainAsked("a"))
    assert book.phase("a") == "stopped"
    book.asks(6, "a").expect("start a#5").failed("a#5").asks(7, "a").expect("start a#6")


def test_others_are_not_braked() -> None:
    failing(3, "b").asks(4, "b").expect("start b#1").asks(5, "a").expect("reject 5 Braked").unload("b").expect(
        "reject 4 ModelUnloaded", "stop b#1 in 10 s"
    ).asks(6, "a").expect("reject 6 Braked")


def test_a_failed_model_may_be_removed() -> None:
    book = failing(3, "b").configure("b")
    book.asks(4, "a").expect("reject 4 UnknownModel").at(60.0).expect()
    assert "a" not in book.scheduler.snapshot().models


def test_trying_again_what_nobody_knows_changes_nothing() -> None:
    Playbook("a").happens(TryAgainAsked("b")).expect()


def test_it_explains_itself() -> None:
    book = failing(3)
    explanation = book.scheduler.explain("a", 3.5)
    assert (explanation.verdict, explanation.until) == ("refuse", 4.0)
    assert "3 times in a row" in explanation.sentences[0]
