"""What operators want to know of a running Modelyard beside its requests: gauges, counts, hardware."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from modelyard.app.enginefigures import engine_figures
from modelyard.app.meters import Meters
from modelyard.app.metrics import machine_families, model_families
from modelyard.app.world import World
from modelyard.core.model import Phase
from modelyard.runtime.aside import run_aside
from modelyard.runtime.clock import Clock
from modelyard.runtime.engine import Engine
from modelyard.runtime.gauges.machine import Machine
from modelyard.runtime.gauges.monitor import Monitor, Roots
from modelyard.runtime.hardware.detect import DetectionError, detect
from modelyard.runtime.hardware.report import Hardware
from modelyard.runtime.logs import DaemonLog
from modelyard.runtime.tasks import TaskOwner
from modelyard.wire.exposition import write

DETECTION_LIMIT = 10.0
"""Seconds that looking the machine over may take (spec lifecycle 12)."""


class Monitoring:
    """Everything that is measured or counted. Counts go on across reloads."""

    def __init__(
        self,
        engine: Engine,
        world: World,
        roots: Roots,
        *,
        tasks: TaskOwner,
        clock: Clock,
        log: DaemonLog,
        machine: Machine | None = None,
    ) -> None:
        """`roots` are the processes whose memory is measured; `machine` is the one to look at, ours by default."""
        self._engine = engine
        self._world = world
        self._tasks = tasks
        self._clock = clock
        self._log = log
        self._machine = machine or Machine()
        self._detection: asyncio.Task[Hardware | None] | None = None
        self.monitor = Monitor(roots, tasks=tasks, clock=clock, log=log, machine=self._machine)
        self.meters = Meters(clock, self._is_known)
        engine.witness = self.meters.child_moved

    def __repr__(self) -> str:
        return f"<Monitoring {self.monitor!r} {self.meters!r}>"

    def _is_known(self, model: str) -> bool:
        config = self._world.config
        return model in config.models or config.find_peer(model) is not None

    def start(self) -> None:
        """Look the machine over and watch it, beside everything else. Call once the server listens: one that can't
        has nothing to say of the machine."""
        self._detection = self._tasks.spawn(self._detect(), name="looking the machine over")
        self.adopt()

    def adopt(self) -> None:
        """Follow the configuration as it is now."""
        config = self._world.config
        if self._detection is not None:
            self.monitor.configure(config.performance)
        self.meters.keep(config.models)

    async def hardware(self) -> Hardware | None:
        """What the machine is made of, as it was at the start; None where that can't be told. Waits for who looks."""
        if self._detection is None:
            return None
        return await asyncio.shield(self._detection)

    async def _detect(self) -> Hardware | None:
        at = datetime.fromtimestamp(self._clock.wall(), UTC)
        try:
            async with asyncio.timeout(DETECTION_LIMIT):
                return await run_aside(lambda: detect(self._machine, at), name="looking the machine over")
        except (TimeoutError, DetectionError) as error:
            self._log.warn(f"no report of the hardware: {str(error) or 'it took too long'}")
            return None

    async def of_engines(self) -> bytes:
        """The figures that the engines of the models that are ready have themselves, as Prometheus reads them."""
        models = self._world.config.models
        ready = [model for model in models if self._engine.phase_of(model) is Phase.READY]
        return await engine_figures({model: models[model].proxy for model in ready}, self._tasks)

    def exposition(self) -> bytes:
        """All figures as Prometheus reads them."""
        snapshot = self._engine.snapshot()
        ours = model_families(self.meters, snapshot, self.monitor)
        return write([*machine_families(self.monitor), *ours])
