"""Loading models without a request of anybody: by hand, and ahead of time (spec lifecycle 10.2)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from modelyard.app.world import World
from modelyard.core.errors import Cause, ShuttingDown
from modelyard.core.events import TryAgainAsked
from modelyard.core.together import loadable_together
from modelyard.runtime.clock import Clock
from modelyard.runtime.engine import Engine, Serving
from modelyard.runtime.health import Probe, probe_target
from modelyard.runtime.logs import DaemonLog
from modelyard.runtime.tasks import TaskOwner
from modelyard.wire.errors import of_cause


class Loader:
    """Asks for models as a request would: waits for its turn, and makes room by the same rules."""

    def __init__(self, engine: Engine, world: World, *, tasks: TaskOwner, log: DaemonLog, clock: Clock) -> None:
        self._engine = engine
        self._world = world
        self._tasks = tasks
        self._log = log
        self._clock = clock

    def __repr__(self) -> str:
        return f"<Loader over {self._engine!r}>"

    async def load(self, model: str) -> Cause | None:
        """Return once the model is ready; why not, where it will not be. Its failed starts are forgiven."""
        self._engine.post(TryAgainAsked(model))
        return await self._hold(model, _nothing)

    def begin(self, model: str) -> None:
        """Load it in the background. Its failed starts are forgiven."""
        self._engine.post(TryAgainAsked(model))
        self._tasks.spawn(self._say_if_not(model, _nothing), name=f"load {model}")

    def preload(self, models: Sequence[str]) -> None:
        """Load all that can run together, at the same time. Of those that can't, the last one of the list wins."""
        chosen = loadable_together(models, self._world.planner())
        for model in dict.fromkeys(models):
            if model not in chosen:
                self._log.warn(f"{model} is not preloaded: it can't run beside others that are")
        for model in chosen:
            self._log.info(f"preloading model: {model}")
            self._tasks.spawn(self._say_if_not(model, self._warm_up, "preload"), name=f"preload {model}")

    async def _say_if_not(self, model: str, then: Callable[[str], Awaitable[None]], doing: str = "load") -> None:
        cause = await self._hold(model, then)
        if cause is not None and not isinstance(cause, ShuttingDown):
            error = of_cause(cause)
            self._log.error(f"failed to {doing} model {model}: status {error.status}: {error.message}")

    async def _hold(self, model: str, then: Callable[[str], Awaitable[None]]) -> Cause | None:
        """Wait for the model and do something while it can't be evicted."""
        turn = _Turn()
        request = self._engine.submit(model, turn)
        try:
            cause = await turn.over
            if cause is None:
                await then(model)
        finally:
            if turn.was_granted:
                self._engine.done(request)
            else:
                self._engine.leave(request)
        return cause

    async def _warm_up(self, model: str) -> None:
        """Ask for `/`, as llama-swap does. What the engine says to that is its own affair: a model that is ready stays
        (R8)."""
        config = self._world.config.models.get(model)
        if config is None:
            return
        answer = await Probe(probe_target(config.proxy, "/"), self._clock).ask_once()
        if not answer.startswith(("status 2", "status 3")):
            self._log.info(f"{model} is preloaded; to a request for / it says: {answer}")


async def _nothing(_model: str) -> None:
    pass


class _Turn:
    """Waits for the engine's word."""

    def __init__(self) -> None:
        self.over: asyncio.Future[Cause | None] = asyncio.get_running_loop().create_future()
        self.was_granted = False

    def granted(self, serving: Serving) -> None:
        """The model is ready, and stays until this ends."""
        self.was_granted = True
        self._end(None)

    def rejected(self, cause: Cause) -> None:
        """It will not be."""
        self._end(cause)

    def waiting_at(self, position: int, turn: int) -> None:
        """Nobody is told."""

    def _end(self, cause: Cause | None) -> None:
        if not self.over.done():
            self.over.set_result(cause)
