"""The TypeScript types of the API are those of the classes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).parents[3]


def test_the_types_are_not_stale() -> None:
    script = PROJECT / "scripts" / "ui-types"
    done = subprocess.run([sys.executable, str(script), "--check"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
