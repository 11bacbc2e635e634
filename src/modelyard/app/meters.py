"""What is counted of each model since the start, for `/metrics`.

Requests are noted when they are recorded, after their clients have their answers, and counted many at a time: sorting
two hundred times and looking each bound up in them costs a fraction of looking up each time. Lives of children come
from what the engine carries out.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Protocol

from modelyard.core.commands import StartChild, StopChild
from modelyard.core.events import ChildExited, ChildFailed, ChildReady
from modelyard.core.model import ChildId
from modelyard.core.reasons import StopReason
from modelyard.runtime.clock import Clock
from modelyard.runtime.engine import ChildNews, Serving
from modelyard.wire.usage import NOTHING, Figures

UNKNOWN = "(unknown)"
"""Stands for every name that no model has: clients may invent names without end."""

SHORT = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0)
"""Bounds for the times of requests, in seconds."""
LONG = (0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1200.0)
"""Bounds for the times of loads, in seconds."""

TOGETHER = 256
"""Requests that are counted at a time, at the latest."""


class Histogram:
    """How many figures lay within each bound; the last count is of those beyond all."""

    __slots__ = ("bounds", "counts", "total")

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.total = 0.0

    def __repr__(self) -> str:
        return f"<Histogram of {sum(self.counts)}, {self.total:g} in all>"

    def observe(self, value: float) -> None:
        """Count one figure."""
        self.observe_all((value,))

    def observe_all(self, values: Iterable[float]) -> None:
        """Count figures; those below 0 stand for none."""
        ordered = sorted(value for value in values if value >= 0)
        if not ordered:
            return
        within = 0
        for index, bound in enumerate(self.bounds):
            before, within = within, bisect_right(ordered, bound, within)
            self.counts[index] += within - before
        self.counts[-1] += len(ordered) - within
        self.total += sum(ordered)


class Ended(Protocol):
    """What is counted of one request that has ended. Moments are seconds on one clock; 0 is one that never came."""

    @property
    def model(self) -> str: ...
    @property
    def outcome(self) -> str: ...
    @property
    def figures(self) -> Figures: ...
    @property
    def arrived_at(self) -> float: ...
    @property
    def first_byte_at(self) -> float: ...
    @property
    def first_token_at(self) -> float: ...
    @property
    def ended_at(self) -> float: ...
    @property
    def queued(self) -> float:
        """How long it waited for its turn (milliseconds)."""
        ...

    @property
    def loaded(self) -> float:
        """How long it waited for its model to load (milliseconds); 0 or less stands for not at all."""
        ...


class ModelMeter:
    """One model's counts."""

    __slots__ = (
        "duration", "evictions", "first_byte", "first_token", "load", "loads", "noted", "queue", "requests", "stops",
        "tokens", "waited_for_load", "wasted",
    )  # fmt: skip

    def __init__(self) -> None:
        self.noted: list[Ended] = []
        """Requests that are not counted yet."""
        self.requests: Counter[str] = Counter()
        """By outcome."""
        self.tokens: Counter[str] = Counter()
        """By kind."""
        self.queue = Histogram(SHORT)
        self.waited_for_load = Histogram(SHORT)
        self.first_byte = Histogram(SHORT)
        self.first_token = Histogram(SHORT)
        self.duration = Histogram(SHORT)
        self.loads = 0
        """Starts of its process."""
        self.load = Histogram(LONG)
        """Of starts that succeeded."""
        self.stops: Counter[str] = Counter()
        """Ends of its process, by reason."""
        self.evictions: Counter[str] = Counter()
        """Times that it had to go, by the model that took its place."""
        self.wasted = 0
        """Loads that served no request."""

    def __repr__(self) -> str:
        return f"<ModelMeter of {self.requests.total()} requests and {self.loads} loads>"

    def count_noted(self) -> None:
        """Count what was noted."""
        noted, self.noted = self.noted, []
        if not noted:
            return
        self.requests.update([one.outcome for one in noted])
        self.duration.observe_all([one.ended_at - one.arrived_at for one in noted])
        self.queue.observe_all([one.queued / 1000 for one in noted])
        self.waited_for_load.observe_all([one.loaded / 1000 for one in noted if one.loaded > 0])
        self.first_byte.observe_all([one.first_byte_at - one.arrived_at for one in noted if one.first_byte_at])
        self.first_token.observe_all([one.first_token_at - one.arrived_at for one in noted if one.first_token_at])
        self._count_tokens([one.figures for one in noted if one.figures is not NOTHING])

    def _count_tokens(self, figures: list[Figures]) -> None:
        if not figures:
            return
        tokens = self.tokens
        tokens["input"] += sum(said.input for said in figures if said.input > 0)
        tokens["output"] += sum(said.output for said in figures if said.output > 0)
        tokens["cached"] += sum(said.cached for said in figures if said.cached > 0)
        tokens["reasoning"] += sum(said.reasoning for said in figures if said.reasoning > 0)
        tokens["drafted"] += sum(said.drafted for said in figures if said.drafted > 0)
        tokens["accepted"] += sum(said.accepted for said in figures if said.accepted > 0)


class Meters:
    """The counts of all models."""

    def __init__(self, clock: Clock, is_known: Callable[[str], bool]) -> None:
        """`is_known`: whether a model of that name is configured, or that of a peer."""
        self._clock = clock
        self._is_known = is_known
        self._starting: dict[ChildId, float] = {}
        self._leaving: dict[ChildId, StopReason] = {}
        self.models: dict[str, ModelMeter] = {}
        """Requests that were noted last are not in it yet; `counted` has them all."""

    def __repr__(self) -> str:
        return f"<Meters of {len(self.models)} models>"

    def keep(self, models: Collection[str]) -> None:
        """Forget the models that are gone, but for those of peers."""
        for model in [model for model in self.models if model not in models and not self._is_known(model)]:
            del self.models[model]

    def of(self, model: str) -> ModelMeter:
        """The counts of a model."""
        name = model if self._is_known(model) else UNKNOWN
        meter = self.models.get(name)
        if meter is None:
            meter = self.models.setdefault(name, ModelMeter())
        return meter

    def count(self, ended: Sequence[Ended]) -> None:
        """Requests have ended."""
        for model in {one.model for one in ended}:
            meter = self.of(model)
            meter.noted += [one for one in ended if one.model == model]
            if len(meter.noted) >= TOGETHER:
                meter.count_noted()

    def counted(self) -> list[tuple[str, ModelMeter]]:
        """All that has been counted, by model."""
        for meter in self.models.values():
            meter.count_noted()
        return sorted(self.models.items())

    def child_moved(self, news: ChildNews, serving: Serving | None) -> None:
        """The engine has started or stopped a child, or heard of one. `serving` None: of one that is long gone."""
        if serving is None:
            return
        child = news.child
        meter = self.of(child.model)
        match news:
            case StartChild():
                meter.loads += 1
                self._starting[child] = self._clock.now()
            case ChildReady():
                meter.load.observe(self._clock.now() - self._starting.get(child, self._clock.now()))
            case StopChild(reason=reason):
                self._leaving[child] = reason
            case ChildExited() | ChildFailed():
                self._gone(meter, news, serving)

    def _gone(self, meter: ModelMeter, news: ChildExited | ChildFailed, serving: Serving) -> None:
        self._starting.pop(news.child, None)
        asked = self._leaving.pop(news.child, None)
        by_itself = "crash" if isinstance(news, ChildExited) else "failed"
        meter.stops[by_itself if asked is None else str(asked.kind)] += 1
        if asked is not None:
            meter.wasted += not serving.pool.was_used
            if asked.successor:
                meter.evictions[asked.successor] += 1
