"""How a process ended and what it said last, in words (R5)."""

from __future__ import annotations

import signal

from modelyard.runtime.logs import ModelLog

TAIL_LINES = 10
TAIL_WIDTH = 300


def status_in_words(status: int | None) -> str:
    """How a process ended, to be put behind a sentence. None says nothing."""
    if status is None:
        return ""
    if status >= 0:
        return f" — exit status {status}"
    try:
        return f" — killed by {signal.Signals(-status).name}"
    except ValueError:
        return f" — killed by signal {-status}"


def circumstances(status: int | None, log: ModelLog, since: int) -> str:
    """The status, then the last lines that were written to the log after the mark `since`."""
    lines = [line[:TAIL_WIDTH] for line in log.tail(TAIL_LINES, since=since)]
    return "\n".join([status_in_words(status), *lines])
