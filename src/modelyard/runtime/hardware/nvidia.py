"""Accelerators of NVIDIA's, by nvidia-smi."""

from __future__ import annotations

from collections.abc import Iterator

from modelyard.runtime.gauges.machine import Machine
from modelyard.runtime.gauges.samples import MEBIBYTE
from modelyard.runtime.hardware.devices import Device
from modelyard.runtime.hardware.words import fact, pci_address, positive

LIMIT = 4.0
"""Seconds for one call; there are up to three."""
_FORMAT = "--format=csv,noheader,nounits"
_FACTS = "--query-gpu=index,name,uuid,pci.bus_id,memory.total,driver_version,power.limit"
_GENERATIONS = {
    "2.0": "Fermi", "2.1": "Fermi",
    "3.0": "Kepler", "3.2": "Kepler", "3.5": "Kepler", "3.7": "Kepler",
    "5.0": "Maxwell", "5.2": "Maxwell", "5.3": "Maxwell",
    "6.0": "Pascal", "6.1": "Pascal", "6.2": "Pascal",
    "7.0": "Volta", "7.2": "Volta", "7.5": "Turing",
    "8.0": "Ampere", "8.6": "Ampere", "8.7": "Ampere", "8.9": "Ada Lovelace", "9.0": "Hopper",
    "10.0": "Blackwell", "10.3": "Blackwell", "11.0": "Blackwell", "12.0": "Blackwell", "12.1": "Blackwell",
}  # fmt: skip
"""By compute capability (spec config 22)."""


def nvidia_devices(machine: Machine) -> list[Device]:
    """What the program knows."""
    rows = list(_rows(machine, _FACTS, 7))
    if not rows:
        return []
    generations = {index: fact(name) for index, name in _rows(machine, "--query-gpu=index,architecture", 2)}
    if not all(generations.get(row[0]) for row in rows):
        capabilities = _rows(machine, "--query-gpu=index,compute_cap", 2)
        generations = {index: _GENERATIONS.get(cap) for index, cap in capabilities} | {
            index: name for index, name in generations.items() if name
        }
    return [_device(row, generations.get(row[0])) for row in rows]


def _rows(machine: Machine, question: str, width: int) -> Iterator[list[str]]:
    for line in (machine.run("nvidia-smi", question, _FORMAT, limit=LIMIT) or "").splitlines():
        words = [word.strip() for word in line.split(",")]
        if len(words) == width and words[0].isdigit():
            yield words


def _device(row: list[str], generation: str | None) -> Device:
    index, name, uuid, bus, memory, version, power = row
    mebibytes = positive(memory)
    return Device(
        identity=pci_address(bus) or fact(uuid) or f"nvidia {index}",
        vendor="NVIDIA",
        model=fact(name),
        architecture=generation,
        memory_kind="dedicated" if mebibytes else "unknown",
        memory=int(mebibytes) * MEBIBYTE if mebibytes else None,
        driver="nvidia",
        driver_version=fact(version),
        power_limit=positive(power),
    )
