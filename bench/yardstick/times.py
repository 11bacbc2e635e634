"""A table of how long things take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from yardstick.figures import percentile


@dataclass(frozen=True)
class Figure:
    """One row of the table; milliseconds."""

    measure: str
    times: Sequence[float]

    def cells(self) -> tuple[str, ...]:
        """The row, as text."""
        figures = (percentile(self.times, 50), percentile(self.times, 99), max(self.times))
        return (self.measure, str(len(self.times)), *(f"{figure:.1f}" for figure in figures))


def table(figures: Sequence[Figure]) -> str:
    """The rows under their heads; milliseconds."""
    lines = [("milliseconds", "n", "p50", "p99", "max"), *(figure.cells() for figure in figures)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    rows = ([line[0].ljust(widths[0]), *map(str.rjust, line[1:], widths[1:])] for line in lines)
    return "\n".join("  ".join(row) for row in rows)
