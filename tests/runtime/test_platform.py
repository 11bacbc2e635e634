"""What differs between systems. The real Linux is under test in test_child, test_guard and test_journal."""

from __future__ import annotations

import os
import signal
import struct
import sys
from collections.abc import Iterable

import pytest

from modelyard.app.cli import serve
from modelyard.app.daemon import Options
from modelyard.app.listen import Address
from modelyard.config.schema import Config
from modelyard.runtime.platform import linux, macos
from modelyard.runtime.platform.base import ProcessKey, ProcessStat, System
from modelyard.runtime.platform.family import find_tree
from modelyard.runtime.platform.here import system
from modelyard.runtime.platform.supported import why_not_on


def test_here_is_linux() -> None:
    assert system is linux
    me = system.read_stat(os.getpid())
    assert me is not None
    assert (me.parent, me.alive) == (os.getppid(), True)
    assert me in list(system.all_processes())
    assert b"PATH=" in system.environment_of(os.getpid())
    assert system.environment_of(2**22 + 1) == b""
    assert not system.send_signal(ProcessKey(me.pid, me.start_time - 1), signal.SIGTERM)


class Village:
    """A system that somebody made up."""

    def __init__(self, *people: ProcessStat, environments: dict[int, bytes] | None = None) -> None:
        self.people = people
        self.environments = environments or {}

    def all_processes(self) -> Iterable[ProcessStat]:
        return self.people

    def read_stat(self, pid: int) -> ProcessStat | None:
        return next((one for one in self.people if one.pid == pid), None)

    def environment_of(self, pid: int) -> bytes:
        return self.environments.get(pid, b"")

    def send_signal(self, key: ProcessKey, number: signal.Signals) -> bool:
        raise AssertionError("nobody is to be hurt")

    def signal_group(self, leader: int, number: signal.Signals) -> bool:
        raise AssertionError("nobody is to be hurt")

    def keep_descendants(self) -> bool:
        return False


def stat(pid: int, parent: int = 1, *, session: int = 0, start: int = 10, alive: bool = True) -> ProcessStat:
    return ProcessStat(pid, parent, session or pid, session or pid, start, alive)


LEADER = ProcessKey(100, 10)


@pytest.mark.parametrize(
    ("village", "found"),
    [
        (Village(stat(100), stat(101, 100), stat(102, 101), stat(103)), [100, 101, 102]),
        (Village(stat(100), stat(101, session=100)), [100, 101]),
        (Village(stat(101, session=100)), [101]),
        (Village(stat(100, start=11), stat(101, session=100)), []),
        (Village(stat(7), stat(8, 7), environments={7: b"A=1\0COOKIE=us\0"}), [7, 8]),
        (Village(stat(7), environments={7: b"NOTCOOKIE=us\0"}), []),
        (Village(stat(7), environments={7: b"COOKIE=us and others\0"}), []),
        (Village(stat(7, start=9), environments={7: b"COOKIE=us\0"}), []),
        (Village(stat(100, alive=False), stat(101, 100)), [101]),
    ],
    ids=["descent", "session", "leader-gone", "number-reused", "cookie", "other-name", "longer", "older", "zombie"],
)
def test_who_belongs_together(village: System, found: list[int]) -> None:
    """R24, R25: on whatever system."""
    assert [one.pid for one in find_tree([b"COOKIE=us\0"], [LEADER], since=10, among=village)] == found


def test_what_macos_says_of_a_process() -> None:
    values = [0, 2, 0, 77, 5, *[0] * 7, b"comm", b"name", 3, 70, 0, 0, 0, -1, 1000, 250]
    data = struct.pack("=12I16s32s5IiQQ", *values)
    assert len(data) == 136
    assert macos.parse_info(77, data, 70) == ProcessStat(77, 5, 70, 70, 1_000_000_250, alive=True)
    assert macos.parse_info(77, struct.pack("=12I16s32s5IiQQ", 0, 5, *values[2:]), 70) == ProcessStat(
        77, 5, 70, 70, 1_000_000_250, alive=False
    )
    assert macos.parse_info(77, data[:-1], 70) is None


@pytest.mark.parametrize(
    ("data", "environment"),
    [
        (b"\2\0\0\0/bin/sh\0\0\0\0sh\0-c\0A=1\0B=2\0\0\0\0", b"A=1\0B=2\0"),
        (b"\0\0\0\0/bin/sh\0A=1\0\0", b"A=1\0"),
        (b"\2\0\0\0/bin/sh\0\0sh\0-c\0\0\0", b""),
        (b"\2\0\0", b""),
        (b"", b""),
    ],
)
def test_the_environment_among_what_macos_says(data: bytes, environment: bytes) -> None:
    assert macos.parse_arguments(data) == environment


@pytest.mark.parametrize(
    ("platform", "words"),
    [("linux", ""), ("darwin", "on macOS use"), ("win32", "use WSL 2"), ("freebsd14", "does not know freebsd14")],
)
def test_where_it_serves(platform: str, words: str) -> None:
    assert words in why_not_on(platform)
    assert bool(why_not_on(platform)) == (platform != "linux")


def test_a_start_elsewhere_says_why_not(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert serve.serve(Config(), Options(address=Address("127.0.0.1", 0))) == 1
    assert "ERROR Modelyard serves on Linux; on macOS use a Linux virtual machine\n" in capsys.readouterr().err
