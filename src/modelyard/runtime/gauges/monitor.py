"""Takes samples at an interval, beside the loop, and keeps those of an hour (spec lifecycle 11)."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime

from modelyard.config.document import Performance
from modelyard.runtime.aside import run_aside
from modelyard.runtime.clock import Clock
from modelyard.runtime.gauges.gpus import GpuSource, find_gpus
from modelyard.runtime.gauges.machine import Machine
from modelyard.runtime.gauges.memory import measure
from modelyard.runtime.gauges.samples import GpuSample, ModelSample, ProcessMemory, SystemSample
from modelyard.runtime.gauges.system import SystemGauge, UnreadableError
from modelyard.runtime.logs import DaemonLog
from modelyard.runtime.tasks import TaskOwner
from modelyard.runtime.tree import TreeRoot

HISTORY = 3600.0
"""Seconds of which samples are kept."""
FIRST = 1.0
"""Seconds until the first sample: shares of time need some time to be of."""
WALK_EVERY = 60.0
"""Seconds at least between counts of shared pages in parts: they stop large processes for a moment."""

Roots = Callable[[], list[TreeRoot]]
"""Whose memory is to be measured, at this moment."""


class Monitor:
    """The samples of the machine, of its GPUs, and of the memory of the models' processes."""

    def __init__(self, roots: Roots, *, tasks: TaskOwner, clock: Clock, log: DaemonLog, machine: Machine) -> None:
        self._roots = roots
        self._tasks = tasks
        self._clock = clock
        self._log = log
        self._machine = machine
        self._settings: Performance | None = None
        self._running: list[asyncio.Task[None]] = []
        self._gpu_source: GpuSource | None = None
        self._next_walk = 0.0
        self._failure = ""
        self._forget()

    def __repr__(self) -> str:
        return f"<Monitor with {len(self.systems)} samples{'' if self.enabled else ', off'}>"

    def _forget(self) -> None:
        kept = max(1, int(HISTORY / self._settings.every)) if self._settings is not None else 1
        self.systems: deque[SystemSample] = deque(maxlen=kept)
        """The machine, oldest first."""
        self.gpus: deque[list[GpuSample]] = deque(maxlen=kept)
        """All GPUs at once, oldest first."""
        self.models: deque[list[ModelSample]] = deque(maxlen=kept)
        """All models that ran at once, oldest first."""
        self.memory: Mapping[str, ProcessMemory] = {}
        """What the processes of each model that runs held last."""

    @property
    def enabled(self) -> bool:
        """Whether samples are taken."""
        return self._settings is not None and not self._settings.disabled

    def configure(self, settings: Performance) -> None:
        """Apply `performance`. Other settings than before begin anew, with no samples; the same change nothing."""
        if settings == self._settings:
            return
        self._settings = settings
        for task in self._running:
            task.cancel()
        self._running = []
        self._forget()
        if self.enabled:
            self._running = [
                self._tasks.spawn(self._watch_system(settings.every), name="gauges of the machine"),
                self._tasks.spawn(self._watch_models(settings.every), name="gauges of GPUs and processes"),
            ]

    async def _watch_system(self, every: float) -> None:
        gauge = await run_aside(lambda: SystemGauge(self._machine), name="gauge")

        async def take() -> None:
            at = self._wall()
            try:
                self.systems.append(await run_aside(lambda: gauge.sample(at), name="gauge"))
            except UnreadableError as error:
                self._complain(str(error))

        await _repeat(every, take)

    async def _watch_models(self, every: float) -> None:
        """Apart from the machine: a driver that hangs must not keep the rest from being told."""
        self._gpu_source = await run_aside(lambda: find_gpus(self._machine), name="GPU search")
        self._log.info(f"GPUs are read through {self._gpu_source.name}" if self._gpu_source else "no GPU to read")

        async def take() -> None:
            at = self._wall()
            if (source := self._gpu_source) is not None:
                self.gpus.append(await run_aside(lambda: source.sample(at), name="GPU gauge"))
            self.memory = await self.measure_memory(walk=self._walk_is_due())
            self.models.append([_sample(at, model, held) for model, held in self.memory.items()])

        await _repeat(every, take)

    async def measure_memory(self, *, walk: bool = False) -> dict[str, ProcessMemory]:
        """What the processes of each model that runs hold now. `walk`: with shared pages in parts, which costs more."""
        roots, source = self._roots(), self._gpu_source
        if not roots:
            return {}
        return await run_aside(
            lambda: measure(self._machine, roots, source.processes() if source else {}, walk=walk), name="memory gauge"
        )

    def _walk_is_due(self) -> bool:
        now = self._clock.now()
        if now < self._next_walk:
            return False
        self._next_walk = now + WALK_EVERY
        return True

    def _wall(self) -> datetime:
        return datetime.fromtimestamp(self._clock.wall(), UTC)

    def _complain(self, failure: str) -> None:
        """Once for each reason in a row."""
        if failure != self._failure:
            self._failure = failure
            self._log.error(f"the machine can't be measured: {failure}")


def _sample(at: datetime, model: str, held: ProcessMemory) -> ModelSample:
    return ModelSample(timestamp=at, model=model, resident=held.resident, anonymous=held.anonymous, gpu=dict(held.gpu))


async def _repeat(every: float, take: Callable[[], Awaitable[None]]) -> None:
    delay = min(FIRST, every)
    while True:
        await asyncio.sleep(delay)
        delay = every
        await take()
