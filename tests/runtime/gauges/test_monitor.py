"""Samples at an interval, kept for an hour."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from modelyard.config.document import Performance
from modelyard.runtime.clock import SystemClock
from modelyard.runtime.gauges import monitor as module
from modelyard.runtime.gauges.monitor import Monitor
from modelyard.runtime.gauges.samples import ProcessMemory
from modelyard.runtime.logs import LogHub
from modelyard.runtime.platform.base import ProcessKey
from modelyard.runtime.tasks import TaskOwner
from modelyard.runtime.tree import TreeRoot
from tests.runtime.gauges.machines import PaperMachine
from tests.runtime.gauges.test_nvidia import SMI
from tests.runtime.gauges.test_system import MEMINFO, STAT
from tests.support.plane import eventually

OFTEN = Performance(every=0.001)
ROOTS: list[TreeRoot] = []

Story = Callable[[Monitor, PaperMachine, LogHub], Awaitable[None]]


def watch(tmp_path: Path, story: Story, **programs: str) -> None:
    """Run the story with a monitor of a machine on paper."""

    async def work() -> None:
        machine = PaperMachine(tmp_path, {"/proc/stat": STAT, "/proc/meminfo": MEMINFO}, **programs)
        logs = LogHub(to_stdout="none")
        crashes: list[str] = []
        tasks = TaskOwner(lambda name, error: crashes.append(f"{name}: {error!r}"))
        monitor = Monitor(lambda: ROOTS, tasks=tasks, clock=SystemClock(), log=logs.daemon, machine=machine)
        try:
            await story(monitor, machine, logs)
        finally:
            await tasks.aclose()
        assert crashes == []

    asyncio.run(work())


def test_nothing_is_taken_until_it_is_told_to(tmp_path: Path) -> None:
    async def story(monitor: Monitor, machine: PaperMachine, logs: LogHub) -> None:
        assert not monitor.enabled
        monitor.configure(Performance(disabled=True, every=0.001))
        assert not monitor.enabled
        assert repr(monitor) == "<Monitor with 0 samples, off>"

    watch(tmp_path, story)


def test_the_machine_and_its_gpus_are_sampled(tmp_path: Path) -> None:
    async def story(monitor: Monitor, machine: PaperMachine, logs: LogHub) -> None:
        monitor.configure(OFTEN)
        await eventually(lambda: len(monitor.systems) > 2 and len(monitor.gpus) > 2)
        assert monitor.systems[0].mem_total_mb == 16000
        assert monitor.systems[0].timestamp <= monitor.systems[1].timestamp
        assert [gpu.name for gpu in monitor.gpus[0]] == ["NVIDIA GeForce RTX 4090", "NVIDIA H200"]
        assert b"GPUs are read through nvidia-smi" in (logs.history("proxy") or b"")

    watch(tmp_path, story, nvidia_smi=SMI)


def test_a_machine_that_can_not_be_measured_is_reported_once(tmp_path: Path) -> None:
    async def story(monitor: Monitor, machine: PaperMachine, logs: LogHub) -> None:
        machine.path("/proc/meminfo").unlink()
        monitor.configure(OFTEN)
        await eventually(lambda: b"names no memory" in (logs.history("proxy") or b""))
        machine.write("/proc/meminfo", MEMINFO)
        await eventually(lambda: monitor.systems)
        assert (logs.history("proxy") or b"").count(b"names no memory") == 1
        assert not monitor.gpus

    watch(tmp_path, story)


def test_only_other_settings_begin_anew(tmp_path: Path) -> None:
    async def story(monitor: Monitor, machine: PaperMachine, logs: LogHub) -> None:
        monitor.configure(OFTEN)
        await eventually(lambda: monitor.systems)
        monitor.configure(Performance(every=0.001))
        assert monitor.systems
        monitor.configure(Performance(every=1000.0))
        assert monitor.enabled
        assert not monitor.systems
        assert monitor.systems.maxlen == 3
        monitor.configure(Performance(disabled=True))
        assert not monitor.enabled

    watch(tmp_path, story)


def test_the_memory_of_models_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    held = ProcessMemory(processes=1, resident=2, anonymous=1, gpu={"0": 5})
    asked: list[tuple[object, bool]] = []

    def measure(machine: object, roots: object, gpus: object, *, walk: bool) -> dict[str, ProcessMemory]:
        asked.append((gpus, walk))
        return {"m": held}

    monkeypatch.setattr(module, "measure", measure)
    monkeypatch.setattr(module, "FIRST", 0.0)
    monkeypatch.setitem(globals(), "ROOTS", [TreeRoot("m", ProcessKey(10, 1), "d:m#1")])

    async def story(monitor: Monitor, machine: PaperMachine, logs: LogHub) -> None:
        monitor.configure(OFTEN)
        await eventually(lambda: len(asked) > 2)
        assert monitor.memory == {"m": held}
        assert [(one.model, one.resident, one.gpu) for one in monitor.models[0]] == [("m", 2, {"0": 5})]
        assert [walk for _, walk in asked[:3]] == [True, False, False]

    watch(tmp_path, story)
