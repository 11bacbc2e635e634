"""What serves a model: its process, and the connections to it."""

from __future__ import annotations

from modelyard.runtime.child import Child
from modelyard.runtime.http.upstream import UpstreamPool
from modelyard.runtime.logs import DaemonLog


class ChildServing:
    """A child and its pool, as the engine drives them."""

    __slots__ = ("_child", "_log", "_reason", "pool")

    def __init__(self, child: Child, pool: UpstreamPool, reason: str, log: DaemonLog) -> None:
        """`reason` says why it starts now."""
        self._child = child
        self._reason = reason
        self._log = log
        self.pool = pool

    def __repr__(self) -> str:
        return f"<ChildServing {self._child!r} {self.pool!r}>"

    def start(self) -> None:
        """Start the process."""
        self._log.info(f"starting {self._child.child.model}: {self._reason}")
        self._child.start()

    def stop(self, grace: float, reason: str) -> None:
        """Stop it within `grace` seconds, then kill."""
        self._log.info(f"stopping {self._child.child.model}: {reason}")
        self._child.stop(grace)

    def kill(self) -> None:
        """Kill it at once."""
        self._child.kill()

    async def wait_gone(self) -> None:
        """Return once no process of it is left."""
        await self._child.wait_gone()
