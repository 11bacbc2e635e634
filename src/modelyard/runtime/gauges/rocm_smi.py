"""AMD GPUs through rocm-smi."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from modelyard.runtime.gauges import amdgpu
from modelyard.runtime.gauges.machine import Machine
from modelyard.runtime.gauges.samples import MEBIBYTE, NEVER, GpuSample, share_in_percent

LIMIT = 5.0
"""Seconds that one call may take."""
_QUESTION = ("-i", "-P", "-t", "-f", "-u", "--showmemuse", "--showmeminfo", "vram", "--showproductname", "--csv")
_POWERS = ("Current Socket Graphics Package Power (W)", "Average Graphics Package Power (W)")


class RocmSmi:
    """The program, called for every sample."""

    name = "rocm-smi"

    def __init__(self, machine: Machine) -> None:
        self._machine = machine

    def __repr__(self) -> str:
        return f"<RocmSmi of {self._machine!r}>"

    @classmethod
    def find(cls, machine: Machine) -> RocmSmi | None:
        """The program, where it is and has a GPU to tell of."""
        source = cls(machine)
        return source if machine.has_program("rocm-smi") and source.sample(NEVER) else None

    def sample(self, at: datetime) -> list[GpuSample]:
        """All GPUs now."""
        return parse_gpus(self._machine.run("rocm-smi", *_QUESTION, limit=LIMIT) or "", at)

    def processes(self) -> dict[int, dict[str, int]]:
        """Bytes of GPU memory by pid and GPU, as the kernel's driver counts them."""
        return amdgpu.process_memory(self._machine)


def parse_gpus(text: str, at: datetime) -> list[GpuSample]:
    """One line for each card, below a line of column names (spec lifecycle 11.2)."""
    found = []
    for row in rows(text):
        number = row["device"].removeprefix("card")
        if number.isdigit():
            found.append(_gpu(int(number), row, at))
    return found


def _gpu(number: int, row: Mapping[str, str], at: datetime) -> GpuSample:
    used, total = int(_number(row, "VRAM Total Used Memory (B)")), int(_number(row, "VRAM Total Memory (B)"))
    return GpuSample(
        timestamp=at,
        id=number,
        name=_name(row),
        uuid=row.get("GUID", ""),
        temp_c=int(_number(row, "Temperature (Sensor edge) (C)")),
        vram_temp_c=int(_number(row, "Temperature (Sensor memory) (C)")),
        gpu_util_pct=_number(row, "GPU use (%)"),
        mem_util_pct=share_in_percent(used, total),  # the tool's own means how busy the memory is in some versions
        mem_used_mb=used // MEBIBYTE,
        mem_total_mb=total // MEBIBYTE,
        fan_speed_pct=_number(row, "Fan speed (%)"),
        power_draw_w=next((watts for power in _POWERS if (watts := _number(row, power))), 0.0),
    )


def _name(row: Mapping[str, str]) -> str:
    card = row["device"]
    for column in ("Card Series", "Device Name"):
        series = row.get(column, "N/A")
        if series not in ("", "N/A"):
            version = row.get("GFX Version", "N/A")
            return f"{series} {card}" + (f" ({version})" if version not in ("", "N/A") else "")
    return card


def rows(text: str) -> Iterator[Mapping[str, str]]:
    """The lines of a table that begins with `device`, which may come again with other columns. A line of another
    length is none of the table's."""
    columns: list[str] = []
    for line in text.splitlines():
        words = [word.strip() for word in line.split(",")]
        if words[0] == "device":
            columns = words
        elif columns and len(words) == len(columns):
            yield dict(zip(columns, words, strict=True))


def _number(row: Mapping[str, str], column: str) -> float:
    try:
        return float(row.get(column, ""))
    except ValueError:
        return 0.0
