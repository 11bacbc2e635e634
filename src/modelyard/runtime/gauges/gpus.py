"""Where the figures of GPUs come from: the first source that works is used for good (spec lifecycle 11.2)."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from modelyard.runtime.gauges.amdgpu import AmdSysfs
from modelyard.runtime.gauges.lact import Lact
from modelyard.runtime.gauges.machine import Machine
from modelyard.runtime.gauges.nvidia_smi import NvidiaSmi
from modelyard.runtime.gauges.nvml import Nvml
from modelyard.runtime.gauges.rocm_smi import RocmSmi
from modelyard.runtime.gauges.samples import GpuSample


class GpuSource(Protocol):
    """Tells of GPUs. It may block."""

    name: str

    def sample(self, at: datetime) -> list[GpuSample]:
        """All GPUs now; those that fail are left out."""
        ...

    def processes(self) -> dict[int, dict[str, int]]:
        """Bytes of GPU memory that processes hold, by pid and then by the GPU's id; empty where that is not known."""
        ...


def find_gpus(machine: Machine) -> GpuSource | None:
    """The source to use; None where no GPU can be asked."""
    for source in (Lact, Nvml, NvidiaSmi, RocmSmi, AmdSysfs):
        found = source.find(machine)
        if found is not None:
            return found
    return None
