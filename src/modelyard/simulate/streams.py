"""The kinds of traffic that a workload file can ask for, one class each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated

from msgspec import Meta, Struct

from modelyard.simulate.chance import Chance
from modelyard.simulate.clients import Adversary, Agent, Ask, Client, Crowd
from modelyard.simulate.machine import Machine
from modelyard.simulate.times import Seconds, Time, draw

Positive = Annotated[float, Meta(gt=0.0)]
Count = Annotated[int, Meta(ge=1, le=10_000)]
Names = Annotated[tuple[str, ...], Meta(min_length=1)]
_MINUTE = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Where a stream plays: the machine, the end of the whole (seconds), and the chance that decides."""

    machine: Machine
    end: float
    seed: int


NAMING = ("model", "models", "pattern", "turns")
"""The fields of the kinds that name models."""


class Stream(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel", tag_field="kind", omit_defaults=True
):
    """What all kinds share."""

    caller: str = ""
    """Who asks, for fairness; without it each stream is a caller of its own."""
    start: Seconds = 0.0
    until: Seconds | None = None
    """Nothing is asked for from then on; the end of the workload where it is not given."""
    service: Time | None = None
    """How long the answers take; the machine knows where it is not given."""
    patience: Seconds | None = None

    def clients(self, stage: Stage, name: str) -> list[Client]:
        """The clients; `name` tells the stream from the others."""
        raise NotImplementedError

    def expected(self, duration: float) -> float:
        """How many requests an open stream makes in so many seconds, about; 0 where that is up to the answers."""
        return 0.0

    def _end(self, stage: Stage) -> float:
        return stage.end if self.until is None else min(self.until, stage.end)

    def _ask(self, stage: Stage, at: float, model: str, caller: str, number: int) -> Ask:
        """A request; how long its answer takes is decided by the caller and the number that it has with them."""
        service = stage.machine.service_of(model) if self.service is None else self.service
        seconds = draw(service, Chance(stage.seed, "service", caller, number))
        return Ask(at=at, model=model, caller=caller, service=seconds, patience=self.patience)

    def _crowd(self, stage: Stage, name: str, visits: Iterator[tuple[float, str]], callers: int = 1) -> list[Client]:
        caller = self.caller or name
        names = [caller] if callers == 1 else [f"{caller}-{number}" for number in range(1, callers + 1)]
        return [
            Crowd(
                [
                    self._ask(stage, at, model, names[number % len(names)], number)
                    for number, (at, model) in enumerate(visits)
                ]
            )
        ]


class Poisson(Stream, frozen=True, kw_only=True, tag="poisson"):
    """Independent requests for one model, so many a minute on average."""

    model: str
    per_minute: Positive

    def expected(self, duration: float) -> float:
        """See `Stream`."""
        return duration * self.per_minute / _MINUTE

    def clients(self, stage: Stage, name: str) -> list[Client]:
        """See `Stream`."""
        times = _arrivals(Chance(stage.seed, "arrivals", name), self.start, self._end(stage), self.per_minute)
        return self._crowd(stage, name, ((at, self.model) for at in times))


class Steady(Stream, frozen=True, kw_only=True, tag="steady"):
    """A request for one model every so many seconds."""

    model: str
    every: Positive

    def expected(self, duration: float) -> float:
        """See `Stream`."""
        return duration / self.every

    def clients(self, stage: Stage, name: str) -> list[Client]:
        """See `Stream`."""
        return self._crowd(stage, name, ((at, self.model) for at in _ticks(self.start, self._end(stage), self.every)))


class Bursts(Stream, frozen=True, kw_only=True, tag="bursts"):
    """The requests of `pattern`, `apart` seconds between them; and again every `every` seconds."""

    pattern: Names
    every: Positive
    apart: Seconds = 0.0
    callers: Count = 1
    """The requests of a burst take turns between so many callers."""

    def expected(self, duration: float) -> float:
        """See `Stream`."""
        return duration / self.every * len(self.pattern)

    def clients(self, stage: Stage, name: str) -> list[Client]:
        """See `Stream`."""
        visits = (
            (burst + index * self.apart, model)
            for burst in _ticks(self.start, self._end(stage), self.every)
            for index, model in enumerate(self.pattern)
        )
        return self._crowd(stage, name, visits, self.callers)


class Zipf(Stream, frozen=True, kw_only=True, tag="zipf"):
    """Independent requests for many models: the n-th is asked for n^`exponent` times as rarely as the first."""

    per_minute: Positive
    models: tuple[str, ...] = ()
    """All of the configuration, in its order, where none is named."""
    exponent: Annotated[float, Meta(ge=0.0, le=10.0)] = 1.0
    callers: Count = 1

    def expected(self, duration: float) -> float:
        """See `Stream`."""
        return duration * self.per_minute / _MINUTE

    def clients(self, stage: Stage, name: str) -> list[Client]:
        """See `Stream`."""
        times = _arrivals(Chance(stage.seed, "arrivals", name), self.start, self._end(stage), self.per_minute)
        choice = Chance(stage.seed, "choice", name)
        weights = [1.0 / rank**self.exponent for rank in range(1, len(self.models) + 1)]
        return self._crowd(stage, name, ((at, _weighted(choice, self.models, weights)) for at in times), self.callers)


class Agents(Stream, frozen=True, kw_only=True, tag="agents"):
    """Agents that ask for one model after the other, each request when the last one has been answered.

    The second agent begins with the second of `turns`, and so on.
    """

    turns: Names
    agents: Count = 1
    think: Time = 0.0
    """From an answer to the next request."""
    rounds: Count | None = None
    """How many requests each agent makes; until the end where it is not given."""

    def clients(self, stage: Stage, name: str) -> list[Client]:
        """See `Stream`."""
        return [self._agent(stage, name, number) for number in range(self.agents)]

    def _agent(self, stage: Stage, name: str, number: int) -> Client:
        caller = self.caller or (name if self.agents == 1 else f"{name}-{number + 1}")
        first = number % len(self.turns)
        asker = _ThinkingAsker(self, stage, caller, f"{name}-{number + 1}", self.think, self.rounds)
        return Agent(asker, self.turns[first:] + self.turns[:first], self.start)


class Adversarial(Stream, frozen=True, kw_only=True, tag="adversary"):
    """A client that wants, whenever it has been answered, a model that is not loaded."""

    models: Annotated[tuple[str, ...], Meta(min_length=2)]
    think: Time = 0.0

    def clients(self, stage: Stage, name: str) -> list[Client]:
        """See `Stream`."""
        asker = _ThinkingAsker(self, stage, self.caller or name, name, self.think)
        return [Adversary(asker, self.models, self.start)]


AnyStream = Poisson | Steady | Bursts | Zipf | Agents | Adversarial


@dataclass(frozen=True, slots=True)
class _ThinkingAsker:
    """Makes the next request of a closed loop, or none when its time is over."""

    stream: Stream
    stage: Stage
    caller: str
    name: str
    think: Time
    rounds: int | None = None

    def __call__(self, number: int, now: float, model: str) -> Ask | None:
        if self.rounds is not None and number > self.rounds:
            return None
        thought = 0.0 if number == 1 else draw(self.think, Chance(self.stage.seed, "think", self.name, number))
        at = now + thought
        if at >= self.stream._end(self.stage):
            return None
        return self.stream._ask(self.stage, at, model, self.caller, number)


def _arrivals(chance: Chance, start: float, end: float, per_minute: float) -> Iterator[float]:
    at = start + chance.exponential(_MINUTE / per_minute)
    while at < end:
        yield at
        at += chance.exponential(_MINUTE / per_minute)


def _ticks(start: float, end: float, every: float) -> Iterator[float]:
    number = 0
    while start + number * every < end:
        yield start + number * every
        number += 1


def _weighted(chance: Chance, names: Sequence[str], weights: Sequence[float]) -> str:
    rest = chance.share() * sum(weights)
    for name, weight in zip(names, weights, strict=True):
        rest -= weight
        if rest < 0:
            return name
    return names[-1]
