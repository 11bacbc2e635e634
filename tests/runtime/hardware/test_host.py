"""The machine without its accelerators."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from modelyard.runtime.hardware.environment import environment
from modelyard.runtime.hardware.host import (
    architecture,
    memory_capacity,
    operating_system,
    present_pages,
    processor,
)
from modelyard.runtime.hardware.report import Architecture, Environment
from modelyard.runtime.hardware.words import fact, pci_address, positive
from tests.runtime.gauges.machines import PaperMachine

CPUINFO = """processor\t: 0
vendor_id\t: GenuineIntel
model name\t: Intel(R) Xeon(R) Gold 6430
physical id\t: 0
core id\t\t: 0
flags\t\t: fpu vme sse2

processor\t: 1
vendor_id\t: GenuineIntel
model name\t: Intel(R) Xeon(R) Gold 6430
physical id\t: 0
core id\t\t: 0
flags\t\t: fpu vme sse2

processor\t: 2
vendor_id\t: GenuineIntel
model name\t: Intel(R) Xeon(R) Gold 6430
physical id\t: 1
core id\t\t: 0
flags\t\t: fpu vme sse2
"""
ZONES = """Node 0, zone      DMA
  pages free     3000
        present  100
        managed  90
Node 0, zone   Normal
        present  900
Node 0, zone   Device
        present  5000
"""
PAGE = os.sysconf("SC_PAGE_SIZE")


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("x86_64", Architecture("x86_64", "amd64")),
        ("aarch64", Architecture("arm64", None)),
        ("armv7l", Architecture("armv7", "arm")),
        ("riscv64", Architecture("riscv64", None)),
        ("m68k", Architecture("other", "m68k")),
    ],
)
def test_architectures_have_common_names(raw: str, expected: Architecture) -> None:
    assert architecture(raw) == expected


def test_the_distribution_and_its_kernel(tmp_path: Path) -> None:
    machine = PaperMachine(
        tmp_path,
        {
            "/etc/os-release": 'NAME="Debian GNU/Linux"\nVERSION_ID="12"\n# a comment\nBROKEN="\nID=debian\n',
            "/proc/sys/kernel/osrelease": "6.1.0-18-amd64\n",
        },
    )
    system = operating_system(machine)
    assert (system.family, system.name, system.version, system.kernel) == (
        "linux",
        "Debian GNU/Linux",
        "12",
        "6.1.0-18-amd64",
    )
    nothing = operating_system(PaperMachine(tmp_path / "empty"))
    assert (nothing.name, nothing.version, nothing.kernel) == (None, None, None)


def test_processors(tmp_path: Path) -> None:
    found = processor(PaperMachine(tmp_path, {"/proc/cpuinfo": CPUINFO}))
    assert (found.vendor, found.model) == ("GenuineIntel", "Intel(R) Xeon(R) Gold 6430")
    assert (found.socket_count, found.physical_core_count, found.logical_thread_count) == (2, 2, 3)


def test_processors_that_do_not_say_where_they_are(tmp_path: Path) -> None:
    machine = PaperMachine(tmp_path, {"/proc/cpuinfo": "processor: 0\n\nprocessor: 1\n\nModel: Pi 5\n"})
    found = processor(machine)
    assert (found.vendor, found.physical_core_count, found.logical_thread_count) == (None, None, 2)
    for core in (0, 1):
        machine.write(f"/sys/devices/system/cpu/cpu{core}/topology/physical_package_id", "0")
        machine.write(f"/sys/devices/system/cpu/cpu{core}/topology/core_id", str(core))
    found = processor(machine)
    assert (found.socket_count, found.physical_core_count) == (1, 2)


def test_more_cores_than_threads_are_no_fact(tmp_path: Path) -> None:
    machine = PaperMachine(tmp_path, {"/proc/cpuinfo": "processor: 0\n"})
    for core in (0, 1):
        machine.write(f"/sys/devices/system/cpu/cpu{core}/topology/physical_package_id", "0")
        machine.write(f"/sys/devices/system/cpu/cpu{core}/topology/core_id", str(core))
    assert processor(machine).physical_core_count is None


def test_memory_is_all_that_is_present_up_to_the_limit_of_the_group(tmp_path: Path) -> None:
    machine = PaperMachine(tmp_path)
    assert memory_capacity(machine) is None
    machine.write("/proc/meminfo", "MemTotal: 2048 kB\n")
    assert memory_capacity(machine) == 2048 * 1024
    machine.write("/proc/zoneinfo", ZONES)
    assert present_pages(ZONES) == 1000
    assert memory_capacity(machine) == 1000 * PAGE
    machine.write("/sys/fs/cgroup/memory.max", "max\n")
    assert memory_capacity(machine) == 1000 * PAGE
    machine.write("/sys/fs/cgroup/memory.max", "1048576\n")
    assert memory_capacity(machine) == 1 << 20


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (
            {"/proc/sys/kernel/osrelease": "5.15.90.1-microsoft-standard-WSL2", "/.dockerenv": ""},
            Environment("wsl", "WSL", "2"),
        ),
        ({"/.dockerenv": "", "/proc/cpuinfo": "flags: hypervisor\n"}, Environment("container", "Docker")),
        ({"/run/.containerenv": ""}, Environment("container", "Podman")),
        ({"/run/systemd/container": "lxc\n"}, Environment("container", "LXC")),
        ({"/proc/1/environ": "A=b\0container=podman\0"}, Environment("container", "Podman")),
        ({"/proc/1/cgroup": "0::/kubepods/burstable/pod1\n"}, Environment("container", "Kubernetes")),
        (
            {"/proc/cpuinfo": "flags: fpu hypervisor sse\n", "/sys/class/dmi/id/sys_vendor": "VMware, Inc."},
            Environment("virtual_machine", "VMware"),
        ),
        ({"/proc/cpuinfo": "flags: fpu hypervisor sse\n"}, Environment("virtual_machine", None)),
        ({"/sys/hypervisor/type": "xen\n"}, Environment("virtual_machine", "Xen")),
        ({"/proc/cpuinfo": "flags: fpu sse\n"}, Environment("unknown")),
    ],
)
def test_environments(tmp_path: Path, files: dict[str, str], expected: Environment) -> None:
    assert environment(PaperMachine(tmp_path, files)) == expected


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("none\n", Environment("native")),
        ("kvm\n", Environment("virtual_machine", "KVM")),
        ("systemd-nspawn\n", Environment("container", "systemd-nspawn")),
        ("", Environment("unknown")),
    ],
)
def test_systemd_knows_the_rest(tmp_path: Path, said: str, expected: Environment) -> None:
    assert environment(PaperMachine(tmp_path, systemd_detect_virt=said)) == expected


def test_placeholders_are_no_facts() -> None:
    assert [fact(text) for text in (" N/A ", "unknown", "", None, "[Not Supported]", " AMD ")] == [None] * 5 + ["AMD"]
    assert [positive(text) for text in ("450.00", "0", "-1", "inf", "nan", "[N/A]", None)] == [450.0] + [None] * 6


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("00000000:01:00.0", "0000:01:00.0"),
        ("0000:C1:00.0", "0000:c1:00.0"),
        ("03:00.0", "0000:03:00.0"),
        ("10000:01:00.0", "10000:01:00.0"),
        ("card0", None),
        ("zz:yy:00.0", None),
        ("", None),
    ],
)
def test_pci_addresses_have_one_form(written: str, address: str | None) -> None:
    assert pci_address(written) == address
