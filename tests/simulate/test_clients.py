"""Clients that wait for answers."""

from __future__ import annotations

from modelyard.simulate.clients import Adversary, Agent, Ask, Crowd


def ask(number: int, now: float, model: str) -> Ask | None:
    return None if number > 4 else Ask(at=now + number, model=model, caller="me", service=1.0)


def test_a_crowd_says_everything_at_once() -> None:
    asks = [Ask(at=0.0, model="a", caller="me", service=1.0)]
    assert Crowd(asks).opening() == asks
    assert Crowd(asks).answered(5.0, {"a"}) is None


def test_an_agent_takes_its_turns_one_by_one() -> None:
    agent = Agent(ask, ["a", "b"], start=10.0)
    (first,) = agent.opening()
    assert (first.at, first.model) == (11.0, "a")
    later = [agent.answered(now, frozenset()) for now in (20.0, 30.0, 40.0, 50.0)]
    assert [(one.at, one.model) for one in later if one is not None] == [(22.0, "b"), (33.0, "a"), (44.0, "b")]
    assert later[-1] is None


def test_an_adversary_wants_what_is_not_there() -> None:
    adversary = Adversary(ask, ["a", "b", "c"], start=0.0)
    (first,) = adversary.opening()
    assert first.model == "a"
    second = adversary.answered(5.0, {"a"})
    third = adversary.answered(9.0, {"a", "b"})
    fourth = adversary.answered(12.0, {"a", "b", "c"})
    assert [one.model for one in (second, third, fourth) if one is not None] == ["b", "c", "a"]


def test_whose_time_is_over_asks_for_nothing() -> None:
    def nothing(number: int, now: float, model: str) -> None:
        return None

    assert Agent(nothing, ["a"], start=0.0).opening() == []
    assert Adversary(nothing, ["a", "b"], start=0.0).opening() == []
