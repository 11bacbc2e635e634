"""NVIDIA GPUs through nvidia-smi, where the driver's library can't be loaded."""

from __future__ import annotations

from datetime import datetime

from modelyard.runtime.gauges.machine import Machine
from modelyard.runtime.gauges.samples import MEBIBYTE, NEVER, GpuSample, share_in_percent

LIMIT = 5.0
"""Seconds that one call may take."""
_FORMAT = "--format=csv,noheader,nounits"
_GPUS = "--query-gpu=index,name,uuid,temperature.gpu,utilization.gpu,memory.used,memory.total,fan.speed,power.draw"
_PROCESSES = "--query-compute-apps=pid,gpu_uuid,used_memory"


class NvidiaSmi:
    """The program, called for every sample."""

    name = "nvidia-smi"

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._ids: dict[str, str] = {}

    def __repr__(self) -> str:
        return f"<NvidiaSmi of {self._machine!r}>"

    @classmethod
    def find(cls, machine: Machine) -> NvidiaSmi | None:
        """The program, where it is and has a GPU to tell of."""
        if not machine.has_program("nvidia-smi"):
            return None
        text = machine.run("nvidia-smi", _GPUS, _FORMAT, limit=LIMIT)
        return cls(machine) if text and parse_gpus(text, NEVER) else None

    def sample(self, at: datetime) -> list[GpuSample]:
        """All GPUs now."""
        found = parse_gpus(self._machine.run("nvidia-smi", _GPUS, _FORMAT, limit=LIMIT) or "", at)
        self._ids = {gpu.uuid: str(gpu.id) for gpu in found}
        return found

    def processes(self) -> dict[int, dict[str, int]]:
        """Bytes of GPU memory by pid and GPU; of the GPUs of the last sample."""
        return parse_processes(self._machine.run("nvidia-smi", _PROCESSES, _FORMAT, limit=LIMIT) or "", self._ids)


def parse_gpus(text: str, at: datetime) -> list[GpuSample]:
    """Lines of nine figures, memory in MiB. What can't be read as a number, such as `[N/A]`, is 0."""
    found = []
    for line in text.splitlines():
        words = [word.strip() for word in line.split(",")]
        if len(words) < 9 or not words[0].isdigit():
            continue
        used, total = int(_number(words[5])), int(_number(words[6]))
        found.append(
            GpuSample(
                timestamp=at,
                id=int(words[0]),
                name=words[1],
                uuid=words[2],
                temp_c=int(_number(words[3])),
                gpu_util_pct=_number(words[4]),
                mem_util_pct=share_in_percent(used, total),
                mem_used_mb=used,
                mem_total_mb=total,
                fan_speed_pct=_number(words[7]),
                power_draw_w=_number(words[8]),
            )
        )
    return found


def parse_processes(text: str, ids: dict[str, str]) -> dict[int, dict[str, int]]:
    """Lines of pid, UUID and MiB; `ids` says which GPU has which UUID."""
    held: dict[int, dict[str, int]] = {}
    for line in text.splitlines():
        words = [word.strip() for word in line.split(",")]
        if len(words) == 3 and words[0].isdigit() and words[1] in ids and (used := int(_number(words[2]))):
            on_gpus = held.setdefault(int(words[0]), {})
            on_gpus[ids[words[1]]] = on_gpus.get(ids[words[1]], 0) + used * MEBIBYTE
    return held


def _number(word: str) -> float:
    try:
        return float(word)
    except ValueError:
        return 0.0
