"""The sets of a matrix, compared with each other for lint."""

from __future__ import annotations

import itertools
import re
from collections.abc import Collection, Iterator
from graphlib import TopologicalSorter

from modelyard.config.document import MatrixEntry
from modelyard.core.dsl.program import compile_matrix

MOST_MODELS = 10
"""Sets with more models are not looked at one by one: their combinations double with each."""
LONGEST_TEXT = 10_000
"""Characters of a set with everything written out that it refers to. References may double at every step."""
_REFERENCE = re.compile(r"\+([\w.-]+)")
_IDENTIFIER = re.compile(r"[\w.-]+")


class MatrixSets:
    """The sets of a matrix that compiles."""

    def __init__(self, matrix: MatrixEntry, models: Collection[str]) -> None:
        self._matrix = matrix
        self._models = models
        self._references = {name: _REFERENCE.findall(text) for name, text in matrix.sets.items()}
        self._referred_to = frozenset(itertools.chain.from_iterable(self._references.values()))
        self._mentioned: dict[str, frozenset[str]] = {}
        self._written_out: dict[str, str | None] = {}
        for name in TopologicalSorter(self._references).static_order():
            self._mentioned[name] = frozenset(self._models_of(name))
            self._written_out[name] = self._text_of(name)

    def __repr__(self) -> str:
        return f"<MatrixSets {list(self._mentioned)}>"

    @property
    def mentioned(self) -> frozenset[str]:
        """The models of all sets."""
        return frozenset().union(*self._mentioned.values())

    @property
    def identifiers(self) -> frozenset[str]:
        """Everything that the sets name: models, variables, other sets."""
        return frozenset(itertools.chain.from_iterable(map(_IDENTIFIER.findall, self._matrix.sets.values())))

    def adds_nothing(self, name: str) -> bool:
        """Whether every combination of the set may run without it, too; False also where that is too much to find
        out."""
        models = self._mentioned[name]
        others = [other for other, theirs in self._mentioned.items() if other != name and theirs & models]
        texts = {one: text for one in (name, *others) if (text := self._written_out[one]) is not None}
        if not others or len(texts) <= len(others) or len(models) > MOST_MODELS or name in self._referred_to:
            return False
        alone = compile_matrix(self._models, self._matrix.vars, {}, {name: texts.pop(name)})
        rest = compile_matrix(self._models, self._matrix.vars, {}, texts)
        combinations = itertools.chain.from_iterable(
            itertools.combinations(sorted(models), count) for count in range(1, len(models) + 1)
        )
        return all(rest.together(these) for these in combinations if alone.together(these))

    def _models_of(self, name: str) -> Iterator[str]:
        """The models that a set mentions, through references and variables."""
        for reference in self._references[name]:
            yield from self._mentioned[reference]
        for identifier in _IDENTIFIER.findall(_REFERENCE.sub(" ", self._matrix.sets[name])):
            yield self._matrix.vars.get(identifier, identifier)

    def _text_of(self, name: str) -> str | None:
        """A set with what it refers to written into it; None where that is too long."""
        written = {reference: self._written_out[reference] for reference in self._references[name]}
        if None in written.values():
            return None
        text = _REFERENCE.sub(lambda found: f"({written[found[1]]})", self._matrix.sets[name])
        return text if len(text) <= LONGEST_TEXT else None
