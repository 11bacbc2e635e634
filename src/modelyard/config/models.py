"""The texts of the models: comments, macros, ports (spec config 8, steps 3 and 6).

What comes out is a tree without references, ready to be decoded; what it means is checked in `modelchecks`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass

from msgspec import structs

from modelyard.config.cmdline import drop_comment_lines
from modelyard.config.decode import decode_key
from modelyard.config.document import MacroValue, ModelEntry
from modelyard.config.errors import Report
from modelyard.config.macros import (
    PID,
    PORT,
    Expander,
    Leftovers,
    Macros,
    Scope,
    declare,
    has_reference,
    usable_macros,
)
from modelyard.config.nodes import BROKEN, Broken, Entry, MappingNode, Node, ScalarNode
from modelyard.config.ports import assign_ports
from modelyard.config.scalars import text_of
from modelyard.config.schema import HeldPorts, ProcessText

DEFAULT_PROXY = "http://localhost:${PORT}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelText:
    """One model, all its texts expanded."""

    entry: Entry
    port: int | None
    process: ProcessText | None
    """What the process is made from, where an automatic port makes that differ from the expanded texts."""
    macros: Mapping[str, MacroValue]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Draft:
    """A model with everything expanded but its port."""

    entry: Entry
    macros: Macros
    scope: Scope

    @property
    def asks_for_port(self) -> bool:
        return isinstance(self.entry.node, MappingNode) and has_reference(self.entry.node.get("cmd"), PORT)


class ModelExpander:
    """Expands the models of one load."""

    def __init__(self, macros: Macros, scope: Scope, expander: Expander, report: Report) -> None:
        self._macros = macros
        self._scope = scope
        self._expander = expander
        self._report = report

    def expand(self, entries: Mapping[str, Entry], start_port: int, held: HeldPorts) -> dict[str, ModelText]:
        """The models in byte-wise order of their ids, which is the order in which they take their ports."""
        ids = sorted(entries)  # code points sort as UTF-8 bytes do
        drafts = {model: self._draft(model, entries[model]) for model in ids}
        ports = assign_ports((model for model, draft in drafts.items() if draft.asks_for_port), start_port, held)
        return {model: self._finish(model, draft, ports) for model, draft in drafts.items()}

    def _draft(self, model: str, entry: Entry) -> _Draft:
        node = entry.node
        if isinstance(node, ScalarNode) and node.value is None:
            # compatible: a model without anything below it loads, although it can't be started (spec config 24.11)
            node = MappingNode(node.place, {"proxy": Entry(node.place, ScalarNode(node.place, ""))})
        if not isinstance(node, MappingNode):
            return _Draft(entry=entry, macros={}, scope=self._scope)
        own = declare(node.get("macros"), f"models.{model}.macros", self._report)
        scope = self._scope.of_model(model, own)
        node = self._expanded(_prepared(node, entry), scope, model)
        return _Draft(entry=Entry(entry.place, node), macros=own, scope=scope)

    def _finish(self, model: str, draft: _Draft, ports: Mapping[str, int | None]) -> ModelText:
        node, process, port = draft.entry.node, None, None
        if isinstance(node, MappingNode):
            if draft.asks_for_port:
                process = _process_of(node)
                port = ports[model]
                node = self._with_port(node, model, draft.entry, port)
            else:
                node = self._without_port(node, model)
            node = self._checked(node, model, draft.macros)
        return ModelText(
            entry=Entry(draft.entry.place, node), port=port, process=process, macros=usable_macros(draft.macros)
        )

    def _with_port(self, node: MappingNode, model: str, entry: Entry, port: int | None) -> MappingNode:
        if port is None:
            self._report.problem(entry.place, f"models.{model}", "no port is left", "lower startPort")
        return self._expanded(node, Scope({PORT: BROKEN if port is None else port}), model)

    def _without_port(self, node: MappingNode, model: str) -> MappingNode:
        """A `proxy` that needs a port has none to name: it is a mistake, unless `cmd` is one already."""
        cmd, proxy = node.entries.get("cmd"), node.entries.get("proxy")
        if proxy is None or not has_reference(proxy.node, PORT):
            return node
        if cmd is None or not _is_broken_text(cmd.node):
            message = f'model "{model}": proxy uses ${{PORT}}, but cmd does not'
            remedy = "use ${PORT} in cmd, or write the proxy that the command serves"
            self._report.problem(proxy.node.place, f"models.{model}.proxy", message, remedy)
        broken = Entry(proxy.place, ScalarNode(proxy.place, BROKEN))
        return structs.replace(node, entries={**node.entries, "proxy": broken})

    def _expanded(self, node: MappingNode, scope: Scope, model: str) -> MappingNode:
        """The model with references replaced: in values, and in the names of `filters.setParamsByID`."""
        expanded = self._expander.expand(node, scope)
        assert isinstance(expanded, MappingNode)
        filters = expanded.entries.get("filters")
        if filters is None or not isinstance(filters.node, MappingNode):
            return expanded
        by_id = filters.node.entries.get("setParamsByID")
        if by_id is None or not isinstance(by_id.node, MappingNode):
            return expanded
        renamed = Entry(by_id.place, self._with_names(by_id.node, scope, model))
        inner = structs.replace(filters.node, entries={**filters.node.entries, "setParamsByID": renamed})
        entries = {**expanded.entries, "filters": Entry(filters.place, inner)}
        return structs.replace(expanded, entries=entries)

    def _with_names(self, node: MappingNode, scope: Scope, model: str) -> MappingNode:
        entries: dict[str, Entry] = {}
        for written, entry in node.entries.items():
            name = self._expander.expand_text(written, entry.place, scope) if "${" in written else written
            if isinstance(name, Broken):
                continue
            if text_of(name) in entries:
                path = f"models.{model}.filters.setParamsByID.{written}"
                self._report.problem(entry.place, path, f'another key is "{text_of(name)}" as well', "remove one")
                continue
            entries[text_of(name)] = entry
        return structs.replace(node, entries=entries)

    def _checked(self, node: MappingNode, model: str, own: Macros) -> MappingNode:
        strict = Leftovers(self._report, {**self._macros, **own} if own else self._macros)
        lenient = dataclasses.replace(strict, keep=(PID,))
        entries = {
            key: Entry(
                entry.place, (lenient if key == "cmdStop" else strict).check(entry.node, f"models.{model}.{key}")
            )
            for key, entry in node.entries.items()
        }
        checked = structs.replace(node, entries=entries)
        filters = checked.get("filters")
        by_id = filters.get("setParamsByID") if isinstance(filters, MappingNode) else None
        for name, entry in by_id.entries.items() if isinstance(by_id, MappingNode) else ():
            strict.check(ScalarNode(entry.place, name), f"models.{model}.filters.setParamsByID.{name}")
        return checked


def _prepared(node: MappingNode, entry: Entry) -> MappingNode:
    """Without macros and comment lines, with the default proxy, which has a macro to expand."""
    entries = {key: value for key, value in node.entries.items() if key != "macros"}
    for key in ("cmd", "cmdStop"):
        text = node.get(key)
        if isinstance(text, ScalarNode) and isinstance(text.value, str):
            entries[key] = Entry(entries[key].place, ScalarNode(text.place, drop_comment_lines(text.value)))
    proxy = node.get("proxy")
    if proxy is None or (isinstance(proxy, ScalarNode) and proxy.value is None):
        entries["proxy"] = Entry(entry.place, ScalarNode(entry.place, DEFAULT_PROXY))
    return structs.replace(node, entries=entries)


def _process_of(node: MappingNode) -> ProcessText:
    silent = Report()  # mistakes are noted when the whole model is decoded
    cmd, env, proxy = (decode_key(ModelEntry, key, node.get(key), key, silent) for key in ("cmd", "env", "proxy"))
    return ProcessText(cmd=cmd, env=env, proxy=proxy)


def _is_broken_text(node: Node) -> bool:
    return not isinstance(node, ScalarNode) or node.value is BROKEN
