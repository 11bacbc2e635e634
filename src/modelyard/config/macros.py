"""Macros, `${NAME}` (spec config 10).

A scope is a list of macros. Expansion walks it from the last to the first, so a macro's value may use macros
declared above it. A text that is nothing but a reference takes the macro's value with its type; elsewhere the
value's text goes in.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Collection, Container, Mapping
from dataclasses import dataclass

from modelyard.config.environment import REFERENCE as ENVIRONMENT_REFERENCE
from modelyard.config.errors import Place, Report
from modelyard.config.nodes import BROKEN, Broken, Entry, MappingNode, Node, ScalarNode, SequenceNode
from modelyard.config.scalars import Timestamp, text_of
from modelyard.config.schema import MacroValue

MODEL_ID, PORT, PID = "MODEL_ID", "PORT", "PID"
MAX_NAME_BYTES = 63
MAX_EXPANDED_TEXT = 1_000_000
"""Characters. Macros that double each other would otherwise fill the memory."""
_RESERVED = (PORT, MODEL_ID, PID)
_NAME = re.compile(r"[A-Za-z0-9_-]+")
_REFERENCE = re.compile(r"\$\{([A-Za-z0-9_-]+)\}")


@dataclass(frozen=True, slots=True)
class Macro:
    """One macro of a scope. A broken value breaks what uses it, without a second message."""

    reference: str
    """How it is used, `${NAME}`."""
    value: MacroValue | Broken

    @classmethod
    def named(cls, name: str, value: MacroValue | Broken) -> Macro:
        """The macro of a name."""
        return cls(f"${{{name}}}", value)


class _TooLong(Exception):  # noqa: N818 - named by what is the case, as all our errors are
    """An expansion grew beyond all measure."""


Macros = Mapping[str, MacroValue | Broken]
Scope = tuple[Macro, ...]


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


def scope_of(macros: Macros) -> Scope:
    """The scope that holds just these macros, in their order."""
    return tuple(Macro.named(name, value) for name, value in macros.items())


def expand(node: Node, scope: Scope, report: Report) -> Node:
    """The node with all references to the scope's macros replaced, in values, never in keys."""

    def change(text: str, place: Place) -> MacroValue | Broken:
        try:
            return _expanded(text, scope)
        except _TooLong:
            report.problem(place, "", f"the macros expand to more than {MAX_EXPANDED_TEXT} characters")
            return BROKEN

    return map_texts(node, change)


def has_reference(node: Node | None, name: str) -> bool:
    """Whether a node is a text that uses a macro."""
    return isinstance(node, ScalarNode) and isinstance(node.value, str) and f"${{{name}}}" in node.value


def map_texts(node: Node, change: Callable[[str, Place], MacroValue | Broken]) -> Node:
    """The node with `change` applied to each text in it that may hold a reference, and to the text's place.

    What does not change is shared, not copied.
    """
    match node:
        case ScalarNode(value=str() as text) if "${" in text:
            changed = change(text, node.place)
            return node if changed is text else ScalarNode(node.place, changed)
        case SequenceNode():
            items = tuple(map_texts(item, change) for item in node.items)
            same = all(new is old for new, old in zip(items, node.items, strict=True))
            return node if same else dataclasses.replace(node, items=items)
        case MappingNode():
            entries = {key: Entry(entry.place, map_texts(entry.node, change)) for key, entry in node.entries.items()}
            same = all(entries[key].node is entry.node for key, entry in node.entries.items())
            return node if same else dataclasses.replace(node, entries=entries)
        case _:
            return node


@dataclass(frozen=True, slots=True)
class Leftovers:
    """Finds references that nothing replaced. `known`: the names of macros that exist somewhere in reach."""

    report: Report
    known: Collection[str] = ()
    keep: Container[str] = ()
    """Names that may stay, `PID` in `cmdStop`."""

    def check(self, node: Node, path: str) -> Node:
        """Note each leftover in the node, which comes back with the texts that have one broken."""
        match node:
            case ScalarNode(value=str() as text) if "${" in text:
                return ScalarNode(node.place, BROKEN) if self._found(node, text, path) else node
            case SequenceNode():
                items = tuple(self.check(item, f"{path}[{index}]") for index, item in enumerate(node.items))
                return dataclasses.replace(node, items=items)
            case MappingNode():
                entries = {
                    key: Entry(entry.place, self.check(entry.node, f"{path}.{key}"))
                    for key, entry in node.entries.items()
                }
                return dataclasses.replace(node, entries=entries)
            case _:
                return node

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
    for macro in reversed(scope):
        if macro.reference not in text:
            continue
        if macro.value is BROKEN or text == macro.reference:
            if not isinstance(macro.value, str):
                return macro.value
            text = macro.value
        else:
            text = text.replace(macro.reference, text_of(macro.value))
        if len(text) > MAX_EXPANDED_TEXT:
            raise _TooLong
        if "${" not in text:
            break
    return text
