"""Shows the figures: a table for people, JSON for everything else."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from yardstick import proc
from yardstick.figures import Row, Spread
from yardstick.tools import BENCH

_HEADINGS = ("measure", "target", "median", "low", "high", "/ nginx", "low", "high", "goal", "")


def machine() -> Mapping[str, object]:
    """What the figures depend on and a reader can't guess."""
    return {
        "cpu": proc.cpu_model(),
        "cores": os.cpu_count(),
        "load_average_before": round(os.getloadavg()[0], 2),
        "revision": _revision(),
        "kernel": platform.release(),
        "python": platform.python_version(),
    }


def _revision() -> str:
    argv = ["git", "-C", str(BENCH), "describe", "--always", "--dirty"]
    try:
        return subprocess.run(argv, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"  # no git here, or no repository


def table(rows: Sequence[Row]) -> str:
    """The rows as aligned plain text; a column that no row uses is left out."""
    lines: list[Sequence[str]] = [_HEADINGS]
    for previous, row in zip([None, *rows], rows, strict=False):
        # A measure's name stands once, before its first target.
        repeated = previous is not None and previous.measure == row.measure
        lines.append(("" if repeated else row.measure, *_cells(row)))
    used = [column for column in range(len(_HEADINGS)) if any(line[column] for line in lines[1:])]
    lines = [[line[column] for column in used] for line in lines]
    widths = [max(len(line[column]) for line in lines) for column in range(len(used))]
    return "\n".join(_aligned(line, widths) for line in lines)


def _aligned(line: Sequence[str], widths: Sequence[int]) -> str:
    words = [cell.ljust(width) for cell, width in zip(line[:2], widths[:2], strict=True)]
    figures = [cell.rjust(width) for cell, width in zip(line[2:], widths[2:], strict=True)]
    return "  ".join([*words, *figures]).rstrip()


def _cells(row: Row) -> Sequence[str]:
    ratio = ("", "", "") if row.ratio is None else _spread_cells(row.ratio)
    return (row.target, *_spread_cells(row.absolute), *ratio, _goal_cell(row), _verdict(row))


def _spread_cells(spread: Spread) -> tuple[str, str, str]:
    return (number(spread.median), number(spread.low), number(spread.high))


def number(value: float) -> str:
    """Three significant digits, and thousands apart."""
    size = abs(value)
    if size >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if size >= 10 else f"{value:.2f}"


def _goal_cell(row: Row) -> str:
    if row.goal is None:
        return ""
    sign = "≥" if row.goal.at_least else "≤"
    return f"{sign} {row.goal.limit:g}{' × nginx' if row.goal.of_ratio else ''}"


def _verdict(row: Row) -> str:
    return {True: "met", False: "missed", None: ""}[row.goal_met]


def write_json(path: Path, content: Mapping[str, object]) -> None:
    """Write the file, making its folder where needed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n")
