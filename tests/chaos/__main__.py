"""`scripts/chaos`: a long storm, and its report."""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from pathlib import Path

from tests.chaos.storm import main_say, storm


def main() -> int:
    """0 when nothing was wrong."""
    parser = argparse.ArgumentParser(prog="scripts/chaos", description=__doc__)
    parser.add_argument("--minutes", type=float, default=20.0, help="how long (default 20)")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6), help="of all dice")
    parser.add_argument("--flood", type=float, default=100.0, metavar="MB", help="log of the loud engine per second")
    asked = parser.parse_args()
    main_say(f"seed {asked.seed}")
    with tempfile.TemporaryDirectory() as directory:
        report = storm(Path(directory), asked.minutes * 60, seed=asked.seed, flood=asked.flood, say=main_say)
    sys.stdout.write(f"{report}\n")
    return 1 if report.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
