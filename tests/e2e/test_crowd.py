"""Many clients at once, and many who read slowly or leave: all are served, and nothing is left of them.

How long others wait meanwhile is a figure of an idle machine: `scripts/crowd`, with more clients.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.crowd.crowd import complaints, spend

pytestmark = pytest.mark.real


def test_a_crowd_is_served_and_leaves_nothing_behind(tmp_path: Path) -> None:
    """R34: who leaves is let go at once; who reads slowly holds up nobody, and holds no more memory than is stated."""
    evening = spend(tmp_path, streams=100, slow=200, seconds=4, seed=7, say=lambda line: None)
    assert complaints(evening, streams=100, slow=200) == []
