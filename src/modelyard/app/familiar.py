"""Lines of the log that people who come from llama-swap look for (spec http 15), beside our own."""

from __future__ import annotations

from modelyard.app.world import World
from modelyard.core.commands import StopChild
from modelyard.core.events import ChildFailed
from modelyard.core.reasons import StopKind, StopReason
from modelyard.runtime.engine import ChildNews, Engine, Serving
from modelyard.runtime.logs import DaemonLog


class FamiliarLines:
    """Hears what happens to children and says some of it in the old words."""

    def __init__(self, engine: Engine, world: World, log: DaemonLog) -> None:
        """Add itself to those who hear the engine's news."""
        self._engine = engine
        self._world = world
        self._log = log
        self._next = engine.witness
        engine.witness = self.child_moved

    def __repr__(self) -> str:
        return f"<FamiliarLines of {self._engine!r}>"

    def child_moved(self, news: ChildNews, serving: Serving | None) -> None:
        """Say it, and tell the next one."""
        match news:
            case StopChild(child=child, reason=StopReason(kind=StopKind.TTL)):
                ttl = self._world.config.models[child.model].ttl
                self._log.info(f"<{child.model}> Unloading model, TTL of {ttl:g}s reached")
            case ChildFailed(child=child, reason=reason) if reason:
                cause = reason.partition("\n")[0]
                self._log.error(f"{self._engine.snapshot().planner}: starting {child.model} failed: {cause}")
            case _:
                pass
        self._next(news, serving)
