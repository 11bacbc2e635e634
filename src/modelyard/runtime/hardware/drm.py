"""Accelerators of all vendors, as the kernel's graphics drivers show them."""

from __future__ import annotations

from modelyard.runtime.gauges.machine import Machine
from modelyard.runtime.hardware.devices import Device
from modelyard.runtime.hardware.words import fact, pci_address

_VENDORS = {0x10DE: "NVIDIA", 0x1002: "AMD", 0x1022: "AMD", 0x8086: "Intel", 0x106B: "Apple"}


def drm_devices(machine: Machine) -> list[Device]:
    """The cards of known vendors that we may compute on."""
    cards = [card for card in machine.matches("/sys/class/drm/card[0-9]*") if card.rpartition("card")[2].isdigit()]
    return [_device(machine, card) for card in cards if _is_usable(machine, f"{card}/device")]


def _is_usable(machine: Machine, device: str) -> bool:
    nodes = machine.matches(f"{device}/drm/renderD*")
    reachable = any(machine.path(f"/dev/dri/{node.rpartition('/')[2]}").exists() for node in nodes)
    return reachable and machine.number(f"{device}/vendor") in _VENDORS


def _device(machine: Machine, card: str) -> Device:
    device = f"{card}/device"
    memory = machine.number(f"{device}/mem_info_vram_total")
    driver = fact(machine.link(f"{device}/driver"))
    caps = (machine.number(path) for path in machine.matches(f"{device}/hwmon/hwmon*/power1_cap"))
    cap = next(filter(None, caps), None)
    return Device(
        identity=pci_address(machine.link(device)) or card,
        vendor=_VENDORS[machine.number(f"{device}/vendor") or 0],
        model=fact(machine.text(f"{device}/product_name")),
        memory_kind="dedicated" if memory else "shared_system",
        memory=memory or None,
        driver=driver,
        driver_version=fact(machine.text(f"/sys/module/{driver}/version")) if driver else None,
        power_limit=cap / 1_000_000 if cap else None,
    )
