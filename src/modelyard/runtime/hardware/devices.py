"""Accelerators as several sources know them, made into one list (spec config 22)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from msgspec import Struct

from modelyard.runtime.hardware.report import Accelerator, DeviceMemory, DeviceMemoryKind, Driver

T = TypeVar("T")


class Device(Struct, frozen=True, kw_only=True):
    """What one source says of one accelerator. `identity` is its PCI address, else what it is told apart by."""

    identity: str
    vendor: str | None = None
    model: str | None = None
    architecture: str | None = None
    memory_kind: DeviceMemoryKind = "unknown"
    memory: int | None = None
    driver: str | None = None
    driver_version: str | None = None
    power_limit: float | None = None

    def filled_by(self, other: Device) -> Device:
        """This one, and where it knows nothing, the other."""
        return Device(
            identity=self.identity,
            vendor=_first(self.vendor, other.vendor),
            model=_first(self.model, other.model),
            architecture=_first(self.architecture, other.architecture),
            memory_kind=other.memory_kind if self.memory_kind == "unknown" else self.memory_kind,
            memory=_first(self.memory, other.memory),
            driver=_first(self.driver, other.driver),
            driver_version=_first(self.driver_version, other.driver_version),
            power_limit=_first(self.power_limit, other.power_limit),
        )

    def shown(self, index: int) -> Accelerator:
        """As it is reported, without its identity."""
        return Accelerator(
            index=index,
            vendor=self.vendor,
            model=self.model,
            architecture=self.architecture,
            memory=DeviceMemory(self.memory_kind, self.memory),
            driver=Driver(self.driver, self.driver_version) if self.driver else None,
            power_limit_watts=self.power_limit,
        )


def merged(devices: Iterable[Device]) -> tuple[Accelerator, ...]:
    """One for each identity, in its order; who comes first is believed."""
    known: dict[str, Device] = {}
    for device in devices:
        before = known.get(device.identity)
        known[device.identity] = device if before is None else before.filled_by(device)
    ordered = sorted(known.values(), key=lambda device: (device.identity, device.model or ""))
    return tuple(device.shown(index) for index, device in enumerate(ordered))


def _first(one: T | None, other: T | None) -> T | None:
    return other if one is None else one
