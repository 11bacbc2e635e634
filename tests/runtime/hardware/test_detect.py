"""The whole report."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from modelyard import __version__
from modelyard.runtime.gauges.machine import Machine
from modelyard.runtime.hardware.detect import DetectionError, detect
from tests.runtime.gauges.machines import PaperMachine
from tests.runtime.hardware.test_accelerators import nvidia

AT = datetime(2031, 2, 5, 9, 8, 7, tzinfo=UTC)


def test_the_report_in_full(tmp_path: Path) -> None:
    machine = nvidia(tmp_path)
    machine.write("/proc/meminfo", "MemTotal: 2048 kB\n")
    report = json.loads(msgspec.json.encode(detect(machine, AT)))
    accelerators = report.pop("accelerators")
    assert report == {
        "schema_version": 1,
        "captured_at": "2031-02-05T09:08:07Z",
        "capture": {
            "scope": "inference_host",
            "method": "detected",
            "detector": {"name": "modelyard", "version": __version__},
        },
        "architecture": {"name": "x86_64", "raw_name": "amd64"},
        "operating_system": {"family": "linux", "name": None, "version": None, "kernel": None},
        "environment": {"kind": "unknown", "name": None, "version": None},
        "cpu": {
            "vendor": None,
            "model": None,
            "socket_count": None,
            "physical_core_count": None,
            "logical_thread_count": None,
        },
        "memory": {"capacity_bytes": 2097152},
    }
    assert accelerators[0] == {
        "index": 0,
        "kind": "gpu",
        "vendor": "NVIDIA",
        "model": "NVIDIA GeForce RTX 4090",
        "architecture": "Ada Lovelace",
        "memory": {"kind": "dedicated", "capacity_bytes": 25757220864},
        "driver": {"name": "nvidia", "version": "570.86.10"},
        "power_limit_watts": 450.0,
    }
    assert "GPU-aaaa" not in str(accelerators)


def test_without_memory_there_is_no_report(tmp_path: Path) -> None:
    with pytest.raises(DetectionError):
        detect(PaperMachine(tmp_path), AT)


def test_a_source_that_writes_other_things_than_we_know_says_nothing(tmp_path: Path) -> None:
    machine = nvidia(tmp_path)
    machine.write("/proc/meminfo", "MemTotal: 2048 kB\n")
    machine.write("/dev/dri/renderD128", "")
    machine.write("/sys/class/drm/renderD128/device/vendor", "0x1002\n")
    machine.write("/sys/class/kfd/kfd/topology/nodes/1/properties", "gfx_target_version new\ndrm_render_minor 128\n")
    assert len(detect(machine, AT).accelerators) == 2


def test_the_machine_that_we_are_on() -> None:
    report = detect(Machine(), AT)
    assert report.memory.capacity_bytes > 1 << 20
    assert report.cpu.logical_thread_count
