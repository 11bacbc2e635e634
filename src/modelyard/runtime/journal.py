"""What runs, written down, so that the next start finds what even the sidecar could not end.

One file per daemon in the state directory, locked for as long as the daemon lives: a file whose lock is free
belongs to a dead one. Several daemons share a directory and never touch each other's children.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from modelyard.runtime.logs import DaemonLog
from modelyard.runtime.platform.base import ProcessKey, ProcessStat, daemon_needle
from modelyard.runtime.platform.family import find_tree, kill_all
from modelyard.runtime.platform.here import system

REWRITE_AFTER = 1000
"""Lines after which the file is written anew with what still runs."""

_SUFFIX = ".journal"


@dataclass(frozen=True, slots=True)
class ChildRecord:
    """What must be known to end a child from outside. `stop` and `environment` are for its `cmdStop`."""

    cookie: str
    leader: ProcessKey
    stop: tuple[str, ...] = ()
    environment: tuple[str, ...] = ()

    def line(self) -> bytes:
        """The record as a line for the sidecar and the journal."""
        fields = {
            "cookie": self.cookie,
            "pid": self.leader.pid,
            "start_time": self.leader.start_time,
            "stop": self.stop,
            "env": self.environment,
        }
        return json.dumps({"started": fields}).encode() + b"\n"


def ended_line(cookie: str) -> bytes:
    """The line that takes a record back."""
    return json.dumps({"ended": cookie}).encode() + b"\n"


def default_state_directory(environment: Mapping[str, str]) -> Path:
    """`$XDG_STATE_HOME/modelyard`, else `~/.local/state/modelyard`."""
    base = environment.get("XDG_STATE_HOME", "")
    if not os.path.isabs(base):  # the XDG specification has relative ones ignored
        base = os.path.join(environment.get("HOME", "/"), ".local", "state")
    return Path(base, "modelyard")


class Journal:
    """The open, locked file of one daemon."""

    def __init__(self, path: Path, descriptor: int, daemon: str, log: DaemonLog) -> None:
        self._path = path
        self._descriptor = descriptor
        self._daemon = daemon
        self._log = log
        self._running: dict[str, ChildRecord] = {}
        self._lines = 0
        self._rewrite()

    def __repr__(self) -> str:
        return f"<Journal {self._path.name} {len(self._running)} running>"

    def child_started(self, record: ChildRecord) -> None:
        """Write down that a child runs. Never raises: a full disk is a warning."""
        # Without the commands: what is found at a later start is killed, and configurations may hold secrets.
        bare = ChildRecord(record.cookie, record.leader)
        self._running[record.cookie] = bare
        self._append(bare.line())

    def child_ended(self, cookie: str) -> None:
        """Write down that nothing is left of a child."""
        if self._running.pop(cookie, None) is not None:
            self._append(ended_line(cookie))

    def close(self) -> None:
        """Remove the file and give up the lock."""
        if self._descriptor >= 0:
            self._path.unlink(missing_ok=True)
            os.close(self._descriptor)
            self._descriptor = -1

    def _append(self, line: bytes) -> None:
        self._lines += 1
        if self._lines > REWRITE_AFTER:
            self._rewrite()
        else:
            self._write(line)

    def _rewrite(self) -> None:
        head = json.dumps({"daemon": self._daemon, "boot": _boot_id()}).encode() + b"\n"
        content = head + b"".join(record.line() for record in self._running.values())
        os.lseek(self._descriptor, 0, os.SEEK_SET)
        # Written before the rest is cut off: whoever reads after a crash in between sees too much, never
        # too little.
        self._write(content)
        os.ftruncate(self._descriptor, len(content))
        self._lines = len(self._running)

    def _write(self, data: bytes) -> None:
        try:
            os.write(self._descriptor, data)
        except OSError as error:
            self._log.warn(f"can't write {self._path}: {error.strerror}")


def open_journal(directory: Path, daemon: str, log: DaemonLog) -> Journal | None:
    """End what dead daemons left running, then open this daemon's own journal.

    Blocks for as long as that takes, a few milliseconds where nothing was left. None, after a warning,
    where the directory can't be used: Modelyard works without, a leftover then needs a person.
    """
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        clean_up(directory, log)
        return _create(directory, daemon, log)
    except OSError as error:
        log.warn(f"no journal of running models in {directory}: {error.strerror or error}")
        return None


def _create(directory: Path, daemon: str, log: DaemonLog) -> Journal:
    path = directory / (daemon + _SUFFIX)
    # Locked before it gets the name that others look for, lest they take it for a dead daemon's.
    draft = directory / (daemon + ".new")
    descriptor = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        journal = Journal(path, descriptor, daemon, log)
        draft.rename(path)
    except OSError:
        os.close(descriptor)
        raise
    return journal


def clean_up(directory: Path, log: DaemonLog) -> None:
    """End what is recorded in journals whose daemon is dead, and remove those journals."""
    for path in sorted(directory.glob("*" + _SUFFIX)):
        try:
            descriptor = os.open(path, os.O_RDWR)
        except OSError:
            continue  # another start was quicker, or it is another user's
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _end_leftovers(path.read_bytes(), log)
            path.unlink(missing_ok=True)
        except BlockingIOError:
            pass  # its daemon lives
        finally:
            os.close(descriptor)


def _end_leftovers(content: bytes, log: DaemonLog) -> None:
    daemon, leaders = _parse(content)
    if not daemon:
        return

    def find() -> list[ProcessStat]:
        return find_tree([daemon_needle(daemon)], _still_alive(leaders))

    if killed := kill_all(find):
        log.warn(f"killed {killed} processes that an earlier run left behind")


def _still_alive(leaders: list[ProcessKey]) -> list[ProcessKey]:
    # Much time may have passed: without its leader, the number of a session proves nothing.
    return [key for key in leaders if (stat := system.read_stat(key.pid)) and stat.start_time == key.start_time]


def _parse(content: bytes) -> tuple[str, list[ProcessKey]]:
    """The daemon's id, empty if the machine was started anew since, and the leaders that had not ended."""
    daemon = ""
    leaders: dict[str, ProcessKey] = {}
    for line in content.splitlines():
        try:
            message = json.loads(line)
        except ValueError:
            continue  # cut off by a crash
        match message:
            case {"daemon": str(name), "boot": str(boot)} if boot == _boot_id():
                daemon = name
            case {"started": {"cookie": str(cookie), "pid": int(pid), "start_time": int(start_time)}}:
                leaders[cookie] = ProcessKey(pid, start_time)
            case {"ended": str(cookie)}:
                leaders.pop(cookie, None)
    return daemon, list(leaders.values())


def _boot_id() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""
