"""Sources of requests. Open ones come when they come; closed ones ask again when they have been answered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A client wants `model` at `at` (seconds). The answer takes `service` seconds from the grant on; a client that
    is not served within `patience` seconds leaves."""

    at: float
    model: str
    caller: str
    service: float
    patience: float | None = None


class Client(Protocol):
    """Whoever asks. Made anew for each run."""

    def opening(self) -> Sequence[Ask]:
        """What is asked for whatever happens."""
        ...

    def answered(self, now: float, resident: AbstractSet[str]) -> Ask | None:
        """What is asked for next, at `now` or later, after one of its requests has ended in whichever way.

        `resident` are the models that are loaded or loading.
        """
        ...


class Crowd:
    """Independent clients: what they ask for is known beforehand."""

    def __init__(self, asks: Sequence[Ask]) -> None:
        self._asks = asks

    def opening(self) -> Sequence[Ask]:
        """All there is."""
        return self._asks

    def answered(self, now: float, resident: AbstractSet[str]) -> Ask | None:
        """Nothing more comes of it."""
        return None


class Agent:
    """Goes through `turns` again and again; each request follows the answer to the one before."""

    def __init__(self, ask: Callable[[int, float, str], Ask | None], turns: Sequence[str], start: float) -> None:
        self._ask = ask
        self._turns = turns
        self._start = start
        self._made = 0

    def opening(self) -> Sequence[Ask]:
        """Its first request."""
        ask = self._next(self._start)
        return [] if ask is None else [ask]

    def answered(self, now: float, resident: AbstractSet[str]) -> Ask | None:
        """Its next turn, after a while of thinking."""
        return self._next(now)

    def _next(self, now: float) -> Ask | None:
        model = self._turns[self._made % len(self._turns)]
        self._made += 1
        return self._ask(self._made, now, model)


class Adversary:
    """Always wants what is not loaded: of those, the model that it has not asked for the longest."""

    def __init__(self, ask: Callable[[int, float, str], Ask | None], models: Sequence[str], start: float) -> None:
        self._ask = ask
        self._models = list(models)
        self._start = start
        self._made = 0

    def opening(self) -> Sequence[Ask]:
        """Its first request."""
        ask = self._next(self._start, frozenset())
        return [] if ask is None else [ask]

    def answered(self, now: float, resident: AbstractSet[str]) -> Ask | None:
        """Its next annoyance."""
        return self._next(now, resident)

    def _next(self, now: float, resident: AbstractSet[str]) -> Ask | None:
        model = next((model for model in self._models if model not in resident), self._models[0])
        self._models.remove(model)
        self._models.append(model)
        self._made += 1
        return self._ask(self._made, now, model)
