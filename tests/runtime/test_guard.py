from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from modelyard.runtime import guard as guard_module
from modelyard.runtime import guard_main
from modelyard.runtime.journal import ChildRecord, ended_line
from modelyard.runtime.platform.base import ProcessKey, child_needle, daemon_needle
from modelyard.runtime.platform.family import find_tree, kill_all
from modelyard.runtime.platform.linux import read_stat
from tests.support.processes import engine, eventually, is_alive, read_pids, wait_until
from tests.support.yard import Yard, in_yard

pytestmark = pytest.mark.real


@dataclass
class Driver:
    """A small daemon in a process of its own."""

    process: subprocess.Popen[bytes]
    daemon: str
    sidecar: int

    def kill(self) -> None:
        """End it as the kernel's out-of-memory killer does."""
        self.process.kill()
        self.process.wait()

    def leftovers(self) -> list[int]:
        """The pids of what it started."""
        return [stat.pid for stat in find_tree([daemon_needle(self.daemon)])]


@contextmanager
def driver(state: Path, *arguments: str) -> Iterator[Driver]:
    """Run a small daemon with these children; whatever the test does to it, nothing is left in the end."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.support.driver", str(state), *arguments], stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    with process:
        daemon, sidecar = process.stdout.readline().decode().split()
        try:
            yield Driver(process, daemon, int(sidecar))
        finally:
            process.kill()
            kill_all(lambda: find_tree([daemon_needle(daemon)]))


def test_nothing_outlives_a_killed_daemon(tmp_path: Path) -> None:
    """R24: kill -9 with a plain engine, one behind a shell, one that called setsid: all gone in a second."""
    pids = [tmp_path / name for name in ("plain", "wrapped", "escaped")]
    for directory in pids:
        directory.mkdir()
    plain = engine("--pids", pids[0], "--ignore-term")
    wrapped = f"sh -c {shlex.quote(engine('--pids', pids[1], '--with-child') + '; true')}"
    escaped = engine("--pids", pids[2], "--with-session", "--with-orphan", "--stubborn-children")
    with driver(tmp_path / "state", plain, wrapped, escaped) as daemon:
        wait_until(lambda: [len(read_pids(directory)) for directory in pids] == [1, 2, 3])
        everyone = [pid for directory in pids for pid in read_pids(directory).values()]
        daemon.kill()
        assert wait_until(lambda: not any(map(is_alive, everyone))) < 1.0
        wait_until(lambda: not is_alive(daemon.sidecar))


def test_the_sidecar_runs_cmd_stop_for_a_killed_daemon(tmp_path: Path) -> None:
    """R24: an engine that wants a cmdStop gets it, with its pid and environment, and time to obey."""
    note = tmp_path / "note"
    script = f'sleep 0.2; echo "$NOTE $1" > {shlex.quote(str(note))}; kill -9 "$1"'
    stop = f"--stop=sh -c {shlex.quote(script)} sh ${{PID}}"
    with driver(tmp_path / "state", engine("--ignore-term", "--pids", tmp_path), stop, "sleep 600") as daemon:
        wait_until(lambda: "leader" in read_pids(tmp_path))
        leader = read_pids(tmp_path)["leader"]
        daemon.kill()
        wait_until(lambda: not is_alive(daemon.sidecar))
        assert note.read_text() == f"hello {leader}\n"
        assert daemon.leftovers() == []


def test_the_sidecar_does_not_wait_for_ever_for_cmd_stop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard_main, "STOP_SECONDS", 0.3)
    engine_process = subprocess.Popen(["sleep", "600"], env={"MODELYARD_CHILD": "d1:m#1"}, start_new_session=True)
    with engine_process:
        stat = read_stat(engine_process.pid)
        assert stat is not None
        record = ChildRecord("d1:m#1", stat.key, ("sh", "-c", "sleep 601"), ())
        records = guard_main.follow([record.line()])
        guard_main.end_all("d1", records.values())
        assert not is_alive(engine_process.pid)
    assert [pid for pid in os.listdir("/proc") if pid.isdecimal() and _command(pid) == b"sleep\x00601\x00"] == []


def test_a_sidecar_whose_daemon_ended_in_order_just_goes(tmp_path: Path) -> None:
    async def story(yard: Yard) -> None:
        yard.guard.start()
        sidecar = yard.guard.pid
        assert sidecar is not None
        child = yard.child("sleep 600", check="none")
        child.stop(15.0)
        await yard.exit(child)
        await yard.guard.aclose()
        assert not is_alive(sidecar)
        assert "WARN" not in yard.daemon_lines()

    in_yard(story)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_the_sidecar_ignores_what_is_meant_for_the_daemon(number: signal.Signals) -> None:
    """R24: Ctrl-C in the terminal and the service manager's TERM do not take the sidecar away before the daemon."""

    async def story(yard: Yard) -> None:
        yard.guard.start()
        sidecar = yard.guard.pid
        assert sidecar is not None
        await eventually(lambda: _ignores(sidecar, number))

    in_yard(story)


def test_a_sidecar_that_dies_is_replaced_and_told_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard_module, "QUICK_DEATH", 0.01)

    async def story(yard: Yard) -> None:
        yard.guard.start()
        first = yard.guard.pid
        assert first is not None
        child = yard.child("sleep 600", check="none")
        await yard.ready(child)
        os.kill(first, signal.SIGKILL)
        await eventually(lambda: yard.guard.pid not in (None, first))
        assert "[WARN] the sidecar ended" in yard.daemon_lines()
        # The end of the pipe is all that the new one waits for: it must know the child to kill it.
        pid = child.pid
        assert pid is not None
        yard.guard._close_pipe()
        await eventually(lambda: not is_alive(pid))
        assert "SIGKILL" in await yard.exit(child)

    in_yard(story)


def test_a_sidecar_that_is_frozen_is_replaced() -> None:
    """The daemon's loop never waits for the sidecar: a full pipe means that it is stuck."""

    async def story(yard: Yard) -> None:
        yard.guard.start()
        first = yard.guard.pid
        assert first is not None
        os.kill(first, signal.SIGSTOP)
        record = ChildRecord("none:m#1", ProcessKey(2**22 + 1, 1), ("true",), ("A=" + "x" * 300_000,))
        for _ in range(5):
            yard.guard.child_started(record)
        yard.guard.child_ended(record.cookie)
        await eventually(lambda: yard.guard.pid not in (None, first))

    in_yard(story)


def test_without_a_sidecar_there_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/no/such/python")

    async def story(yard: Yard) -> None:
        yard.guard.start()
        assert yard.guard.pid is None
        assert "[WARN] no sidecar" in yard.daemon_lines()

    in_yard(story)


def test_the_account_survives_a_line_that_was_cut_off() -> None:
    lines = [
        ChildRecord("d:a#1", ProcessKey(1, 2)).line(),
        ChildRecord("d:b#1", ProcessKey(3, 4), ("stop", "it"), ("A=1",)).line(),
        ended_line("d:a#1"),
        ended_line("d:unknown#1"),
        b'{"started": {"cook',
    ]
    [record] = guard_main.follow(lines).values()
    assert record == guard_main.Record("d:b#1", ProcessKey(3, 4), ["stop", "it"], ["A=1"])


def test_the_sidecar_is_small() -> None:
    async def story(yard: Yard) -> None:
        yard.guard.start()
        sidecar = yard.guard.pid
        assert sidecar is not None
        await eventually(lambda: _ignores(sidecar, signal.SIGHUP))
        status = Path(f"/proc/{sidecar}/status").read_text(encoding="utf-8")
        [resident] = [int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")]
        assert resident < 16 * 1024  # kB; some 10 MB as a rule

    in_yard(story)


def test_a_session_whose_number_was_given_away_is_left_alone() -> None:
    """A recorded leader that is gone, its number now another process's: nobody of that session is ours."""
    with subprocess.Popen(["sleep", "600"], start_new_session=True) as other:
        try:
            stat = read_stat(other.pid)
            assert stat is not None
            assert [found.pid for found in find_tree([], [stat.key])] == [other.pid]
            assert find_tree([], [ProcessKey(other.pid, stat.start_time - 1)]) == []
            assert find_tree([child_needle("nobody:m#1")]) == []
        finally:
            other.kill()


def _ignores(pid: int, number: signal.Signals) -> bool:
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    [mask] = [line.split()[1] for line in status.splitlines() if line.startswith("SigIgn")]
    return bool(int(mask, 16) >> (number - 1) & 1)


def _command(pid: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""
