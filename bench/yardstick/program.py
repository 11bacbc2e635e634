"""What every benchmark is as a program: alone on its tree, stopped in order, its failures said in a line."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable

from yardstick.processes import alone
from yardstick.tools import BenchError


def run(measure: Callable[[], None]) -> int:
    """Measure when no other benchmark does; the exit code is 0, or 1 when it could not be measured."""
    # Whatever ends the driver, what it started has to end too: signals unwind like Ctrl-C does.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    try:
        with alone(say):
            measure()
    except BenchError as error:
        say("\n".join([f"bench: {error}", *getattr(error, "__notes__", [])]))
        return 1
    except KeyboardInterrupt:
        say("bench: stopped")
        return 130
    return 0


def say(line: str) -> None:
    """Tell whoever watches how it goes on; the results have standard output for themselves."""
    print(line, file=sys.stderr, flush=True)


def _interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt
