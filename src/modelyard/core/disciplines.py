"""In which order waiting requests are served: pure policies, looked up by name.

A discipline ranks; it never causes a swap by itself (law 9), and it is overruled by law 5: a request that has waited
too long goes before all that have not, strictly by arrival.
"""

from __future__ import annotations

from typing import Protocol

from modelyard.core.model import ModelFacts

Rank = tuple[int, int]


class Discipline(Protocol):
    """A policy of waiting. Pure. Requests of one model must rank in the order of their arrival."""

    name: str

    def rank(self, arrival: int, facts: ModelFacts) -> Rank:
        """Rank the request that arrived as number `arrival`; the lowest goes first, and no two rank the same."""
        ...


class Fifo:
    """First in, first out; a model of higher priority goes before all of lower priority (spec lifecycle 3.7)."""

    name = "fifo"

    def rank(self, arrival: int, facts: ModelFacts) -> Rank:
        """Rank by priority, then by arrival."""
        return (-facts.priority, arrival)


DISCIPLINES: dict[str, Discipline] = {Fifo.name: Fifo()}
"""The built-in disciplines by the name under which a configuration selects them."""
