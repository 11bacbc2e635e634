"""NVIDIA GPUs, through the driver's library and through nvidia-smi."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from modelyard.runtime.gauges.nvidia_smi import NvidiaSmi, parse_gpus, parse_processes
from modelyard.runtime.gauges.nvml import Nvml
from modelyard.runtime.gauges.samples import MEBIBYTE, NEVER, GpuSample
from tests.runtime.gauges.machines import PaperMachine

SMI = """0, NVIDIA GeForce RTX 4090, GPU-aaaa, 41, 37, 6141, 24564, 30, 88.52
1, NVIDIA H200, GPU-bbbb, 29, 0, 0, 143771, [N/A], [N/A]

"""
PROCESSES = """4711, GPU-aaaa, 5120
4711, GPU-bbbb, 20
4712, GPU-aaaa, [N/A]
4713, GPU-cccc, 11
"""
FIRST = GpuSample(
    timestamp=NEVER,
    id=0,
    name="NVIDIA GeForce RTX 4090",
    uuid="GPU-aaaa",
    temp_c=41,
    gpu_util_pct=37,
    mem_util_pct=25.0,
    mem_used_mb=6141,
    mem_total_mb=24564,
    fan_speed_pct=30,
    power_draw_w=88.52,
)


def test_the_lines_of_nvidia_smi() -> None:
    first, second = parse_gpus(SMI, NEVER)
    assert first == FIRST
    assert (second.id, second.fan_speed_pct, second.power_draw_w, second.mem_util_pct) == (1, 0, 0, 0)


@pytest.mark.parametrize(
    "text",
    ["", "No devices were found\n", "0, a, b\n", "Failed to initialize NVML: Driver/library version mismatch\n"],
)
def test_other_words_of_nvidia_smi_are_no_gpus(text: str) -> None:
    assert parse_gpus(text, NEVER) == []


def test_memory_of_processes_by_gpu() -> None:
    held = parse_processes(PROCESSES, {"GPU-aaaa": "0", "GPU-bbbb": "1"})
    assert held == {4711: {"0": 5120 * MEBIBYTE, "1": 20 * MEBIBYTE}}


def test_nvidia_smi_is_used_where_it_answers(tmp_path: Path) -> None:
    assert NvidiaSmi.find(PaperMachine(tmp_path)) is None
    assert NvidiaSmi.find(PaperMachine(tmp_path, nvidia_smi="No devices were found\n")) is None
    machine = PaperMachine(tmp_path, nvidia_smi=SMI)
    machine.answers["--query-compute-apps"] = PROCESSES
    source = NvidiaSmi.find(machine)
    assert source is not None
    assert source.sample(NEVER)[0] == FIRST
    assert source.processes()[4711]["0"] == 5120 * MEBIBYTE
    assert machine.asked[0] == (
        "nvidia-smi",
        "--query-gpu=index,name,uuid,temperature.gpu,utilization.gpu,memory.used,memory.total,fan.speed,power.draw",
        "--format=csv,noheader,nounits",
    )


class FakeNvml:
    """The library of a driver with two GPUs, the second of which is fanless, older, and says little."""

    NVML_TEMPERATURE_GPU = 0
    NVML_FI_DEV_MEMORY_TEMP = 82
    nvmlMemory_v2 = 2  # noqa: N815 - NVIDIA's name
    lost = False

    class NVMLError(Exception):
        """Something is not supported."""

    def nvmlDeviceGetCount(self) -> int:  # noqa: N802
        return 2

    def nvmlDeviceGetHandleByIndex(self, index: int) -> int:  # noqa: N802
        return index

    def nvmlDeviceGetName(self, handle: int) -> str | bytes:  # noqa: N802
        if handle == 1 and self.lost:
            raise self.NVMLError
        return ("NVIDIA GeForce RTX 4090", b"Quadro K2000")[handle]

    def nvmlDeviceGetUUID(self, handle: int) -> str:  # noqa: N802
        return ("GPU-aaaa", "GPU-bbbb")[handle]

    def nvmlDeviceGetMemoryInfo(self, handle: int, version: int = 1) -> Any:  # noqa: N802
        if handle == 1 and version == 2:
            raise self.NVMLError
        return SimpleNamespace(used=6141 * MEBIBYTE, total=24564 * MEBIBYTE)

    def _first_only(self, handle: int, answer: object) -> Any:
        if handle == 1:
            raise self.NVMLError
        return answer

    def nvmlDeviceGetTemperature(self, handle: int, sensor: int) -> Any:  # noqa: N802
        return self._first_only(handle, 41)

    def nvmlDeviceGetUtilizationRates(self, handle: int) -> Any:  # noqa: N802
        return self._first_only(handle, SimpleNamespace(gpu=37))

    def nvmlDeviceGetFanSpeed(self, handle: int) -> Any:  # noqa: N802
        return self._first_only(handle, 30)

    def nvmlDeviceGetPowerUsage(self, handle: int) -> Any:  # noqa: N802
        return self._first_only(handle, 88520)

    def nvmlDeviceGetFieldValues(self, handle: int, fields: list[int]) -> Any:  # noqa: N802
        value = SimpleNamespace(uiVal=64)
        return self._first_only(handle, [SimpleNamespace(nvmlReturn=0 if fields == [82] else 3, value=value)])

    def nvmlDeviceGetComputeRunningProcesses(self, handle: int) -> Any:  # noqa: N802
        return self._first_only(handle, [SimpleNamespace(pid=4711, usedGpuMemory=5 * MEBIBYTE)])

    def nvmlDeviceGetGraphicsRunningProcesses(self, handle: int) -> Any:  # noqa: N802
        return [SimpleNamespace(pid=4712, usedGpuMemory=None), SimpleNamespace(pid=4713, usedGpuMemory=handle)]


def test_the_library_says_the_same_as_the_tool() -> None:
    first, second = Nvml(FakeNvml()).sample(NEVER)
    assert first.vram_temp_c == 64
    assert {**_fields(first), "vram_temp_c": 0} == _fields(FIRST)
    assert (second.name, second.uuid, second.mem_used_mb, second.temp_c) == ("Quadro K2000", "GPU-bbbb", 6141, 0)


def _fields(sample: GpuSample) -> dict[str, object]:
    return {name: getattr(sample, name) for name in GpuSample.__struct_fields__}


def test_a_gpu_that_is_lost_is_left_out_and_keeps_its_number() -> None:
    library = FakeNvml()
    source = Nvml(library)
    library.lost = True
    assert [gpu.id for gpu in source.sample(NEVER)] == [0]


def test_the_library_names_processes_of_both_kinds() -> None:
    assert Nvml(FakeNvml()).processes() == {4711: {"0": 5 * MEBIBYTE}, 4713: {"1": 1}}


def test_the_library_is_not_looked_for_without_a_driver(tmp_path: Path) -> None:
    assert Nvml.find(PaperMachine(tmp_path)) is None


def test_a_driver_without_its_library_is_no_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import pynvml

    def missing() -> None:
        raise pynvml.NVMLError(pynvml.NVML_ERROR_LIBRARY_NOT_FOUND)

    monkeypatch.setattr(pynvml, "nvmlInit", missing)
    assert Nvml.find(PaperMachine(tmp_path, {"/dev/nvidiactl": ""})) is None
