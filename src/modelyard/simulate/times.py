"""How long things take: a number of seconds, or a distribution of them."""

from __future__ import annotations

from math import exp
from typing import Annotated

from msgspec import Meta, Struct

from modelyard.simulate.chance import Chance

Seconds = Annotated[float, Meta(ge=0.0)]


class Uniform(Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="uniform"):
    """Anything from `low` to `high`, all alike likely."""

    low: Seconds
    high: Seconds

    def __post_init__(self) -> None:
        if self.high < self.low:
            raise ValueError(f"`high` must be at least `low`, {self.low:g}")

    def draw(self, chance: Chance) -> float:
        """One time (seconds)."""
        return self.low + (self.high - self.low) * chance.share()


class Exponential(Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="exponential"):
    """Mostly short, now and then much longer than `mean`."""

    mean: Seconds

    def draw(self, chance: Chance) -> float:
        """One time (seconds)."""
        return chance.exponential(self.mean)


class LogNormal(Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="lognormal"):
    """Half of them shorter than `median`, with a long tail: two in three lie within a factor of e^`sigma`."""

    median: Seconds
    sigma: Annotated[float, Meta(ge=0.0, le=5.0)] = 0.5

    def draw(self, chance: Chance) -> float:
        """One time (seconds)."""
        return self.median * exp(self.sigma * chance.normal())


Time = Seconds | Uniform | Exponential | LogNormal
"""As a file writes it: `4`, or `{kind: lognormal, median: 4, sigma: 0.8}`."""


def draw(time: Time, chance: Chance) -> float:
    """One time (seconds)."""
    return float(time) if isinstance(time, float | int) else time.draw(chance)
