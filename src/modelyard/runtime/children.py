"""Everybody who serves a model: makes them, and tells those that run of a new configuration."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from modelyard.core.events import Event
from modelyard.core.model import ChildId
from modelyard.runtime.child import Child
from modelyard.runtime.clock import Clock
from modelyard.runtime.guard import Guard
from modelyard.runtime.http.pool import UpstreamPool
from modelyard.runtime.http.turn import Turn
from modelyard.runtime.logs import LogHub
from modelyard.runtime.processspec import ProcessSpec
from modelyard.runtime.serving import ChildServing
from modelyard.runtime.tasks import TaskOwner
from modelyard.runtime.tree import TreeRoot

Specs = Callable[[str], ProcessSpec | None]
"""How a model's process is to be started now; None: there is no such model (any more)."""

BUSY_POLL = 0.5
"""Seconds between two looks at whether an engine has stopped answering."""

OVERSLEPT = 1.0
"""Seconds late at which we take it that we were stopped ourselves, and the engines with us (R33)."""


def _nothing() -> None:
    pass


class Children:
    """The children of one daemon. `post` gets their news."""

    def __init__(
        self,
        specs: Specs,
        *,
        post: Callable[[Event], None],
        guard: Guard,
        logs: LogHub,
        clock: Clock,
        tasks: TaskOwner,
        turn: Turn,
        progressed: Callable[[], None] = _nothing,
    ) -> None:
        """`progressed` is called when one that loads has come further."""
        self._specs = specs
        self._post = post
        self._guard = guard
        self._logs = logs
        self._clock = clock
        self._tasks = tasks
        self._turn = turn
        self._progressed = progressed
        self._servings: list[ChildServing] = []
        self._watching = False

    def __repr__(self) -> str:
        return f"<Children {self._alive()}>"

    def serve(self, child: ChildId, reason: str) -> ChildServing:
        """What serves a new child."""
        spec = self._specs(child.model)
        assert spec is not None, f"{child.model} is not configured, so nobody starts it"
        process = Child(
            child,
            spec,
            post=self._post,
            log=self._logs.model(child.model),
            guard=self._guard,
            clock=self._clock,
            tasks=self._tasks,
            daemon_log=self._logs.daemon,
        )
        process.on_progress = self._progressed
        pool = UpstreamPool(spec.proxy, self._tasks, self._turn, spec.limits)
        serving = ChildServing(process, pool, reason, self._logs.daemon)
        self._servings = [*self._alive(), serving]
        self._watch_the_busy()
        return serving

    def ports(self) -> dict[str, int]:
        """The ports that were handed out to children of which something is left, by model."""
        running = [serving.child.spec for serving in self._alive()]
        return {spec.model: spec.port for spec in running if spec.port is not None}

    def roots(self) -> list[TreeRoot]:
        """What the processes of each model that runs are known by."""
        return [root for serving in self._alive() if (root := serving.child.root) is not None]

    def reconfigure(self) -> frozenset[str]:
        """Hand the new specs to those that run; the models whose process must be another one are left over."""
        unfit = set()
        for serving in self._alive():
            child = serving.child
            spec = self._specs(child.spec.model)
            if spec is None:
                continue
            if spec.same_process(child.spec):
                child.configure(spec)
                serving.pool.limits = spec.limits
            else:
                unfit.add(spec.model)
        self._watch_the_busy()
        return frozenset(unfit)

    def _alive(self) -> list[ChildServing]:
        return [serving for serving in self._servings if not serving.child.gone]

    def _watch_the_busy(self) -> None:
        if not self._watching and self._may_hang():
            self._watching = True
            self._tasks.spawn(self._kill_the_hung(), name="busy time-outs")

    def _may_hang(self) -> list[ChildServing]:
        return [serving for serving in self._alive() if serving.child.spec.busy_timeout]

    async def _kill_the_hung(self) -> None:
        """Look after the engines with a `busyTimeout`, as long as there are any."""
        awake_since = self._clock.now()
        try:
            while watched := self._may_hang():
                asleep = self._clock.now()
                await asyncio.sleep(BUSY_POLL)
                if self._clock.now() > asleep + BUSY_POLL + OVERSLEPT:
                    awake_since = self._clock.now()
                for serving in watched:
                    serving.kill_if_hung(self._clock.now() - awake_since)
        finally:
            self._watching = False
