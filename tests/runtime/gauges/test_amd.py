"""AMD GPUs, through rocm-smi and through the files of the driver."""

from __future__ import annotations

from pathlib import Path

from modelyard.runtime.gauges.amdgpu import AmdSysfs
from modelyard.runtime.gauges.rocm_smi import RocmSmi, parse_gpus
from modelyard.runtime.gauges.samples import MEBIBYTE, NEVER
from tests.runtime.gauges.machines import PaperMachine

COLUMNS = (
    "device,Device Name,Device ID,Device Rev,Subsystem ID,GUID,Temperature (Sensor edge) (C),"
    "Temperature (Sensor junction) (C),Temperature (Sensor memory) (C),Fan speed (level),Fan speed (%),Fan RPM,"
    "Average Graphics Package Power (W),GPU use (%),GPU Memory Allocated (VRAM%),VRAM Total Memory (B),"
    "VRAM Total Used Memory (B),Card Series,Card Model,Card Vendor,GFX Version"
)
ROCM = f"""{COLUMNS}
card0,Navi 31,0x744c,0xc8,0x0e3b,4711,47.0,52.0,60.0,0,12.5,0,35.0,8,3,25753026560,6438256640,RX 7900,0x744c,AMD,gfx1100
card1,N/A,0x744c,0xc8,0x0e3b,N/A,N/A,N/A,N/A,0,0,0,N/A,0,3,0,0,N/A,0x744c,AMD,gfx1036
cardX,N/A,0x744c,0xc8,0x0e3b,N/A,N/A,N/A,N/A,0,0,0,N/A,0,3,0,0,N/A,0x744c,AMD,gfx1036
WARNING: something, about something

device,Device Name,Current Socket Graphics Package Power (W)
card2,Aqua Vanjaram,141.0
"""


def test_the_table_of_rocm_smi() -> None:
    first, second, third = parse_gpus(ROCM, NEVER)
    assert (first.id, first.name, first.uuid) == (0, "RX 7900 card0 (gfx1100)", "4711")
    assert (first.temp_c, first.vram_temp_c, first.fan_speed_pct, first.power_draw_w) == (47, 60, 12.5, 35.0)
    assert (first.mem_used_mb, first.mem_total_mb, first.mem_util_pct) == (6140, 24560, 25.0)
    assert first.gpu_util_pct == 8
    assert (second.id, second.name, second.mem_util_pct) == (1, "card1", 0)
    assert (third.id, third.name, third.power_draw_w) == (2, "Aqua Vanjaram card2", 141.0)


def test_rocm_smi_is_used_where_it_answers(tmp_path: Path) -> None:
    assert RocmSmi.find(PaperMachine(tmp_path)) is None
    assert RocmSmi.find(PaperMachine(tmp_path, rocm_smi="ERROR: no driver\n")) is None
    source = RocmSmi.find(PaperMachine(tmp_path, rocm_smi=ROCM))
    assert source is not None
    assert len(source.sample(NEVER)) == 3
    assert source.processes() == {}


def card(machine: PaperMachine) -> PaperMachine:
    """A machine with a graphics card of AMD's beside one of Intel's."""
    device = "/sys/class/drm/card1/device"
    sensors = f"{device}/hwmon/hwmon3"
    files = {
        "/sys/class/drm/card0/device/vendor": "0x8086\n",
        "/sys/class/drm/card1-DP-1/device/vendor": "0x1002\n",
        f"{device}/vendor": "0x1002\n",
        f"{device}/unique_id": "e0ff\n",
        f"{device}/product_name": "Radeon Pro\n",
        f"{device}/gpu_busy_percent": "42\n",
        f"{device}/mem_info_vram_used": str(512 * MEBIBYTE),
        f"{device}/mem_info_vram_total": str(2048 * MEBIBYTE),
        f"{device}/drm/renderD129/dev": "226:129\n",
        f"{sensors}/power1_average": "35000000\n",
        f"{sensors}/pwm1": "51\n",
        f"{sensors}/temp1_input": "47000\n",
        f"{sensors}/temp1_label": "edge\n",
        f"{sensors}/temp3_input": "60000\n",
        f"{sensors}/temp3_label": "mem\n",
        "/sys/class/kfd/kfd/topology/nodes/0/gpu_id": "0\n",
        "/sys/class/kfd/kfd/topology/nodes/0/properties": "cpu_cores_count 8\n",
        "/sys/class/kfd/kfd/topology/nodes/1/gpu_id": "51072\n",
        "/sys/class/kfd/kfd/topology/nodes/1/properties": "cpu_cores_count 0\ndrm_render_minor 129\n",
        "/sys/class/kfd/kfd/proc/4711/vram_51072": "1073741824\n",
        "/sys/class/kfd/kfd/proc/4712/vram_51072": "0\n",
        "/sys/class/kfd/kfd/proc/4713/vram_9": "17\n",
    }
    for path, text in files.items():
        machine.write(path, text)
    return machine


def test_the_files_of_the_driver(tmp_path: Path) -> None:
    assert AmdSysfs.find(PaperMachine(tmp_path)) is None
    source = AmdSysfs.find(card(PaperMachine(tmp_path)))
    assert source is not None
    (gpu,) = source.sample(NEVER)
    assert (gpu.id, gpu.name, gpu.uuid) == (1, "Radeon Pro", "e0ff")
    assert (gpu.temp_c, gpu.vram_temp_c, gpu.gpu_util_pct) == (47, 60, 42)
    assert (gpu.mem_used_mb, gpu.mem_total_mb, gpu.mem_util_pct) == (512, 2048, 25.0)
    assert (gpu.fan_speed_pct, gpu.power_draw_w) == (20.0, 35.0)
    assert source.processes() == {4711: {"1": 1 << 30}}


def test_a_card_without_sensors_has_none(tmp_path: Path) -> None:
    machine = PaperMachine(tmp_path, {"/sys/class/drm/card0/device/vendor": "0x1002\n"})
    source = AmdSysfs.find(machine)
    assert source is not None
    (gpu,) = source.sample(NEVER)
    assert (gpu.name, gpu.temp_c, gpu.power_draw_w, gpu.mem_total_mb) == ("card0", 0, 0.0, 0)
