"""Looks the machine over, once (spec lifecycle 12)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from modelyard import __version__
from modelyard.runtime.gauges.machine import Machine
from modelyard.runtime.hardware.amd import kfd_devices, rocm_devices
from modelyard.runtime.hardware.devices import Device, merged
from modelyard.runtime.hardware.drm import drm_devices
from modelyard.runtime.hardware.environment import environment
from modelyard.runtime.hardware.host import architecture, memory_capacity, operating_system, processor
from modelyard.runtime.hardware.nvidia import nvidia_devices
from modelyard.runtime.hardware.report import Capture, Detector, Hardware, Memory

_SOURCES: tuple[Callable[[Machine], list[Device]], ...] = (nvidia_devices, rocm_devices, kfd_devices, drm_devices)
"""Who knows most comes first and is believed."""


class DetectionError(Exception):
    """Not even the size of the memory can be told."""


def detect(machine: Machine, at: datetime) -> Hardware:
    """What the machine is made of. Blocks for as long as tools take; raises DetectionError."""
    memory = memory_capacity(machine)
    if memory is None:
        raise DetectionError("the size of the memory can't be told")
    return Hardware(
        captured_at=at,
        capture=Capture(detector=Detector("modelyard", __version__)),
        architecture=architecture(machine.architecture()),
        operating_system=operating_system(machine),
        environment=environment(machine),
        cpu=processor(machine),
        memory=Memory(memory),
        accelerators=merged(_devices(machine)),
    )


def _devices(machine: Machine) -> Iterator[Device]:
    """What all sources say. One that fails says nothing."""
    for source in _SOURCES:
        try:
            yield from source(machine)
        except (ValueError, KeyError, OSError):  # a tool or a driver that writes other things than we know
            continue
