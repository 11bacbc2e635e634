"""Everybody who serves a model: makes them, and tells those that run of a new configuration."""

from __future__ import annotations

from collections.abc import Callable

from modelyard.core.events import Event
from modelyard.core.model import ChildId
from modelyard.runtime.child import Child, ProcessSpec
from modelyard.runtime.clock import Clock
from modelyard.runtime.guard import Guard
from modelyard.runtime.http.turn import Turn
from modelyard.runtime.http.upstream import UpstreamPool
from modelyard.runtime.logs import LogHub
from modelyard.runtime.serving import ChildServing
from modelyard.runtime.tasks import TaskOwner

Specs = Callable[[str], ProcessSpec | None]
"""How a model's process is to be started now; None: there is no such model (any more)."""


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
    ) -> None:
        self._specs = specs
        self._post = post
        self._guard = guard
        self._logs = logs
        self._clock = clock
        self._tasks = tasks
        self._turn = turn
        self._children: list[Child] = []

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
        self._children = [*self._alive(), process]
        return ChildServing(process, UpstreamPool(spec.proxy, self._tasks, self._turn), reason, self._logs.daemon)

    def ports(self) -> dict[str, int]:
        """The ports that were handed out to children of which something is left, by model."""
        return {child.spec.model: child.spec.port for child in self._alive() if child.spec.port is not None}

    def reconfigure(self) -> frozenset[str]:
        """Hand the new specs to those that run; the models whose process must be another one are left over."""
        unfit = set()
        for child in self._alive():
            spec = self._specs(child.spec.model)
            if spec is None:
                continue
            if spec.same_process(child.spec):
                child.configure(spec)
            else:
                unfit.add(spec.model)
        return frozenset(unfit)

    def _alive(self) -> list[Child]:
        return [child for child in self._children if not child.gone]
