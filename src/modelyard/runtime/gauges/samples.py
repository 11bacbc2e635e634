"""What was measured, in the shape that `/api/performance` shows (spec http 20). A MB is 2^20 bytes, rounded down."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from msgspec import Struct

MEBIBYTE = 1 << 20
NEVER = datetime.fromtimestamp(0, UTC)
"""The time of samples that only say whether there is anything to sample."""


class NetworkCounters(Struct, frozen=True):
    """What one interface has moved since the machine started."""

    name: str
    bytes_recv: int
    bytes_sent: int


class SystemSample(Struct, frozen=True, kw_only=True):
    """The machine at one moment. `cpu_util_per_core` is percent since the sample before; `mem_used_mb` is what programs
    hold (total less available)."""

    timestamp: datetime
    cpu_util_per_core: tuple[float, ...]
    mem_total_mb: int
    mem_used_mb: int
    mem_free_mb: int
    swap_total_mb: int = 0
    swap_used_mb: int = 0
    load_avg_1: float = 0.0
    load_avg_5: float = 0.0
    load_avg_15: float = 0.0
    net_io: tuple[NetworkCounters, ...] = ()
    disk_io: tuple[DiskCounters, ...] = ()
    """Ours."""


class DiskCounters(Struct, frozen=True):
    """What one disk has moved since the machine started."""

    name: str
    bytes_read: int
    bytes_written: int


class GpuSample(Struct, frozen=True, kw_only=True):
    """One GPU at one moment. What it does not tell is 0."""

    timestamp: datetime
    id: int
    name: str
    uuid: str = ""
    temp_c: int = 0
    vram_temp_c: int = 0
    gpu_util_pct: float = 0.0
    mem_util_pct: float = 0.0
    """How full the memory is, not how busy."""
    mem_used_mb: int = 0
    mem_total_mb: int = 0
    fan_speed_pct: float = 0.0
    power_draw_w: float = 0.0


class ProcessMemory(Struct, frozen=True, kw_only=True):
    """What the processes of one model hold, in bytes."""

    processes: int
    resident: int
    """Shared pages count once for each process."""
    anonymous: int
    """Of `resident`, what is no page of a file: it can't be dropped."""
    proportional: int | None = None
    """Shared pages count in parts; None where that was not measured (it walks all pages)."""
    gpu: Mapping[str, int]
    """Bytes on each GPU, by its id; GPUs on which they hold nothing are left out."""


class ModelSample(Struct, frozen=True, kw_only=True):
    """What the processes of one model held at one moment, in bytes. Ours; the fields are those of `ProcessMemory`."""

    timestamp: datetime
    model: str
    resident: int
    anonymous: int
    gpu: Mapping[str, int]


def share_in_percent(used: int, total: int) -> float:
    """0 where the total is not known."""
    return round(100 * used / total, 2) if total else 0.0
