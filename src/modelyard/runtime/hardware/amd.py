"""Accelerators of AMD's, by rocm-smi and by the topology that the driver kfd shows."""

from __future__ import annotations

from collections.abc import Mapping

from modelyard.runtime.gauges.machine import Machine
from modelyard.runtime.gauges.rocm_smi import rows
from modelyard.runtime.hardware.devices import Device
from modelyard.runtime.hardware.words import fact, pci_address, positive

LIMIT = 4.0
"""Seconds for one call; there are up to two."""
_BRIEF = ("-i", "--showmeminfo", "vram", "--showproductname", "--showbus", "--csv")
_FULL = (
    "-i",
    "--showmeminfo",
    "vram",
    "--showproductname",
    "--showdriverversion",
    "--showmaxpower",
    "--showbus",
    "--csv",
)
_VENDORS = frozenset([0x1002, 0x1022])


def rocm_devices(machine: Machine) -> list[Device]:
    """What rocm-smi knows; versions that know less are asked for less."""
    if not machine.has_program("rocm-smi"):
        return []
    for question in (_FULL, _BRIEF):
        found = [_device(row) for row in rows(machine.run("rocm-smi", *question, limit=LIMIT) or "")]
        if found:
            return found
    return []


def _device(row: Mapping[str, str]) -> Device:
    known = {name.lower(): value for name, value in row.items()}
    memory = positive(known.get("vram total memory (b)"))
    power = next((value for name, value in known.items() if name.startswith("max graphics package power")), None)
    return Device(
        identity=next(filter(None, map(pci_address, _all(known, "pci bus", "pci bus id", "bus"))), None)
        or _any(known, "guid", "unique id")
        or known["device"],
        vendor="AMD",
        model=_any(known, "card series", "device name", "card model"),
        architecture=_any(known, "gfx version"),
        memory_kind="dedicated" if memory else "unknown",
        memory=int(memory) if memory else None,
        driver="amdgpu",
        driver_version=_any(known, "driver version"),
        power_limit=positive(power),
    )


def _all(known: Mapping[str, str], *names: str) -> list[str]:
    return [known[name] for name in names if name in known]


def _any(known: Mapping[str, str], *names: str) -> str | None:
    return next(filter(None, map(fact, _all(known, *names))), None)


def kfd_devices(machine: Machine) -> list[Device]:
    """The nodes of the topology that compute and that we may use."""
    found = []
    for path in machine.matches("/sys/class/kfd/kfd/topology/nodes/*/properties"):
        facts = dict(words for line in machine.text(path).splitlines() if len(words := line.split()) == 2)
        device = _node(machine, facts)
        if device is not None:
            found.append(device)
    return found


def _node(machine: Machine, facts: Mapping[str, str]) -> Device | None:
    """The card behind the node, by way of its render node."""
    minor = facts.get("drm_render_minor", "0")
    folder = f"/sys/class/drm/renderD{minor}/device"
    if minor == "0" or not machine.path(f"/dev/dri/renderD{minor}").exists():
        return None
    if machine.number(f"{folder}/vendor") not in _VENDORS:
        return None
    return Device(
        identity=pci_address(machine.link(folder)) or f"render {minor}",
        vendor="AMD",
        architecture=gfx_name(int(facts.get("gfx_target_version", "0"))),
        driver="amdgpu",
    )


def gfx_name(version: int) -> str | None:
    """110501 is gfx1151, 90010 is gfx90a: two digits each for major, minor and stepping, the last in hexadecimal."""
    major, minor, stepping = version // 10000, version // 100 % 100, version % 100
    if version < 10000 or minor > 9 or stepping > 15:
        return None
    return f"gfx{major}{minor}{stepping:x}"
