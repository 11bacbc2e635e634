"""What is counted of each model since the start, for `/metrics`.

Requests are counted when they are recorded, after their clients have their answers; their tokens when their rows are
made, in the record's own thread; lives of children from what the engine carries out.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Collection
from threading import Lock

from modelyard.core.commands import StartChild, StopChild
from modelyard.core.events import ChildExited, ChildFailed, ChildReady
from modelyard.core.model import ChildId
from modelyard.core.reasons import StopReason
from modelyard.runtime.clock import Clock
from modelyard.runtime.engine import ChildNews, Serving
from modelyard.wire.usage import Figures

UNKNOWN = "(unknown)"
"""Stands for every name that no model has: clients may invent names without end."""

SHORT = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0)
"""Bounds for the times of requests, in seconds."""
LONG = (0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1200.0)
"""Bounds for the times of loads, in seconds."""


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
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value


class ModelMeter:
    """One model's counts."""

    __slots__ = (
        "duration", "evictions", "first_byte", "first_token", "load", "loads", "queue", "requests", "stops", "tokens",
        "waited_for_load", "wasted",
    )  # fmt: skip

    def __init__(self) -> None:
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


class Meters:
    """The counts of all models."""

    def __init__(self, clock: Clock, is_known: Callable[[str], bool]) -> None:
        """`is_known`: whether a model of that name is configured, or that of a peer."""
        self._clock = clock
        self._is_known = is_known
        self._lock = Lock()
        self._starting: dict[ChildId, float] = {}
        self._leaving: dict[ChildId, StopReason] = {}
        self.models: dict[str, ModelMeter] = {}

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

    def count(
        self,
        model: str,
        outcome: str,
        *,
        duration: float,
        queued: float = 0.0,
        loaded: float = 0.0,
        first_byte: float = -1.0,
        first_token: float = -1.0,
    ) -> None:
        """A request has ended. All times are seconds; a negative one stands for none."""
        meter = self.of(model)
        meter.requests[outcome] += 1
        meter.duration.observe(duration)
        meter.queue.observe(queued)
        if loaded > 0:
            meter.waited_for_load.observe(loaded)
        if first_byte >= 0:
            meter.first_byte.observe(first_byte)
        if first_token >= 0:
            meter.first_token.observe(first_token)

    def count_tokens(self, model: str, figures: Figures) -> None:
        """What an engine said of an answer's tokens. May be called by any thread."""
        with self._lock:
            tokens = self.of(model).tokens
            tokens["input"] += max(0, figures.input)
            tokens["output"] += max(0, figures.output)
            tokens["cached"] += max(0, figures.cached)
            tokens["reasoning"] += max(0, figures.reasoning)
            tokens["drafted"] += max(0, figures.drafted)
            tokens["accepted"] += max(0, figures.accepted)

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
