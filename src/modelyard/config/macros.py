"""Macros, `${NAME}` (spec config 10).

A scope is a list of macros. Expansion walks it from the last to the first, so a macro's value may use macros
declared above it. A text that is nothing but a reference takes the macro's value with its type; elsewhere the
value's text goes in.
"""

from __future__ import annotations

import copy
import math
import re
from collections.abc import Callable, Collection, Container, Mapping
from dataclasses import dataclass

from msgspec import structs

from modelyard.config.document import MacroValue
from modelyard.config.environment import REFERENCE as ENVIRONMENT_REFERENCE
from modelyard.config.errors import Place, Report
from modelyard.config.nodes import BROKEN, Broken, Entry, MappingNode, Node, ScalarNode, SequenceNode
from modelyard.config.scalars import Timestamp, text_of

MODEL_ID, PORT, PID = "MODEL_ID", "PORT", "PID"
MAX_NAME_BYTES = 63
MAX_EXPANDED_TEXT = 1_000_000
"""Characters. Macros that double each other would otherwise fill the memory."""
MAX_EXPANDED_TOTAL = 20_000_000
"""Characters of all expanded texts of one load together."""
_RESERVED = (PORT, MODEL_ID, PID)
_NAME = re.compile(r"[A-Za-z0-9_-]+")
_REFERENCE = re.compile(r"\$\{([A-Za-z0-9_-]+)\}")

Macros = Mapping[str, MacroValue | Broken]
"""Values by name, in order of declaration. A broken value breaks what uses it, without a second message."""


class Scope:
    """The macros that a text may use, each with its position: one may use those before it.

    For a model: `MODEL_ID`, then the global macros, then the model's own. An own macro that a global one has the
    name of takes its position (spec config 10).
    """

    def __init__(self, macros: Macros) -> None:
        self._values: Macros = macros
        self._positions = {name: position for position, name in enumerate(macros, start=1)}
        self._own: Macros = {}
        self._own_positions: dict[str, int] = {}

    def of_model(self, model: str, own: Macros) -> Scope:
        """The scope inside a model."""
        scope = copy.copy(self)
        scope._own = {**own, MODEL_ID: model}
        last = len(self._positions)
        new = (name for name in own if name not in self._positions)
        scope._own_positions = {MODEL_ID: 0} | {name: position for position, name in enumerate(new, start=last + 1)}
        return scope

    def position(self, name: str) -> int:
        """Where a macro stands; -1 where there is none of that name."""
        return self._positions.get(name, self._own_positions.get(name, -1))

    def value(self, name: str) -> MacroValue | Broken:
        """The value of a macro that has a position."""
        return self._own[name] if name in self._own else self._values[name]


class _TooLong(Exception):  # noqa: N818 - named by what is the case, as all our errors are
    """An expansion grew beyond all measure."""


def declare(node: Node | None, path: str, report: Report) -> dict[str, MacroValue | Broken]:
    """The macros of one `macros` block, in order, raw. Mistakes are noted; their macros are kept, broken."""
    if node is None or (isinstance(node, ScalarNode) and node.value in (None, BROKEN)):
        return {}
    if not isinstance(node, MappingNode):
        report.problem(node.place, path, "macros must be a mapping of names to values", "write NAME: value")
        return {}
    if node.merge_key is not None:
        report.problem(node.merge_key, path, "a merge key << is not possible inside macros", "write macros: *anchor")
    return {name: _declared(name, entry, f"{path}.{name}", report) for name, entry in node.entries.items()}


def usable_macros(macros: Macros) -> dict[str, MacroValue]:
    """The macros without those that a problem was noted about."""
    return {name: value for name, value in macros.items() if not isinstance(value, Broken)}


class Expander:
    """Replaces references in the texts of one load."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._left = MAX_EXPANDED_TOTAL

    def expand(self, node: Node, scope: Scope) -> Node:
        """The node with all references to the scope's macros replaced, in values, never in keys."""
        return map_texts(node, lambda text, place: self.expand_text(text, place, scope))

    def expand_text(self, text: str, place: Place, scope: Scope) -> MacroValue | Broken:
        """The text with the references replaced; what is nothing but a reference takes the macro's type."""
        try:
            value = _expanded(text, scope)
        except _TooLong:
            self._report.problem(place, "", f"the macros expand to more than {MAX_EXPANDED_TEXT} characters")
            return BROKEN
        if isinstance(value, str) and value is not text:
            return self._within_measure(value, place)
        return value

    def _within_measure(self, text: str, place: Place) -> str | Broken:
        if self._left >= 0:
            self._left -= len(text)
            if self._left < 0:
                message = f"the macros of the whole configuration expand to more than {MAX_EXPANDED_TOTAL} characters"
                self._report.problem(place, "", message)
        return text if self._left >= 0 else BROKEN


def has_reference(node: Node | None, name: str) -> bool:
    """Whether a node is a text that uses a macro."""
    return isinstance(node, ScalarNode) and isinstance(node.value, str) and f"${{{name}}}" in node.value


def map_texts(node: Node, change: Callable[[str, Place], MacroValue | Broken]) -> Node:
    """The node with `change` applied to each text in it that may hold a reference, and to the text's place.

    What does not change is shared, not copied.
    """
    if isinstance(node, ScalarNode):
        if not may_refer(node):
            return node
        assert isinstance(node.value, str)
        value = change(node.value, node.place)
        return node if value is node.value else ScalarNode(node.place, value)
    return map_children(node, lambda child, _: map_texts(child, change))


def may_refer(node: ScalarNode) -> bool:
    """Whether a scalar is a text that may hold a reference."""
    return isinstance(node.value, str) and "${" in node.value


def map_children(node: SequenceNode | MappingNode, change: Callable[[Node, str | int], Node]) -> Node:
    """The node with `change` applied to each child that may hold a reference, and to its key or index.

    A node in which nothing changes comes back itself.
    """
    if isinstance(node, SequenceNode):
        items = [
            item if isinstance(item, ScalarNode) and not may_refer(item) else change(item, index)
            for index, item in enumerate(node.items)
        ]
        same = all(new is old for new, old in zip(items, node.items, strict=True))
        return node if same else structs.replace(node, items=tuple(items))
    changed = {}
    for key, entry in node.entries.items():
        old = entry.node
        if isinstance(old, ScalarNode) and not may_refer(old):
            continue
        new = change(old, key)
        if new is not old:
            changed[key] = Entry(entry.place, new)
    return structs.replace(node, entries={**node.entries, **changed}) if changed else node


@dataclass(frozen=True, slots=True)
class Leftovers:
    """Finds references that nothing replaced. `known`: the names of macros that exist somewhere in reach."""

    report: Report
    known: Collection[str] = ()
    keep: Container[str] = ()
    """Names that may stay, `PID` in `cmdStop`."""

    def check(self, node: Node, path: str) -> Node:
        """Note each leftover in the node, which comes back with the texts that have one broken."""
        if isinstance(node, ScalarNode):
            broken = may_refer(node) and self._found(node, str(node.value), path)
            return ScalarNode(node.place, BROKEN) if broken else node
        if isinstance(node, MappingNode) and not node.has_text_keys:
            return node  # compatible: nobody looked into such mappings, so files may hold anything (spec config 7)
        return map_children(
            node,
            lambda child, step: self.check(child, f"{path}[{step}]" if isinstance(step, int) else f"{path}.{step}"),
        )

    def _found(self, node: ScalarNode, text: str, path: str) -> bool:
        variables = [found[1] for found in ENVIRONMENT_REFERENCE.finditer(text)]
        for name in dict.fromkeys(variables):
            self.report.problem(node.place, path, f"the environment variable {name} is not set")
        names = [found[1] for found in _REFERENCE.finditer(text) if found[1] not in self.keep]
        for name in dict.fromkeys(names):
            self.report.problem(node.place, path, f"unknown macro ${{{name}}}", self._remedy(name))
        return bool(names or variables)

    def _remedy(self, name: str) -> str:
        if name == PORT:
            return "${PORT} exists only in a model whose cmd uses it"
        if name == PID:
            return "${PID} exists only in cmdStop"
        if name == MODEL_ID:
            return "${MODEL_ID} exists only inside a model"
        if name in self.known:
            return f"declare {name} above the macro that uses it"
        return self.report.did_you_mean(name, self.known) or f"declare {name} under macros"


def _declared(name: str, entry: Entry, path: str, report: Report) -> MacroValue | Broken:
    node = entry.node
    if len(name.encode()) > MAX_NAME_BYTES:
        fault = ("the name of a macro has at most 63 characters", "shorten it")
    elif not _NAME.fullmatch(name):
        fault = (f'"{name}" is not a name for a macro', "use letters, digits, _ and -")
    elif not isinstance(node, ScalarNode) or node.value is None or isinstance(node.value, Timestamp):
        fault = ("the value of a macro must be a scalar: a string, a number or a boolean", "quote it")
    elif isinstance(node.value, str) and f"${{{name}}}" in node.value:
        fault = (f"the macro {name} uses itself", "")
    elif name in _RESERVED:
        fault = (f"{name} is reserved", "choose another name")
    else:
        return node.value
    report.problem(entry.place, path, *fault)
    return BROKEN


def _expanded(text: str, scope: Scope) -> MacroValue | Broken:
    """One walk over the scope, from its last macro to its first, that stops only at macros which the text uses."""
    uses, may_form = _uses(text, scope, math.inf)
    while uses:
        position, name = uses.pop()
        value, reference = scope.value(name), f"${{{name}}}"
        if value is BROKEN or text == reference:
            if not isinstance(value, str):
                return value
            inserted = text = value
        else:
            inserted = text_of(value)
            if len(text) + text.count(reference) * len(inserted) > MAX_EXPANDED_TEXT:
                raise _TooLong
            text = text.replace(reference, inserted)
        if may_form or "$" in inserted or "{" in inserted:
            uses, may_form = _uses(text, scope, position)
    return text


def _uses(text: str, scope: Scope, behind: float) -> tuple[list[tuple[int, str]], bool]:
    """The macros before a position that a text refers to, in their order; and whether what is inserted in it may form
    new references together with the text around it, as in `${A${B}}`."""
    if "${" not in text:
        return [], False
    found = {(scope.position(name), name) for name in _REFERENCE.findall(text)}
    return sorted(use for use in found if 0 <= use[0] < behind), "${" in _REFERENCE.sub("", text)
