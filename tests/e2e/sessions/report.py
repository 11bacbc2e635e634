"""What a session got, printed at its end."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Got:
    """One answer: `tokens` is how many the library says it cost, 0 where it was not told."""

    model: str
    what: str
    text: str
    tokens: int = 0


def run(session: Callable[[str, Sequence[str]], list[Got]]) -> None:
    """The main program of a session."""
    url, *models = sys.argv[1:]
    json.dump([asdict(got) for got in session(url, models)], sys.stdout)
