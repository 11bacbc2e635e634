"""The server with the laws of the core looking on: says `LAW BROKEN` where one does not hold.

Takes the arguments of `modelyard`. SIGUSR1 makes it say how many tasks it has.
"""

from __future__ import annotations

import asyncio
import gc
import signal
import sys

from modelyard.app.cli.main import main
from modelyard.core.commands import Command
from modelyard.core.events import Event
from modelyard.core.laws import LawBroken, LawKeeper
from modelyard.core.scheduler import Scheduler
from modelyard.runtime import engine


class WatchedScheduler(Scheduler):
    """The scheduler as it is, and somebody who keeps the books a second time."""

    def __init__(self) -> None:
        super().__init__()
        self._keeper = LawKeeper()

    def handle(self, event: Event, now: float) -> list[Command]:
        """As `Scheduler.handle`."""
        commands = super().handle(event, now)
        try:
            self._keeper.observe(event, commands, now)
            self._keeper.compare(self.snapshot())
        except LawBroken as broken:
            sys.stderr.write(f"LAW BROKEN {broken} by {event} → {commands}\n")
        return commands


def say_tasks(_number: int, _frame: object) -> None:
    """Say how many tasks there are."""
    gc.collect()
    sys.stderr.write(f"TASKS {len(asyncio.all_tasks())}\n")


if __name__ == "__main__":
    setattr(engine, "Scheduler", WatchedScheduler)  # noqa: B010 - the daemon makes its own
    signal.signal(signal.SIGUSR1, say_tasks)
    sys.exit(main())
