"""Strict order of arrival: who stands before the turnstile."""

from __future__ import annotations

from modelyard.core.commands import Grant, Reject
from modelyard.core.errors import UnknownModel
from modelyard.core.events import RequestArrived, RequestGone, ServeDone
from modelyard.core.model import ChildId
from modelyard.simulate.turnstile import Turnstile

CHILD = ChildId("a", 1)
FIRST, SECOND, THIRD = (RequestArrived(number, "a") for number in (1, 2, 3))


def test_the_next_comes_through_when_the_one_before_was_granted() -> None:
    turnstile = Turnstile()
    assert turnstile.take(FIRST) is FIRST
    assert turnstile.take(SECOND) is None
    assert turnstile.take(THIRD) is None
    assert turnstile.after([]) is None
    assert turnstile.after([Grant(1, CHILD)]) is SECOND
    assert turnstile.after([Reject(2, UnknownModel("a"))]) is THIRD
    assert turnstile.after([Grant(3, CHILD)]) is None


def test_other_news_passes() -> None:
    turnstile = Turnstile()
    turnstile.take(FIRST)
    assert turnstile.take(ServeDone(9)) == ServeDone(9)


def test_who_leaves_before_its_turn_is_never_heard_of() -> None:
    turnstile = Turnstile()
    turnstile.take(FIRST)
    turnstile.take(SECOND)
    turnstile.take(THIRD)
    assert turnstile.take(RequestGone(2)) is None
    assert turnstile.after([Grant(1, CHILD)]) is THIRD


def test_who_leaves_in_the_turnstile_makes_room() -> None:
    turnstile = Turnstile()
    turnstile.take(FIRST)
    turnstile.take(SECOND)
    assert turnstile.take(RequestGone(1)) == RequestGone(1)
    assert turnstile.after([]) is SECOND
