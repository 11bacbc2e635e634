"""What serves a model: its process, and the connections to it."""

from __future__ import annotations

from modelyard.runtime.child import Child
from modelyard.runtime.http.upstream import UpstreamPool


class ChildServing:
    """A child and its pool, as the engine drives them."""

    __slots__ = ("_child", "pool")

    def __init__(self, child: Child, pool: UpstreamPool) -> None:
        self._child = child
        self.pool = pool

    def __repr__(self) -> str:
        return f"<ChildServing {self._child!r} {self.pool!r}>"

    def start(self) -> None:
        """Start the process."""
        self._child.start()

    def stop(self, grace: float) -> None:
        """Stop it within `grace` seconds, then kill."""
        self._child.stop(grace)

    def kill(self) -> None:
        """Kill it at once."""
        self._child.kill()

    async def wait_gone(self) -> None:
        """Return once no process of it is left."""
        await self._child.wait_gone()
