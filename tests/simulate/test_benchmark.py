"""The table of docs/simulator.md is what the benchmark prints."""

from __future__ import annotations

import runpy
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_published_table_is_fresh() -> None:
    """When a change of the scheduler changes the figures: look at them, then `scripts/bench swaps --write`."""
    bench = runpy.run_path(str(ROOT / "bench" / "swaps.py"))
    page = (ROOT / "docs" / "simulator.md").read_text(encoding="utf-8")
    table: str = bench["make_table"]()
    assert bench["with_table"](page, table) == page
    assert "BROKEN" not in table
