"""A short storm; `scripts/chaos` runs long ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos.storm import storm

pytestmark = pytest.mark.real


def test_after_a_storm_everything_is_as_before(tmp_path: Path) -> None:
    """R19, R24, R26, R30: no law broken, nothing leaked, every request ended."""
    report = storm(tmp_path, 12, seed=5, flood=10, say=lambda line: None)
    assert report.wrong == [], str(report)
    assert report.seen.statuses["200"] > 20, str(report)
