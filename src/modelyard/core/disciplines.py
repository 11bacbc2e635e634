"""In which order waiting requests are served: pure policies, looked up by name.

A discipline ranks; it never causes a swap by itself (law 9), and it is overruled by law 5: a request that has waited
too long goes before all that have not, strictly by arrival.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import inf, isnan
from typing import Any, Protocol

from modelyard.core.model import ModelFacts

Rank = tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a discipline knows of a waiting request. `since` is when it arrived (seconds), `arrival` its number.

    `priority` is the request's own where it has one, otherwise its model's. `turn` is in which round of its model's
    callers it would have its turn (1, 2, …), where callers share fairly; otherwise 0.
    """

    arrival: int
    since: float
    facts: ModelFacts
    priority: int
    caller: str = ""
    turn: int = 0


class Discipline(Protocol):
    """A policy of waiting. Pure: the same request ranks the same, until the configuration changes."""

    name: str

    def rank(self, asked: Asked) -> Rank:
        """Rank a request among all that wait; the lowest goes first, and equals go by arrival. Always as many numbers.

        Of one model's requests that which ranks first is served next; among models that a swap may be made for, that
        which has the first of all requests goes first.
        """
        ...


DisciplineFactory = Callable[[Mapping[str, Any], Mapping[str, ModelFacts]], Discipline]
"""Makes a discipline of its settings, as plain data, and of all models. Raises `ValueError` for settings that it
can't take."""


class CheckedDiscipline:
    """Ranks as a discipline of somebody else's does, as long as that keeps to its contract; what it can't rank goes
    last, by arrival."""

    def __init__(self, discipline: Discipline) -> None:
        self._discipline = discipline
        self.name = discipline.name

    def __repr__(self) -> str:
        return f"<CheckedDiscipline {self._discipline!r}>"

    def rank(self, asked: Asked) -> Rank:
        """Rank a request (see `Discipline.rank`)."""
        try:
            rank = tuple(float(number) for number in self._discipline.rank(asked))
        except Exception:
            return _LAST
        return _LAST if any(map(isnan, rank)) else rank


class Fifo:
    """First in, first out; a higher priority goes before all lower ones (spec lifecycle 3.7)."""

    name = "fifo"

    def __repr__(self) -> str:
        return "<Fifo>"

    def rank(self, asked: Asked) -> Rank:
        """Rank by priority, then by the callers' turns where they share, then by arrival."""
        return (-asked.priority, asked.turn)


_LAST: Rank = (inf,)
FIFO = Fifo()
"""The discipline unless another one is chosen."""
