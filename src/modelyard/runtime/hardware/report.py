"""The answer of `/api/hardware`, version 1 of its shape (spec config 22). None is what is not known."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from msgspec import UNSET, Struct, UnsetType

SCHEMA_VERSION = 1
DeviceMemoryKind = Literal["dedicated", "unified", "shared_system", "unknown"]


class Detector(Struct, frozen=True):
    """Who looked."""

    name: str
    version: str


class Capture(Struct, frozen=True, kw_only=True):
    """How the facts came about."""

    scope: str = "inference_host"
    method: str = "detected"
    detector: Detector


class Architecture(Struct, frozen=True):
    """What the processors understand. `raw_name` is another word for it."""

    name: str
    raw_name: str | None = None


class OperatingSystem(Struct, frozen=True, kw_only=True):
    """What runs on it."""

    family: str
    name: str | None
    version: str | None
    kernel: str | None
    raw_family: str | UnsetType = UNSET


class Environment(Struct, frozen=True):
    """What it runs in. `kind`: native, container, virtual_machine, wsl, other, unknown."""

    kind: str
    name: str | None = None
    version: str | None = None


class Processor(Struct, frozen=True, kw_only=True):
    """The processors, which are taken to be alike."""

    vendor: str | None
    model: str | None
    socket_count: int | None
    physical_core_count: int | None
    logical_thread_count: int | None


class Memory(Struct, frozen=True):
    """What programs may use of the machine's memory."""

    capacity_bytes: int


class DeviceMemory(Struct, frozen=True):
    """What an accelerator computes in."""

    kind: DeviceMemoryKind = "unknown"
    capacity_bytes: int | None = None


class Driver(Struct, frozen=True):
    """What drives an accelerator."""

    name: str
    version: str | None


class Accelerator(Struct, frozen=True, kw_only=True):
    """What computes beside the processors. `kind`: gpu, npu, other."""

    index: int
    kind: str = "gpu"
    vendor: str | None
    model: str | None
    architecture: str | None
    memory: DeviceMemory
    driver: Driver | None
    power_limit_watts: float | None


class Hardware(Struct, frozen=True, kw_only=True):
    """The machine."""

    schema_version: int = SCHEMA_VERSION
    captured_at: datetime
    capture: Capture
    architecture: Architecture
    operating_system: OperatingSystem
    environment: Environment
    cpu: Processor
    memory: Memory
    accelerators: tuple[Accelerator, ...]
