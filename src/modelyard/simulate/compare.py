"""Several policies on the same traffic."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from modelyard.simulate.figures import Figures, figures_of
from modelyard.simulate.optimum import Clairvoyant
from modelyard.simulate.policies import Policy
from modelyard.simulate.record import Record
from modelyard.simulate.room import Setting
from modelyard.simulate.run import run


class Result(Struct, frozen=True):
    """One policy's run."""

    record: Record
    figures: Figures


def compare(setting: Setting, policies: Sequence[Policy], *, with_optimum: bool = True) -> list[Result]:
    """Run each policy. Raises `SimulationError` where a law does not hold."""
    clairvoyant = Clairvoyant(setting.specs.planner) if with_optimum else None
    results = []
    for policy in policies:
        record = run(setting, policy)
        results.append(Result(record, figures_of(record, setting, clairvoyant)))
    return results
