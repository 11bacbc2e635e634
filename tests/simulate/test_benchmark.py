"""The table and the picture of docs/simulator.md are what the benchmark makes."""

from __future__ import annotations

import runpy
from pathlib import Path

ROOT = Path(__file__).parents[2]
BENCH = runpy.run_path(str(ROOT / "bench" / "swaps.py"))


def test_the_published_table_is_fresh() -> None:
    """When a change of the scheduler changes the figures: look at them, then `scripts/bench swaps --write`."""
    page = (ROOT / "docs" / "simulator.md").read_text(encoding="utf-8")
    table: str = BENCH["make_table"]()
    assert BENCH["with_table"](page, table) == page
    assert "BROKEN" not in table


def test_the_published_picture_is_fresh() -> None:
    published = (ROOT / "docs" / "images" / "simulator.svg").read_text(encoding="utf-8")
    assert BENCH["draw_picture"]() == published
