"""What can be wrong with what a simulation is given."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

MOST_REQUESTS = 1_000_000
"""What one run may have; more is a mistake in the workload sooner than a wish."""


class WorkloadError(Exception):
    """A workload, a trace or a policy that can't be used. The text names the file or the place, and a remedy."""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A remedy in brackets that names the most similar known name, or nothing."""
    close = difflib.get_close_matches(name, list(known), n=1)
    return f' (did you mean "{close[0]}"?)' if close else ""
