"""What is wrong with a matrix. Every block is checked to its end, so that one look shows all mistakes."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterable, Iterator, Mapping

from modelyard.core.dsl.errors import MatrixError
from modelyard.core.dsl.graph import SetSource
from modelyard.core.dsl.syntax import ExpressionError, Name, Reference, parse, trim

_VAR = re.compile(r"[A-Za-z0-9.-]{1,32}\Z")
_LONGEST_VAR = 32
_LONGEST_CYCLE = 10
"""Longer circles of references are shown by their ends."""
_SUGGESTIONS = 20
"""So many mistakes get a suggestion: to compare names costs milliseconds each where there are a thousand models."""


class Checker:
    """Reads the blocks of a matrix and collects what is wrong with them."""

    def __init__(self, models: Collection[str], variables: Mapping[str, str]) -> None:
        self._models = frozenset(models)
        self._variables = variables
        self._suggestions_left = _SUGGESTIONS
        self.names = {model: model for model in self._models} | dict(variables)
        """What each name in an expression stands for: a var hides the model of the same name."""
        self.errors: list[MatrixError] = []

    def check_variables(self) -> None:
        """Names of vars have an alphabet and a length, and stand for a real model."""
        for name, model in self._variables.items():
            where = ("vars", name)
            if len(name) > _LONGEST_VAR:
                message = f'"{name}" is too long for a var: it has {len(name)} characters, {_LONGEST_VAR} are allowed'
                self._note(where, message)
            elif not _VAR.match(name):
                self._note(where, f'"{name}" can\'t be a var', 'use ASCII letters, digits, "-" and "."')
            if model not in self._models:
                remedy = self._suggest(model, self._models) or "a var stands for the id of a model, not for an alias"
                self._note(where, f'"{model}" is not a model', remedy)

    def read_costs(self, evict_costs: Mapping[str, int]) -> dict[str, int]:
        """The costs by model. They are positive, and no model has two."""
        costs: dict[str, int] = {}
        named: dict[str, str] = {}
        for name, cost in evict_costs.items():
            where = ("evict_costs", name)
            if cost < 1:
                self._note(where, f'the cost of "{name}" is {cost}', "a cost is a whole number of at least 1")
            model = self.names.get(name)
            if model is None:
                self._note(where, f'"{name}" is neither a var nor a model', self._suggest(name, self.names))
            elif model in named:
                message = f'"{named[model]}" and "{name}" both give a cost to the model "{model}"'
                self._note(where, message, "keep one of the two")
            else:
                named[model] = name
                costs[model] = cost
        return costs

    def read_sets(self, sets: Mapping[str, str]) -> list[SetSource]:
        """The sets that can be read, in an order in which those that are referred to come first (spec config 18.2)."""
        if not sets:
            self._note((), "there are no sets", "name at least one under sets")
        sources: dict[str, SetSource] = {}
        for name, text in sets.items():
            source = self._read_set(name, trim(text))
            if source is not None:
                sources[name] = source
                self._check_names(source, sets)
        return self._ordered(sources)

    def _read_set(self, name: str, expression: str) -> SetSource | None:
        try:
            return SetSource(name, expression, parse(expression))
        except ExpressionError as error:
            self._note(("sets", name), error.message, error.remedy, error.position)
            return None

    def _check_names(self, source: SetSource, sets: Collection[str]) -> None:
        """Each unknown name is a mistake once per expression, at its first place."""
        reported: set[tuple[type, str]] = set()
        for part in source.parts:
            if not isinstance(part, Name | Reference):
                continue
            known: Collection[str] = self.names if isinstance(part, Name) else sets
            if part.text in known or (type(part), part.text) in reported:
                continue
            reported.add((type(part), part.text))
            what = "neither a var nor a model" if isinstance(part, Name) else "not the name of a set"
            message = f'"{part.text}" at position {part.position} is {what}'
            self._note(("sets", source.name), message, self._suggest(part.text, known), part.position)

    def _ordered(self, sources: Mapping[str, SetSource]) -> list[SetSource]:
        """Depth first from each set in order of definition, its references in order of appearance."""
        ordered: dict[str, SetSource] = {}
        for name, source in sources.items():
            if name not in ordered:
                self._visit(source, sources, ordered)
        return list(ordered.values())

    def _visit(self, first: SetSource, sources: Mapping[str, SetSource], ordered: dict[str, SetSource]) -> None:
        path = {first.name: _references(first)}
        """The sets on the way here, each with the references that are still to be followed."""
        trail = [first]
        while trail:
            source = trail[-1]
            reference = next(path[source.name], None)
            if reference is None:
                ordered[source.name] = trail.pop()
                del path[source.name]
            elif reference.text in path:
                self._note_cycle(source, reference, list(path))
            elif reference.text in sources and reference.text not in ordered:
                trail.append(sources[reference.text])
                path[reference.text] = _references(sources[reference.text])

    def _note_cycle(self, source: SetSource, reference: Reference, path: list[str]) -> None:
        cycle = [*path[path.index(reference.text) :], reference.text]
        if len(cycle) > _LONGEST_CYCLE:
            cycle[4:-3] = ["…"]
        message = f'"+{reference.text}" at position {reference.position} is a circular reference: {" → ".join(cycle)}'
        self._note(("sets", source.name), message, "a set can't contain itself", reference.position)

    def _suggest(self, name: str, known: Iterable[str]) -> str:
        if not self._suggestions_left:
            return ""
        self._suggestions_left -= 1
        close = difflib.get_close_matches(name, list(known), n=1)
        return f'did you mean "{close[0]}"?' if close else ""

    def _note(self, where: tuple[str, ...], message: str, remedy: str = "", position: int | None = None) -> None:
        self.errors.append(MatrixError(where, message, remedy, position))


def _references(source: SetSource) -> Iterator[Reference]:
    """Each set that is referred to, once, in order of first appearance."""
    first: dict[str, Reference] = {}
    for part in source.parts:
        if isinstance(part, Reference):
            first.setdefault(part.text, part)
    return iter(first.values())
