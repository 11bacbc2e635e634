"""The machine's processors, memory, load, networks and disks, from /proc (spec lifecycle 11.1)."""

from __future__ import annotations

from datetime import datetime

from modelyard.runtime.gauges.machine import Machine
from modelyard.runtime.gauges.samples import MEBIBYTE, DiskCounters, NetworkCounters, SystemSample

_SECTOR = 512
"""Bytes; /proc/diskstats counts in these, whatever the disk's own are."""
_NO_DISKS = ("loop", "ram", "zram", "dm-", "md", "sr", "fd")
"""Beginnings of names of what is no disk, or lies upon one that is counted already."""

Times = tuple[int, int]
"""Of one core: ticks that it was busy, and all ticks."""


class UnreadableError(Exception):
    """The machine does not say how its processors or its memory stand."""


class SystemGauge:
    """Takes samples of the machine. Shares of time are counted from the sample before, or from the making."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._before = parse_core_times(machine.text("/proc/stat"))

    def __repr__(self) -> str:
        return f"<SystemGauge of {self._machine!r}>"

    def sample(self, at: datetime) -> SystemSample:
        """The machine now. Raises UnreadableError."""
        machine = self._machine
        cores = parse_core_times(machine.text("/proc/stat"))
        memory = parse_meminfo(machine.text("/proc/meminfo"))
        if not cores:
            raise UnreadableError("/proc/stat names no processor")
        if "MemTotal" not in memory:
            raise UnreadableError("/proc/meminfo names no memory")
        used_shares = tuple(_share(core, cores[core], self._before) for core in sorted(cores))
        self._before = cores
        total, free = memory["MemTotal"], memory.get("MemFree", 0)
        swap = memory.get("SwapTotal", 0)
        one, five, fifteen = parse_loads(machine.text("/proc/loadavg"))
        return SystemSample(
            timestamp=at,
            cpu_util_per_core=used_shares,
            mem_total_mb=total // MEBIBYTE,
            mem_used_mb=max(0, total - memory.get("MemAvailable", free)) // MEBIBYTE,
            mem_free_mb=free // MEBIBYTE,
            swap_total_mb=swap // MEBIBYTE,
            swap_used_mb=max(0, swap - memory.get("SwapFree", 0)) // MEBIBYTE,
            load_avg_1=one,
            load_avg_5=five,
            load_avg_15=fifteen,
            net_io=parse_networks(machine.text("/proc/net/dev")),
            disk_io=parse_disks(machine.text("/proc/diskstats")),
        )


def _share(core: int, now: Times, before: dict[int, Times]) -> float:
    """Percent of its time that the core was busy. A core that has just come was not there before."""
    busy, total = now
    busy_before, total_before = before.get(core, (0, 0))
    passed = total - total_before
    if passed <= 0:
        return 0.0
    return round(min(100.0, max(0.0, 100 * (busy - busy_before) / passed)), 2)


def parse_core_times(text: str) -> dict[int, Times]:
    """The lines `cpuN` of /proc/stat. Waiting for a disk is no work; a guest's time is in its host's already."""
    times = {}
    for line in text.splitlines():
        words = line.split()
        if len(words) >= 5 and words[0].startswith("cpu") and words[0][3:].isdigit():
            ticks = [int(word) for word in words[1:9]]
            idle = sum(ticks[3:5])
            times[int(words[0][3:])] = (sum(ticks) - idle, sum(ticks))
    return times


def parse_meminfo(text: str) -> dict[str, int]:
    """/proc/meminfo in bytes."""
    known = {}
    for line in text.splitlines():
        name, _, rest = line.partition(":")
        words = rest.split()
        if words and words[0].isdigit():
            known[name] = int(words[0]) * (1024 if words[1:] == ["kB"] else 1)
    return known


def parse_loads(text: str) -> tuple[float, float, float]:
    """The first three numbers of /proc/loadavg."""
    try:
        one, five, fifteen = (float(word) for word in text.split()[:3])
    except ValueError:
        return 0.0, 0.0, 0.0
    return one, five, fifteen


def parse_networks(text: str) -> tuple[NetworkCounters, ...]:
    """/proc/net/dev without the loopback: after the name eight figures of what came, then eight of what went."""
    found = []
    for line in text.splitlines():
        name, colon, rest = line.partition(":")
        figures = rest.split()
        if colon and name.strip() != "lo" and len(figures) >= 9:
            found.append(NetworkCounters(name.strip(), int(figures[0]), int(figures[8])))
    return tuple(found)


def parse_disks(text: str) -> tuple[DiskCounters, ...]:
    """/proc/diskstats: whole disks, without their partitions and without what lies upon others."""
    found: list[DiskCounters] = []
    for line in text.splitlines():
        words = line.split()
        if len(words) < 10 or words[2].startswith(_NO_DISKS):
            continue
        name = words[2]
        if found and _is_partition(name, found[-1].name):
            continue
        found.append(DiskCounters(name, int(words[5]) * _SECTOR, int(words[9]) * _SECTOR))
    return tuple(found)


def _is_partition(name: str, disk: str) -> bool:
    """Whether it is a part of the disk that was listed before it: sda1 of sda, nvme0n1p2 of nvme0n1."""
    rest = name.removeprefix(disk)
    return rest != name and rest.removeprefix("p").isdigit()
