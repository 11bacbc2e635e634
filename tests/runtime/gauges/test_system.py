"""The machine's figures, from /proc."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from modelyard.runtime.gauges.machine import Machine
from modelyard.runtime.gauges.samples import DiskCounters, NetworkCounters
from modelyard.runtime.gauges.system import (
    SystemGauge,
    UnreadableError,
    parse_core_times,
    parse_disks,
    parse_loads,
    parse_meminfo,
    parse_networks,
)
from tests.runtime.gauges.machines import PaperMachine

AT = datetime(2031, 2, 5, 9, 8, 7, tzinfo=UTC)
STAT = """cpu  300 0 100 1600 0 0 0 0 0 0
cpu0 200 0 50 750 0 0 0 0 0 0
cpu1 100 0 50 800 50 0 0 0 0 0
intr 12345 0 0
ctxt 999
"""
LATER = """cpu  400 0 100 1800 0 0 0 0 0 0
cpu0 275 0 50 775 0 0 0 0 0 0
cpu1 100 0 50 850 100 0 0 0 0 0
"""
MEMINFO = """MemTotal:       16384000 kB
MemFree:         1024000 kB
MemAvailable:    4096000 kB
SwapTotal:       2048000 kB
SwapFree:        1536000 kB
HugePages_Total:       7
"""
NET = """Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier
    lo: 999 9 0 0 0 0 0 0 999 9 0 0 0 0 0 0
  eth0:445173594 10 0 0 0 0 0 0 1234 5 0 0 0 0 0 0
"""
DISKS = """   7       0 loop0 5 0 40 0 0 0 0 0 0 0 0
 259       0 nvme0n1 100 0 2048 7 50 0 4096 3 0 9 10
 259       1 nvme0n1p1 90 0 2000 7 50 0 4096 3 0 9 10
   8       0 sda 1 0 2 0 3 0 4 0 0 0 0
   8       1 sda1 1 0 2 0 3 0 4 0 0 0 0
   8      16 sdb 1 0 6 0 3 0 8 0 0 0 0
 253       0 dm-0 1 0 2 0 3 0 4 0 0 0 0
"""


def test_a_sample_has_the_share_of_time_since_the_one_before(tmp_path: Path) -> None:
    machine = PaperMachine(
        tmp_path,
        {
            "/proc/stat": STAT,
            "/proc/meminfo": MEMINFO,
            "/proc/loadavg": "0.46 0.30 0.25 1/200 4242\n",
            "/proc/net/dev": NET,
            "/proc/diskstats": DISKS,
        },
    )
    gauge = SystemGauge(machine)
    machine.write("/proc/stat", LATER)
    sample = gauge.sample(AT)
    assert sample.cpu_util_per_core == (75.0, 0.0)
    assert (sample.mem_total_mb, sample.mem_used_mb, sample.mem_free_mb) == (16000, 12000, 1000)
    assert (sample.swap_total_mb, sample.swap_used_mb) == (2000, 500)
    assert (sample.load_avg_1, sample.load_avg_5, sample.load_avg_15) == (0.46, 0.3, 0.25)
    assert sample.net_io == (NetworkCounters("eth0", 445173594, 1234),)
    assert [disk.name for disk in sample.disk_io] == ["nvme0n1", "sda", "sdb"]
    assert sample.disk_io[0] == DiskCounters("nvme0n1", 2048 * 512, 4096 * 512)
    assert sample.timestamp == AT
    assert gauge.sample(AT).cpu_util_per_core == (0.0, 0.0)


def test_swap_load_networks_and_disks_may_be_missing(tmp_path: Path) -> None:
    machine = PaperMachine(tmp_path, {"/proc/stat": STAT, "/proc/meminfo": "MemTotal: 2048 kB\n"})
    sample = SystemGauge(machine).sample(AT)
    assert (sample.mem_total_mb, sample.swap_total_mb, sample.load_avg_1) == (2, 0, 0.0)
    assert (sample.net_io, sample.disk_io) == ((), ())


@pytest.mark.parametrize(("missing", "words"), [("/proc/stat", "processor"), ("/proc/meminfo", "memory")])
def test_without_processors_or_memory_there_is_no_sample(tmp_path: Path, missing: str, words: str) -> None:
    machine = PaperMachine(tmp_path, {"/proc/stat": STAT, "/proc/meminfo": MEMINFO})
    machine.path(missing).unlink()
    with pytest.raises(UnreadableError, match=words):
        SystemGauge(machine).sample(AT)


def test_garbage_is_nothing() -> None:
    garbage = "cpu\ncpux 1 2 3 4 5\n:::\nMemTotal: many kB\n\x00"
    assert parse_core_times(garbage) == {}
    assert parse_meminfo("MemTotal: many kB\nx") == {}
    assert parse_loads("no load") == (0.0, 0.0, 0.0)
    assert parse_networks(garbage) == ()
    assert parse_disks(garbage) == ()


def test_the_machine_that_we_are_on() -> None:
    gauge = SystemGauge(Machine())
    sample = gauge.sample(AT)
    assert sample.cpu_util_per_core
    assert all(0 <= share <= 100 for share in sample.cpu_util_per_core)
    assert sample.mem_total_mb >= sample.mem_used_mb > 0
