"""Reload: read the configuration anew, check it, put it to use; one at a time, and no wish is forgotten (R51).

What can't be used changes nothing: the old configuration goes on serving, and `status` says why the new one does not.
"""

from __future__ import annotations

import asyncio
import datetime
from collections.abc import Callable
from typing import NamedTuple, Protocol

import msgspec

from modelyard.app.configfiles import ConfigFiles
from modelyard.app.configstatus import ConfigStatus, problems_shown
from modelyard.config.diff import Changes
from modelyard.config.errors import ConfigError
from modelyard.config.schema import Config, HeldPorts
from modelyard.config.sources import Source
from modelyard.runtime.clock import Clock
from modelyard.runtime.logs import DaemonLog
from modelyard.runtime.tasks import TaskOwner

MOST_TOLD = 50
"""Mistakes of one configuration that the log and the API tell of; ten thousand help nobody."""


class Loaded(NamedTuple):
    """A configuration, and the texts that it was made of."""

    config: Config
    texts: tuple[Source, ...] = ()


class Sources(NamedTuple):
    """Where the configuration comes from."""

    names: tuple[str, ...]
    """For people."""
    load: Callable[[HeldPorts], Loaded]
    """Reads them. Raises `ConfigError`; is called off the loop."""
    files: ConfigFiles | None = None
    """The files themselves, where there are such."""


class Adopter(Protocol):
    """Whoever serves by the configuration."""

    def held_ports(self) -> HeldPorts:
        """The ports that may not change hands."""
        ...

    def adopt(self, config: Config) -> Changes:
        """Serve by this configuration from now on, and say what it changes."""
        ...

    def config_status_changed(self) -> None:
        """`Reloader.status` is another one."""
        ...


class Reloader:
    """Keeps the configuration of an adopter up to date."""

    def __init__(
        self,
        sources: Sources,
        adopter: Adopter,
        *,
        warnings: tuple[str, ...] = (),
        texts: tuple[Source, ...] = (),
        tasks: TaskOwner,
        log: DaemonLog,
        clock: Clock,
    ) -> None:
        """`warnings` are those of the configuration that serves now, `texts` what it was made of."""
        self._sources = sources
        self._adopter = adopter
        self._tasks = tasks
        self._log = log
        self._clock = clock
        self._asked = False
        self._running = False
        self._waiting: list[asyncio.Future[ConfigStatus]] = []
        self.texts = texts
        """What the configuration that serves was made of."""
        now = self._now()
        self.status = ConfigStatus(sources=sources.names, loaded_at=now, checked_at=now, warnings=warnings)

    def __repr__(self) -> str:
        return f"<Reloader {self.status}>"

    def ask(self, why: str) -> None:
        """Reload, now or when the reload that is under way has ended."""
        self._log.info(f"reloading configuration: {why}")
        self._asked = True
        if not self._running:
            self._running = True
            self._tasks.spawn(self._work(), name="reload")

    async def reload(self, why: str) -> ConfigStatus:
        """Ask for a reload, and wait until one that began after this has ended; what came of it."""
        outcome: asyncio.Future[ConfigStatus] = asyncio.get_running_loop().create_future()
        self._waiting.append(outcome)
        self.ask(why)
        return await outcome

    async def _work(self) -> None:
        try:
            while self._asked:
                self._asked = False
                waiting, self._waiting = self._waiting, []
                await self._reload()
                for outcome in waiting:
                    if not outcome.done():
                        outcome.set_result(self.status)
        finally:
            self._running = False

    async def _reload(self) -> None:
        self._change(reloading=True)
        try:
            config, texts = await self._load()
            changes = self._adopter.adopt(config)
        except ConfigError as error:
            self._refuse(error)
            return
        except Exception as error:  # a bug of ours ends neither the server nor the reloads to come
            self._log.error(f"the reload failed: {error!r}")
            self._change(reloading=False, checked_at=self._now(), error=f"internal error: {error!r}", problems=())
            return
        self._log.info(f"configuration reloaded: {changes}")
        self.texts = texts
        now = self._now()
        self._change(
            reloading=False,
            checked_at=now,
            loaded_at=now,
            reloads=self.status.reloads + 1,
            error=None,
            problems=(),
            warnings=config.warnings,
            changes=changes,
        )

    async def _load(self) -> Loaded:
        """Read the sources; again where a child has meanwhile started on a port that was given to another model."""
        while True:
            loaded = await asyncio.to_thread(self._sources.load, self._adopter.held_ports())
            if not _takes_a_port(loaded.config, self._adopter.held_ports()):
                return loaded

    def _refuse(self, error: ConfigError) -> None:
        left_out = len(error.problems) - MOST_TOLD
        error = ConfigError(error.problems[:MOST_TOLD], error.warnings[:MOST_TOLD])
        for line in error.render(color=False).splitlines():
            self._log.warn(line)
        if left_out > 0:
            self._log.warn(f"and {left_out} more")
        self._log.warn("the configuration on disk can't be used; the one from before goes on serving")
        problems = problems_shown(error.problems)
        self._change(reloading=False, checked_at=self._now(), error=str(error), problems=problems)

    def _change(self, **fields: object) -> None:
        self.status = msgspec.structs.replace(self.status, **fields)
        self._adopter.config_status_changed()

    def _now(self) -> str:
        moment = datetime.datetime.fromtimestamp(self._clock.wall(), tz=datetime.UTC)
        return moment.isoformat(timespec="seconds").replace("+00:00", "Z")


def _takes_a_port(config: Config, held: HeldPorts) -> bool:
    """Whether a model has the port of a process that is another model's."""
    return any(
        model.port in held.taken and held.by_model.get(model.id) != model.port for model in config.models.values()
    )
