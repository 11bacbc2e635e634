"""What serves a model: its process, and the connections to it."""

from __future__ import annotations

from modelyard.runtime.child import Child
from modelyard.runtime.http.pool import UpstreamPool
from modelyard.runtime.logs import DaemonLog
from modelyard.wire.durations import go_duration


class ChildServing:
    """A child and its pool, as the engine drives them."""

    __slots__ = ("_log", "_reason", "child", "pool")

    def __init__(self, child: Child, pool: UpstreamPool, reason: str, log: DaemonLog) -> None:
        """`reason` says why it starts now."""
        self.child = child
        self._reason = reason
        self._log = log
        self.pool = pool
        pool.in_doubt = child.doubt

    def __repr__(self) -> str:
        return f"<ChildServing {self.child!r} {self.pool!r}>"

    @property
    def load_progress(self) -> float | None:
        """How far it has loaded, from 0 to 1; None where its log does not tell, and when it is ready."""
        return self.child.load_progress

    def start(self) -> None:
        """Start the process."""
        self._log.info(f"starting {self.child.child.model}: {self._reason}")
        self.child.start()

    def stop(self, grace: float, reason: str) -> None:
        """Stop it within `grace` seconds, then kill."""
        self._log.info(f"stopping {self.child.child.model}: {reason}")
        self.child.stop(grace)

    def kill_if_hung(self, awake: float) -> None:
        """Kill it if it has sent nothing for its `busyTimeout` although a request waits for its answer (R32).

        `awake` is for how many seconds we have been looking without a break. Its requests end when their connections
        break, so when it is gone and not before.
        """
        spec = self.child.spec
        if not spec.busy_timeout or self.child.stopping or awake <= spec.busy_timeout:
            return
        if self.pool.seconds_of_silence() > spec.busy_timeout:
            self._log.warn(f"<{spec.model}> has sent nothing for {go_duration(spec.busy_timeout)} while busy: killed")
            self.child.kill()

    def kill(self) -> None:
        """Kill it at once."""
        self.child.kill()

    async def wait_gone(self) -> None:
        """Return once no process of it is left."""
        await self.child.wait_gone()
