"""AMD GPUs through the files of the kernel's driver, where no tool is installed."""

from __future__ import annotations

from datetime import datetime

from modelyard.runtime.gauges.machine import Machine
from modelyard.runtime.gauges.samples import MEBIBYTE, GpuSample, share_in_percent

AMD = 0x1002
_CARDS = "/sys/class/drm/card[0-9]*"
_KFD = "/sys/class/kfd/kfd"


class AmdSysfs:
    """The cards that the driver amdgpu shows under /sys."""

    name = "amdgpu"

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._cards = [card for card in machine.matches(_CARDS) if _is_amd(machine, card)]

    def __repr__(self) -> str:
        return f"<AmdSysfs with {len(self._cards)} GPUs>"

    @classmethod
    def find(cls, machine: Machine) -> AmdSysfs | None:
        """The driver, where it has a GPU to tell of."""
        source = cls(machine)
        return source if source._cards else None

    def sample(self, at: datetime) -> list[GpuSample]:
        """All GPUs now."""
        return [self._sample_one(at, card) for card in self._cards]

    def _sample_one(self, at: datetime, card: str) -> GpuSample:
        machine, device = self._machine, f"{card}/device"
        used = machine.number(f"{device}/mem_info_vram_used") or 0
        total = machine.number(f"{device}/mem_info_vram_total") or 0
        sensors = next(iter(machine.matches(f"{device}/hwmon/hwmon*")), "")
        temperatures = self._temperatures(sensors)
        watts = machine.number(f"{sensors}/power1_average") or machine.number(f"{sensors}/power1_input") or 0
        number = int(card.rpartition("card")[2])
        return GpuSample(
            timestamp=at,
            id=number,
            name=machine.text(f"{device}/product_name") or f"card{number}",
            uuid=machine.text(f"{device}/unique_id"),
            temp_c=temperatures.get("edge") or temperatures.get("junction") or 0,
            vram_temp_c=temperatures.get("mem", 0),
            gpu_util_pct=float(machine.number(f"{device}/gpu_busy_percent") or 0),
            mem_util_pct=share_in_percent(used, total),
            mem_used_mb=used // MEBIBYTE,
            mem_total_mb=total // MEBIBYTE,
            fan_speed_pct=share_in_percent(machine.number(f"{sensors}/pwm1") or 0, 255),
            power_draw_w=watts / 1_000_000,
        )

    def _temperatures(self, sensors: str) -> dict[str, int]:
        """Degrees by the sensor's label."""
        machine = self._machine
        known = {}
        for path in machine.matches(f"{sensors}/temp*_input") if sensors else ():
            label = machine.text(path.replace("_input", "_label")) or "edge"
            known[label] = (machine.number(path) or 0) // 1000
        return known

    def processes(self) -> dict[int, dict[str, int]]:
        """Bytes of GPU memory by pid and GPU."""
        return process_memory(self._machine)


def _is_amd(machine: Machine, card: str) -> bool:
    """Whether it is a card, and no connector of one, and AMD's."""
    return card.rpartition("card")[2].isdigit() and machine.number(f"{card}/device/vendor") == AMD


def process_memory(machine: Machine) -> dict[int, dict[str, int]]:
    """What compute processes hold, as the driver kfd counts: a directory for each, a file for each GPU."""
    cards = _cards_by_kfd_id(machine)
    held: dict[int, dict[str, int]] = {}
    for path in machine.matches(f"{_KFD}/proc/*/vram_*"):
        folder, _, name = path.rpartition("/")
        pid, gpu = folder.rpartition("/")[2], name.removeprefix("vram_")
        used = machine.number(path)
        if pid.isdigit() and gpu in cards and used:
            held.setdefault(int(pid), {})[cards[gpu]] = used
    return held


def _cards_by_kfd_id(machine: Machine) -> dict[str, str]:
    """The driver's own id of a GPU to the number of its card, by way of the render node that they share."""
    cards = {
        node.rpartition("renderD")[2]: card.rpartition("card")[2]
        for card in machine.matches(_CARDS)
        for node in machine.matches(f"{card}/device/drm/renderD*")
    }
    found = {}
    for node in machine.matches(f"{_KFD}/topology/nodes/*"):
        facts = dict(line.split(maxsplit=1) for line in machine.text(f"{node}/properties").splitlines() if " " in line)
        number = machine.text(f"{node}/gpu_id")
        minor = facts.get("drm_render_minor", "")
        if minor in cards and number not in ("", "0"):
            found[number] = cards[minor]
    return found
