"""Whose a process is, and what it holds."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from modelyard.runtime.gauges.machine import Machine
from modelyard.runtime.gauges.memory import measure, members
from modelyard.runtime.platform import linux
from modelyard.runtime.platform.base import ProcessKey, ProcessStat, child_environment
from modelyard.runtime.platform.linux import read_stat
from modelyard.runtime.tree import TreeRoot
from tests.runtime.gauges.machines import PaperMachine
from tests.support.processes import wait_until


def stat(pid: int, parent: int, session: int, *, start: int = 100, alive: bool = True) -> ProcessStat:
    """One process."""
    return ProcessStat(pid, parent, session, session, start, alive)


STATUS = "Name:\tengine\nVmRSS:\t    3000 kB\nRssAnon:\t    1000 kB\nRssFile:\t    1500 kB\nRssShmem:\t     500 kB\n"
ROOTS = [TreeRoot("a", ProcessKey(10, 100), "d:a#1"), TreeRoot("b", ProcessKey(20, 150), "d:b#1")]


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PaperMachine:
    """Two models: one with a worker and a helper in a session of its own, one with a server that wiped its session."""
    everyone = [
        stat(1, 0, 1, start=1),
        stat(10, 1, 10),  # a's leader
        stat(11, 10, 10),  # its worker
        stat(12, 11, 12),  # the worker's helper, in another session
        stat(13, 12, 10, alive=False),  # holds nothing but its number
        stat(20, 1, 20, start=150),  # b's leader
        stat(21, 1, 21, start=160),  # was started by b and has left everything but its environment
        stat(30, 1, 30, start=200),  # nobody's
        stat(31, 1, 20, start=90),  # older than b: the number of its session came round again
    ]
    monkeypatch.setattr(linux, "all_processes", lambda: iter(everyone))
    files = {f"/proc/{process.pid}/status": STATUS for process in everyone}
    files["/proc/21/environ"] = "PATH=/bin\0MODELYARD_CHILD=d:b#1\0HOME=/\0"
    files["/proc/30/environ"] = "MODELYARD_CHILD=other:b#1\0X=MODELYARD_CHILD=d:b#1\0"
    return PaperMachine(tmp_path, files)


def test_processes_belong_by_session_environment_and_descent(machine: PaperMachine) -> None:
    assert members(machine, ROOTS) == {"a": [10, 11, 12], "b": [20, 21]}
    assert members(machine, []) == {}


def test_what_they_hold_is_added_up(machine: PaperMachine) -> None:
    gpus = {11: {"0": 7, "1": 1}, 12: {"0": 3}, 30: {"0": 99}}
    held = measure(machine, ROOTS, gpus, walk=False)
    assert (held["a"].processes, held["a"].resident, held["a"].anonymous) == (3, 9000 * 1024, 4500 * 1024)
    assert held["a"].proportional is None
    assert held["a"].gpu == {"0": 10, "1": 1}
    assert (held["b"].processes, held["b"].gpu) == (2, {})


def test_shared_pages_count_in_parts_where_that_is_asked_for(machine: PaperMachine) -> None:
    machine.write("/proc/10/smaps_rollup", "55c0-7fff ---p 00000000 00:00 0 [rollup]\nRss: 3000 kB\nPss:  700 kB\n")
    machine.write("/proc/12/smaps_rollup", "55c0-7fff ---p 00000000 00:00 0 [rollup]\nRss: 3000 kB\nPss:  300 kB\n")
    assert measure(machine, ROOTS, {}, walk=True)["a"].proportional == 1000 * 1024


@contextmanager
def holder(megabytes: int) -> Iterator[ProcessKey]:
    """A real process with a child in a session of its own, each with so many megabytes in its hands."""
    hold = f"held = bytearray(b'x' * ({megabytes} << 20)); print('held', flush=True); input()"
    nest = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {hold!r}], start_new_session=True)"
    process = subprocess.Popen(
        [sys.executable, "-c", nest],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=child_environment([], "d:real#1"),
        start_new_session=True,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        found = read_stat(process.pid)
        assert found is not None
        yield found.key
    finally:
        process.communicate(b"\n")


@pytest.mark.real
def test_a_real_tree() -> None:
    with holder(50) as leader:
        wait_until(lambda: os.path.exists(f"/proc/{leader.pid}/smaps_rollup"))
        held = measure(Machine(), [TreeRoot("real", leader, "d:real#1")], {}, walk=True)["real"]
    assert held.processes == 2
    assert held.anonymous > 50 << 20
    assert held.resident >= held.anonymous
    assert held.proportional is not None
    assert held.resident >= held.proportional > 50 << 20
