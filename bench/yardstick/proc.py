"""What the kernel knows about processes: `/proc`, read from outside."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

_PROC = Path("/proc")
_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pids: Iterable[int]) -> float:
    """User and system time that the processes have used, all their threads together.

    The kernel counts precisely but shows hundredths of a second, so measure over a second or more.
    """
    return sum(_ticks(pid) for pid in pids) / _TICKS_PER_SECOND


def _ticks(pid: int) -> int:
    # The name, in parentheses, may hold anything. After it, utime and stime are fields 14 and 15 of proc(5).
    fields = (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def peak_memory_bytes(pids: Iterable[int]) -> int:
    """The sum of the most memory that each process ever had resident (VmHWM)."""
    return sum(int(_status_field(pid, "VmHWM").split()[0]) * 1024 for pid in pids)


def descendants(pid: int) -> Iterator[int]:
    """The children of a process, their children, and so on."""
    for child in _children(pid):
        yield child
        yield from descendants(child)


def _children(pid: int) -> list[int]:
    return [other for other in _all_pids() if _parent(other) == pid]


def _all_pids() -> list[int]:
    return [int(entry.name) for entry in _PROC.iterdir() if entry.name.isdigit()]


def _parent(pid: int) -> int | None:
    try:
        return int(_status_field(pid, "PPid"))
    except OSError:
        return None  # it has ended meanwhile


def _status_field(pid: int, name: str) -> str:
    for line in (_PROC / str(pid) / "status").read_text().splitlines():
        key, _, value = line.partition(":")
        if key == name:
            return value.strip()
    raise OSError(f"process {pid} has no {name}: it has ended")


def executable(pid: int) -> str:
    """The path of the program that a process runs, or nothing if it has ended."""
    try:
        return str((_PROC / str(pid) / "exe").readlink())
    except OSError:
        return ""


def cpu_model() -> str:
    """The processor's name, as the kernel gives it."""
    for line in (_PROC / "cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return "unknown"
