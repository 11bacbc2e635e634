"""A daemon in miniature, to be killed: starts the commands it is given, says so, and waits for its end.

python -m tests.support.driver STATE_DIRECTORY [--guardless] COMMAND [--stop COMMAND] ...
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import uvloop

from modelyard.core.events import Event
from modelyard.core.model import ChildId
from modelyard.runtime.child import Child
from modelyard.runtime.clock import SystemClock
from modelyard.runtime.guard import Guard, new_daemon_id
from modelyard.runtime.journal import open_journal
from modelyard.runtime.logs import LogHub
from modelyard.runtime.processspec import ProcessSpec
from modelyard.runtime.spawn import Reaper
from modelyard.runtime.tasks import TaskOwner


def _pairs(arguments: list[str]) -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    for argument in arguments:
        if argument.startswith("--stop="):
            pairs[-1] = pairs[-1][0], argument.removeprefix("--stop=")
        else:
            pairs.append((argument, ""))
    return pairs


async def _main() -> None:
    state, *arguments = sys.argv[1:]
    guardless = "--guardless" in arguments
    clock = SystemClock()
    hub = LogHub(stdout=lambda data: None)
    daemon = new_daemon_id()
    journal = open_journal(Path(state), daemon, hub.daemon)
    guard = Guard(daemon, log=hub.daemon, clock=clock, journal=journal)
    Reaper().start()
    if not guardless:
        guard.start()
    tasks = TaskOwner(lambda name, error: None)
    ready = asyncio.Event()
    events: list[Event] = []

    def post(event: Event) -> None:
        events.append(event)
        if len(events) == len(children):
            ready.set()

    children = []
    for number, (cmd, stop) in enumerate(_pairs([text for text in arguments if text != "--guardless"])):
        spec = ProcessSpec(
            model=f"m{number}",
            cmd=cmd,
            cmd_stop=stop,
            env=("NOTE=hello",),
            proxy="http://127.0.0.1:1",
            check_endpoint="none",
            start_timeout=15.0,
        )
        child = Child(
            ChildId(spec.model, 1),
            spec,
            post=post,
            log=hub.model(spec.model),
            guard=guard,
            clock=clock,
            tasks=tasks,
            daemon_log=hub.daemon,
        )
        children.append(child)
        child.start()
    await ready.wait()
    os.write(1, f"{daemon} {guard.pid or 0}\n".encode())
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(_main())
