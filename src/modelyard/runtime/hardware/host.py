"""The machine without its accelerators, from the files of Linux (spec lifecycle 12)."""

from __future__ import annotations

import os
import shlex

from modelyard.runtime.gauges.machine import Machine
from modelyard.runtime.gauges.system import parse_meminfo
from modelyard.runtime.hardware.report import Architecture, OperatingSystem, Processor
from modelyard.runtime.hardware.words import fact

_ARCHITECTURES = {
    "x86_64": Architecture("x86_64", "amd64"),
    "aarch64": Architecture("arm64"),
    "arm64": Architecture("arm64"),
    "armv7l": Architecture("armv7", "arm"),
    "ppc64le": Architecture("ppc64le"),
    "riscv64": Architecture("riscv64"),
    "s390x": Architecture("s390x"),
}
_PAGE = os.sysconf("SC_PAGE_SIZE")


def architecture(raw: str) -> Architecture:
    """Under its common name; `raw` is the kernel's."""
    return _ARCHITECTURES.get(raw, Architecture("other", raw))


def operating_system(machine: Machine) -> OperatingSystem:
    """The distribution and its kernel."""
    release = _assignments(machine.text("/etc/os-release") or machine.text("/usr/lib/os-release"))
    return OperatingSystem(
        family="linux",
        name=fact(release.get("NAME")),
        version=fact(release.get("VERSION_ID")),
        kernel=fact(machine.text("/proc/sys/kernel/osrelease")),
    )


def _assignments(text: str) -> dict[str, str]:
    """Lines `NAME=value`, as a shell reads them."""
    found = {}
    for line in text.splitlines():
        name, equals, value = line.partition("=")
        if equals and not name.startswith("#"):
            try:
                found[name.strip()] = "".join(shlex.split(value)) if value[:1] in "\"'" else value.strip()
            except ValueError:
                continue
    return found


def processor(machine: Machine) -> Processor:
    """What /proc/cpuinfo says; the counts from /sys where it does not say them."""
    blocks = [_fields(block) for block in machine.text("/proc/cpuinfo").split("\n\n")]
    blocks = [block for block in blocks if "processor" in block]
    first = blocks[0] if blocks else {}
    places = {
        (block["physical id"], block["core id"]) for block in blocks if {"physical id", "core id"} <= block.keys()
    }
    places = places or _topology(machine)
    logical = len(blocks) or None
    physical = len(places) or None
    if physical is not None and logical is not None and physical > logical:
        physical = None
    return Processor(
        vendor=fact(first.get("vendor_id")),
        model=fact(first.get("model name")) or fact(first.get("Model")),
        socket_count=len({package for package, _ in places}) or None,
        physical_core_count=physical,
        logical_thread_count=logical,
    )


def _fields(block: str) -> dict[str, str]:
    pairs = (line.partition(":") for line in block.splitlines())
    return {name.strip(): value.strip() for name, _, value in pairs}


def _topology(machine: Machine) -> set[tuple[str, str]]:
    folders = machine.matches("/sys/devices/system/cpu/cpu[0-9]*/topology")
    places = {(machine.text(f"{at}/physical_package_id"), machine.text(f"{at}/core_id")) for at in folders}
    return {place for place in places if all(place)}


def memory_capacity(machine: Machine) -> int | None:
    """Bytes that programs may use. What the kernel keeps for itself is missing from its total, not from its zones."""
    total = parse_meminfo(machine.text("/proc/meminfo")).get("MemTotal", 0)
    capacity = max(total, present_pages(machine.text("/proc/zoneinfo")) * _PAGE)
    limits = (
        machine.number("/sys/fs/cgroup/memory.max"),
        machine.number("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
    )
    return min([capacity, *(limit for limit in limits if limit)]) or None


def present_pages(text: str) -> int:
    """The pages of all zones of /proc/zoneinfo but those that belong to devices."""
    pages, counts = 0, True
    for line in text.splitlines():
        words = line.split()
        if words[:1] == ["Node"]:
            counts = words[-1] != "Device"
        elif counts and words[:1] == ["present"] and words[-1].isdigit():
            pages += int(words[-1])
    return pages
