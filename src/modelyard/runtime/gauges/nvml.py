"""NVIDIA GPUs through the driver's own library."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from typing import Any

from modelyard.runtime.gauges.machine import Machine
from modelyard.runtime.gauges.samples import MEBIBYTE, GpuSample, share_in_percent

_SIGNS = ("/dev/nvidiactl", "/proc/driver/nvidia/version", "/dev/dxg")
"""What is there where the driver is, so that the library need not be loaded in vain; the last is that of WSL."""


class Nvml:
    """The library `libnvidia-ml`, by way of NVIDIA's own bindings."""

    name = "NVML"

    def __init__(self, library: Any) -> None:
        """`library` is the module pynvml, initialised."""
        self._nvml = library
        self._handles = [library.nvmlDeviceGetHandleByIndex(at) for at in range(library.nvmlDeviceGetCount())]

    def __repr__(self) -> str:
        return f"<Nvml with {len(self._handles)} GPUs>"

    @classmethod
    def find(cls, machine: Machine) -> Nvml | None:
        """The library, where it is and has a GPU to tell of."""
        if not any(machine.path(sign).exists() for sign in _SIGNS):
            return None
        import pynvml  # here, because most machines that have no such GPU can do without its megabyte

        try:
            pynvml.nvmlInit()
            found = cls(pynvml)
        except pynvml.NVMLError:
            return None
        return found if found._handles else None

    def sample(self, at: datetime) -> list[GpuSample]:
        """All GPUs now."""
        found = []
        for number, handle in enumerate(self._handles):
            with suppress(self._nvml.NVMLError):
                found.append(self._sample_one(at, number, handle))
        return found

    def _sample_one(self, at: datetime, number: int, handle: Any) -> GpuSample:
        nvml = self._nvml
        name = _text(nvml.nvmlDeviceGetName(handle))
        memory = self._memory(handle)
        return GpuSample(
            timestamp=at,
            id=number,
            name=name,
            uuid=_text(self._ask(nvml.nvmlDeviceGetUUID, handle) or ""),
            temp_c=int(self._ask(nvml.nvmlDeviceGetTemperature, handle, nvml.NVML_TEMPERATURE_GPU) or 0),
            vram_temp_c=self._memory_temperature(handle),
            gpu_util_pct=float(getattr(self._ask(nvml.nvmlDeviceGetUtilizationRates, handle), "gpu", 0)),
            mem_util_pct=share_in_percent(memory.used, memory.total),
            mem_used_mb=memory.used // MEBIBYTE,
            mem_total_mb=memory.total // MEBIBYTE,
            fan_speed_pct=float(self._ask(nvml.nvmlDeviceGetFanSpeed, handle) or 0),
            power_draw_w=(self._ask(nvml.nvmlDeviceGetPowerUsage, handle) or 0) / 1000,
        )

    def _memory(self, handle: Any) -> Any:
        """The second version does not count what the driver keeps for itself as used, as nvidia-smi shows it."""
        nvml = self._nvml
        second = self._ask(nvml.nvmlDeviceGetMemoryInfo, handle, nvml.nvmlMemory_v2)
        return second or nvml.nvmlDeviceGetMemoryInfo(handle)

    def _memory_temperature(self, handle: Any) -> int:
        fields = self._ask(self._nvml.nvmlDeviceGetFieldValues, handle, [self._nvml.NVML_FI_DEV_MEMORY_TEMP])
        return int(fields[0].value.uiVal) if fields and not fields[0].nvmlReturn else 0

    def _ask(self, question: Callable[..., Any], *arguments: Any) -> Any:
        """What the library answers; None where this GPU has no answer."""
        try:
            return question(*arguments)
        except self._nvml.NVMLError:
            return None

    def processes(self) -> dict[int, dict[str, int]]:
        """Bytes of GPU memory by pid and GPU. In a container the driver may name pids that mean nothing here."""
        held: dict[int, dict[str, int]] = {}
        for number, handle in enumerate(self._handles):
            for process in self._running(handle):
                if process.usedGpuMemory:
                    held.setdefault(process.pid, {})[str(number)] = process.usedGpuMemory
        return held

    def _running(self, handle: Any) -> Iterator[Any]:
        nvml = self._nvml
        for question in (nvml.nvmlDeviceGetComputeRunningProcesses, nvml.nvmlDeviceGetGraphicsRunningProcesses):
            yield from self._ask(question, handle) or ()


def _text(name: str | bytes) -> str:
    """Older versions of the library answer with bytes."""
    return name.decode(errors="replace") if isinstance(name, bytes) else name
