"""The machine that a simulation assumes: how long each model loads, stops and serves, and what it occupies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from msgspec import Meta, Struct, field

from modelyard.simulate.chance import Chance
from modelyard.simulate.times import LogNormal, Time, draw

Gigabytes = Annotated[float, Meta(ge=0.0)]
DEFAULT_LOAD = 10.0
DEFAULT_STOP = 1.0
DEFAULT_SERVICE = LogNormal(median=4.0, sigma=0.6)


class ModelMachine(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One model. What is left out is taken from the machine's defaults."""

    load: Time | None = None
    """From the start of its process until it is ready."""
    stop: Time | None = None
    """From the order to stop until no process is left; never longer than its `unloadTimeout`."""
    service: Time | None = None
    """From a request's grant to the end of its answer."""
    memory: Gigabytes | None = None


class Machine(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All models. Without any entry every model loads in 10 s, stops in 1 s and answers in some 4 s."""

    load: Time = DEFAULT_LOAD
    stop: Time = DEFAULT_STOP
    service: Time = DEFAULT_SERVICE
    memory: Gigabytes = 0.0
    models: Mapping[str, ModelMachine] = field(default_factory=dict)

    def load_of(self, model: str, generation: int, seed: int) -> float:
        """How long the model's so-and-so-many-th child loads (seconds)."""
        own = self._own(model).load
        return draw(self.load if own is None else own, Chance(seed, "load", model, generation))

    def stop_of(self, model: str, generation: int, seed: int) -> float:
        """How long it takes to stop (seconds)."""
        own = self._own(model).stop
        return draw(self.stop if own is None else own, Chance(seed, "stop", model, generation))

    def service_of(self, model: str) -> Time:
        """How long the model's answers take."""
        own = self._own(model).service
        return self.service if own is None else own

    def memory_of(self, model: str) -> float:
        """What a child of the model occupies (gigabytes)."""
        own = self._own(model).memory
        return self.memory if own is None else own

    def _own(self, model: str) -> ModelMachine:
        return self.models.get(model, _NOTHING)


_NOTHING = ModelMachine()
