"""Reproducible chance: every drawing has a name, so that one policy's luck is every policy's luck.

What is drawn depends on the seed and the name alone, never on what was drawn before: the third load of a model takes
as long under one policy as under another, and a comparison compares policies.
"""

from __future__ import annotations

from hashlib import blake2b
from math import cos, log, pi, sqrt

from modelyard.core.worlds import Dice

_STEPS = 1 << 53
"""As many steps as a float between 0 and 1 can show evenly."""


class Chance:
    """A source of numbers that `seed` and `name` decide, for ever."""

    def __init__(self, seed: int, *name: str | int) -> None:
        digest = blake2b(repr((seed, *name)).encode(), digest_size=8).digest()
        self._dice = Dice(int.from_bytes(digest, "big"))

    def share(self) -> float:
        """Evenly from 0 up to, but not including, 1."""
        return self._dice.below(_STEPS) / _STEPS

    def exponential(self, mean: float) -> float:
        """The time to the next of events that come independently of each other, `mean` apart on average."""
        return -mean * log(1.0 - self.share())

    def normal(self) -> float:
        """Around 0 with a standard deviation of 1 (Box and Muller)."""
        return sqrt(-2.0 * log(1.0 - self.share())) * cos(2.0 * pi * self.share())
