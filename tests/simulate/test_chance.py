"""Chance is a function of seed and name."""

from __future__ import annotations

from statistics import fmean, pstdev

from modelyard.simulate.chance import Chance

MANY = 20_000


def test_the_same_name_draws_the_same_for_ever() -> None:
    first, again = Chance(1, "load", "a", 3), Chance(1, "load", "a", 3)
    assert [first.share() for _ in range(5)] == [again.share() for _ in range(5)]
    # Written down, so that a change of the generator is seen: recorded figures would mean something else.
    assert round(Chance(1, "load", "a", 3).share(), 9) == 0.421684206


def test_other_names_and_seeds_draw_otherwise() -> None:
    drawn = {Chance(seed, name, number).share() for seed in (1, 2) for name in "ab" for number in (1, 2)}
    assert len(drawn) == 8


def test_shares_are_even() -> None:
    chance = Chance(1, "shares")
    shares = [chance.share() for _ in range(MANY)]
    assert all(0.0 <= share < 1.0 for share in shares)
    assert abs(fmean(shares) - 0.5) < 0.01
    assert abs(sum(share < 0.1 for share in shares) / MANY - 0.1) < 0.01


def test_exponential_times_have_their_mean() -> None:
    chance = Chance(1, "exponential")
    times = [chance.exponential(3.0) for _ in range(MANY)]
    assert min(times) >= 0.0
    assert abs(fmean(times) - 3.0) < 0.1
    assert abs(pstdev(times) - 3.0) < 0.15


def test_normal_numbers_are_normal() -> None:
    chance = Chance(1, "normal")
    numbers = [chance.normal() for _ in range(MANY)]
    assert abs(fmean(numbers)) < 0.03
    assert abs(pstdev(numbers) - 1.0) < 0.03
    assert abs(sum(abs(number) < 1 for number in numbers) / MANY - 0.683) < 0.02
