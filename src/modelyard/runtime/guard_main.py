"""The sidecar: a small program that outlives the daemon by a moment, and ends what the daemon left behind.

It reads a pipe whose other end only the daemon holds. However the daemon ends, SIGKILL included, the kernel
closes that end; then the sidecar runs the `cmdStop` of the children that have one, kills every process that
carries the daemon's cookie or belongs to a recorded session, and exits. After an orderly shutdown it finds
nobody.

Run as `python -I -S guard_main.py <daemon id>`; standard library only. The pipe carries lines of JSON:
`{"started": {"cookie", "pid", "start_time", "stop", "env"}}` and `{"ended": cookie}`.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Iterable
from typing import Any, NamedTuple

if __name__ == "__main__":
    # Isolated mode knows neither our package nor its dependencies; the standard library keeps precedence.
    sys.path.append(os.path.abspath(__file__).rsplit(os.sep, 3)[0])

from modelyard.runtime.platform.base import ProcessKey, ProcessStat, child_environment, child_needle, daemon_needle
from modelyard.runtime.platform.family import find_tree, kill_all
from modelyard.runtime.platform.here import system

STOP_SECONDS = 5.0
"""How long `cmdStop` commands, and what they stop, may take."""

POLL_SECONDS = 0.02
_IGNORED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Record(NamedTuple):
    """A child of the daemon that may be running."""

    cookie: str
    leader: ProcessKey
    stop: list[str]
    environment: list[str]


def follow(lines: Iterable[bytes]) -> dict[str, Record]:
    """Read to the end of the pipe; the children that had started and not ended, by cookie."""
    records: dict[str, Record] = {}
    for line in lines:
        try:
            message = json.loads(line)
        except ValueError:
            continue  # the daemon died in the middle of a line
        if "ended" in message:
            records.pop(message["ended"], None)
        else:
            record = _record(message["started"])
            records[record.cookie] = record
    return records


def _record(fields: dict[str, Any]) -> Record:
    leader = ProcessKey(fields["pid"], fields["start_time"])
    return Record(fields["cookie"], leader, fields["stop"], fields["env"])


def end_all(daemon: str, records: Iterable[Record]) -> None:
    """Leave no process of the daemon: those without a `cmdStop` go at once, the others when it had its
    time."""
    everyone = list(records)
    polite = [record for record in everyone if record.stop and _tree_of([record])]
    commands = [pid for record in polite if (pid := _run_stop_command(record))]

    def find_all() -> list[ProcessStat]:
        return find_tree([daemon_needle(daemon)], [record.leader for record in everyone])

    def find_impolite() -> list[ProcessStat]:
        spared = {stat.key for stat in _tree_of(polite)}
        return [stat for stat in find_all() if stat.key not in spared]

    kill_all(find_impolite if polite else find_all)
    if polite:
        _await_stop_commands(commands, polite)
        kill_all(find_all)


def _tree_of(records: list[Record]) -> list[ProcessStat]:
    if not records:
        return []
    return find_tree([child_needle(record.cookie) for record in records], [record.leader for record in records])


def _run_stop_command(record: Record) -> int | None:
    null = os.open(os.devnull, os.O_RDWR)
    try:
        return os.posix_spawnp(
            record.stop[0],
            record.stop,
            child_environment(record.environment),
            file_actions=[(os.POSIX_SPAWN_DUP2, null, number) for number in range(3)],
            setsid=True,
            setsigdef=_IGNORED,
        )
    except (OSError, ValueError):
        return None  # nobody is left to tell; the child is killed in the end
    finally:
        os.close(null)


def _await_stop_commands(commands: list[int], polite: list[Record]) -> None:
    running = set(commands)
    deadline = time.monotonic() + STOP_SECONDS
    while time.monotonic() < deadline and (running or _tree_of(polite)):
        running = {pid for pid in running if os.waitpid(pid, os.WNOHANG) == (0, 0)}
        time.sleep(POLL_SECONDS)
    for pid in running:
        system.signal_group(pid, signal.SIGKILL)


def main() -> None:
    """Wait for the end of the daemon named by the first argument, then clean up."""
    for number in _IGNORED:
        signal.signal(number, signal.SIG_IGN)
    records = follow(sys.stdin.buffer)
    end_all(sys.argv[1], records.values())


if __name__ == "__main__":
    main()
