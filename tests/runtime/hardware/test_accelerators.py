"""Accelerators, as tools and drivers know them, and as one list."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelyard.runtime.gauges.samples import MEBIBYTE
from modelyard.runtime.hardware.amd import gfx_name, kfd_devices, rocm_devices
from modelyard.runtime.hardware.devices import Device, merged
from modelyard.runtime.hardware.drm import drm_devices
from modelyard.runtime.hardware.nvidia import nvidia_devices
from modelyard.runtime.hardware.report import Accelerator, DeviceMemory, Driver
from tests.runtime.gauges.machines import PaperMachine

SMI = """0, NVIDIA GeForce RTX 4090, GPU-aaaa, 00000000:01:00.0, 24564, 570.86.10, 450.00
1, NVIDIA H200, GPU-bbbb, 00000000:C1:00.0, [N/A], 570.86.10, [N/A]
"""


def nvidia(tmp_path: Path) -> PaperMachine:
    """A machine with two GPUs of NVIDIA's."""
    machine = PaperMachine(tmp_path, nvidia_smi="Field is not a valid field to query.\n")
    machine.answers["pci.bus_id"] = SMI
    machine.answers["compute_cap"] = "0, 8.9\n1, 9.0\n"
    return machine


def test_what_nvidia_smi_knows(tmp_path: Path) -> None:
    first, second = nvidia_devices(nvidia(tmp_path))
    assert first == Device(
        identity="0000:01:00.0",
        vendor="NVIDIA",
        model="NVIDIA GeForce RTX 4090",
        architecture="Ada Lovelace",
        memory_kind="dedicated",
        memory=24564 * MEBIBYTE,
        driver="nvidia",
        driver_version="570.86.10",
        power_limit=450.0,
    )
    assert (second.architecture, second.memory, second.memory_kind, second.power_limit) == (
        "Hopper",
        None,
        "unknown",
        None,
    )


def test_newer_versions_name_the_architecture_themselves(tmp_path: Path) -> None:
    machine = nvidia(tmp_path)
    machine.answers["index,architecture"] = "0, Ada Lovelace\n1, Hopper Next\n"
    assert [device.architecture for device in nvidia_devices(machine)] == ["Ada Lovelace", "Hopper Next"]
    assert not any("compute_cap" in " ".join(asked) for asked in machine.asked)


def test_without_nvidia_smi_there_is_nothing(tmp_path: Path) -> None:
    assert nvidia_devices(PaperMachine(tmp_path)) == []


COLUMNS = "device,Card series,Card model,GFX Version,VRAM Total Memory (B),PCI Bus,Driver version"
ROCM = f"""{COLUMNS},Max Graphics Package Power (W)
card0,Radeon RX 7900 XTX,0x744c,gfx1100,25753026560,0000:03:00.0,6.8.5,327.0
card1,N/A,0x164e,gfx1036,N/A,N/A,6.8.5,N/A
"""


def test_what_rocm_smi_knows(tmp_path: Path) -> None:
    first, second = rocm_devices(PaperMachine(tmp_path, rocm_smi=ROCM))
    assert first == Device(
        identity="0000:03:00.0",
        vendor="AMD",
        model="Radeon RX 7900 XTX",
        architecture="gfx1100",
        memory_kind="dedicated",
        memory=25753026560,
        driver="amdgpu",
        driver_version="6.8.5",
        power_limit=327.0,
    )
    assert (second.identity, second.model, second.memory) == ("card1", "0x164e", None)


def test_older_versions_of_rocm_smi_are_asked_for_less(tmp_path: Path) -> None:
    machine = PaperMachine(tmp_path, rocm_smi="device,GFX Version,GUID\ncard0,gfx906,4711\n")
    machine.answers["--showmaxpower"] = "usage: rocm-smi\n"
    (device,) = rocm_devices(machine)
    assert (device.identity, device.architecture, device.driver_version) == ("4711", "gfx906", None)
    assert rocm_devices(PaperMachine(tmp_path)) == []


def amd_card(tmp_path: Path) -> PaperMachine:
    """A machine with one card of AMD's and one of an unknown vendor, both with their PCI devices."""
    device = "/sys/devices/pci0000:00/0000:03:00.0"
    other = "/sys/devices/pci0000:00/0000:04:00.0"
    machine = PaperMachine(
        tmp_path,
        {
            f"{device}/vendor": "0x1002\n",
            f"{device}/product_name": "Radeon Pro W7900\n",
            f"{device}/mem_info_vram_total": "48301604864\n",
            f"{device}/drm/renderD128/dev": "226:128",
            f"{device}/hwmon/hwmon2/power1_cap": "241000000\n",
            f"{other}/vendor": "0x1af4\n",
            f"{other}/drm/renderD129/dev": "226:129",
            "/dev/dri/renderD128": "",
            "/dev/dri/renderD129": "",
            "/sys/module/amdgpu/version": "6.8.5\n",
            "/sys/class/kfd/kfd/topology/nodes/0/properties": "cpu_cores_count 16\ngfx_target_version 0\n",
            "/sys/class/kfd/kfd/topology/nodes/1/properties": "gfx_target_version 110000\ndrm_render_minor 128\n",
            "/sys/class/kfd/kfd/topology/nodes/2/properties": "gfx_target_version 110000\ndrm_render_minor 135\n",
        },
    )
    link(machine, f"{device}/driver", "/sys/bus/pci/drivers/amdgpu")
    link(machine, "/sys/class/drm/card0/device", device)
    link(machine, "/sys/class/drm/renderD128/device", device)
    link(machine, "/sys/class/drm/card1/device", other)
    return machine


def link(machine: PaperMachine, path: str, target: str) -> None:
    """A symbolic link within the machine."""
    place = machine.path(path)
    place.parent.mkdir(parents=True, exist_ok=True)
    place.symlink_to(machine.path(target))


def test_what_the_driver_knows(tmp_path: Path) -> None:
    (device,) = drm_devices(amd_card(tmp_path))
    assert device == Device(
        identity="0000:03:00.0",
        vendor="AMD",
        model="Radeon Pro W7900",
        memory_kind="dedicated",
        memory=48301604864,
        driver="amdgpu",
        driver_version="6.8.5",
        power_limit=241.0,
    )


def test_a_card_that_we_may_not_compute_on_is_none(tmp_path: Path) -> None:
    machine = amd_card(tmp_path)
    machine.path("/dev/dri/renderD128").unlink()
    assert drm_devices(machine) == []
    assert kfd_devices(machine) == []


def test_what_the_topology_knows(tmp_path: Path) -> None:
    (device,) = kfd_devices(amd_card(tmp_path))
    assert (device.identity, device.architecture, device.vendor) == ("0000:03:00.0", "gfx1100", "AMD")


@pytest.mark.parametrize(
    ("version", "name"),
    [(110501, "gfx1151"), (90010, "gfx90a"), (110000, "gfx1100"), (9000, None), (91100, None), (90016, None)],
)
def test_names_of_architectures(version: int, name: str | None) -> None:
    assert gfx_name(version) == name


def test_sources_fill_each_others_gaps_and_the_first_is_believed() -> None:
    listed = merged(
        [
            Device(identity="0000:09:00.0", vendor="AMD", model="Late"),
            Device(identity="0000:03:00.0", vendor="AMD", model="Told first", driver="amdgpu"),
            Device(
                identity="0000:03:00.0",
                model="Told later",
                architecture="gfx1100",
                memory_kind="dedicated",
                memory=1,
                driver_version="6",
                power_limit=241.0,
            ),
        ]
    )
    assert listed == (
        Accelerator(
            index=0,
            vendor="AMD",
            model="Told first",
            architecture="gfx1100",
            memory=DeviceMemory("dedicated", 1),
            driver=Driver("amdgpu", "6"),
            power_limit_watts=241.0,
        ),
        Accelerator(
            index=1,
            vendor="AMD",
            model="Late",
            architecture=None,
            memory=DeviceMemory("unknown", None),
            driver=None,
            power_limit_watts=None,
        ),
    )
