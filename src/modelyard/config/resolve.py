"""A tree of values to a `Config`: macros, then types, then checks (the pipeline of spec config 8)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from msgspec import structs

from modelyard.config.convert import is_empty
from modelyard.config.decode import decode, decode_key
from modelyard.config.document import Document
from modelyard.config.errors import Report
from modelyard.config.keys import EXPANDED, MODEL_WITHOUT_EFFECT, WITHOUT_EFFECT
from modelyard.config.macros import Expander, Leftovers, Macros, Scope, declare, usable_macros
from modelyard.config.modelchecks import resolve_aliases, resolve_models, with_aliases
from modelyard.config.models import ModelExpander, ModelText
from modelyard.config.names import Names, peer_names
from modelyard.config.nodes import BROKEN, Entry, MappingNode, ScalarNode, SequenceNode
from modelyard.config.notes import Notes, Path
from modelyard.config.peers import check_peer_names, resolve_peers
from modelyard.config.policies import FIFO, Installed, Policies, nothing_installed, take_policies
from modelyard.config.routing import Coexistence, resolve_routing
from modelyard.config.schema import Config, HeldPorts
from modelyard.config.selectors import check_profiles, check_selectors
from modelyard.config.toplevel import settled


def resolve(root: MappingNode, held: HeldPorts, report: Report, installed: Installed = nothing_installed) -> Config:
    """The configuration that the tree means. Mistakes are noted in `report`: with any, the result is of no use."""
    macros = declare(root.get("macros"), "macros", report)
    tree, texts = _expanded(root, macros, held, report)
    tree = _without_lists_of_pins(tree, report)
    notes = Notes(tree, report)
    tree, policies = take_policies(tree, installed)
    document = settled(decode(Document, tree, "", report), notes)
    return _Resolver(document, texts, policies, notes).config(macros, tree)


class _Resolver:
    """Turns a decoded document into the configuration, section by section: later ones refer to earlier ones."""

    def __init__(self, document: Document, texts: Mapping[str, ModelText], policies: Policies, notes: Notes) -> None:
        self._document = document
        self._texts = texts
        self._policies = policies
        self._notes = notes

    def config(self, macros: Macros, tree: MappingNode) -> Config:
        document, notes = self._document, self._notes
        models = resolve_models(document, self._texts, notes)
        aliases = resolve_aliases(models, notes)
        models = with_aliases(models, aliases)
        peers = resolve_peers(document.peers, notes)
        names = Names(models=models, aliases=aliases, peers=peer_names(peers))
        check_peer_names(peers, names, notes)
        routing = resolve_routing(document, names, self._policies, notes)
        check_selectors(document.selectors, names, routing.coexistence, notes)
        check_profiles(document.profiles, document.selectors, names, notes)
        fifo = document.routing.scheduler.settings.fifo
        return Config(
            health_check_timeout=document.health_check_timeout,
            log_requests=document.log_requests,
            log_level=document.log_level,
            log_time_format=document.log_time_format,
            log_format=document.log_format,
            log_to_stdout=document.log_to_stdout,
            metrics_max_in_memory=document.metrics_max_in_memory,
            record_requests=document.record_requests,
            capture_buffer=document.capture_buffer,
            global_ttl=document.global_ttl,
            unload_timeout=document.unload_timeout,
            start_port=document.start_port,
            state_dir=document.state_dir,
            send_loading_state=document.send_loading_state,
            heartbeat=document.heartbeat,
            max_body=document.max_body,
            include_aliases_in_list=document.include_aliases_in_list,
            api_keys=document.api_keys,
            store=document.store,
            ui=document.ui,
            performance=document.performance,
            preload=tuple(self._preload(names, routing.coexistence)),
            ignore_paths=document.upstream.ignore_paths,
            macros=usable_macros(macros),
            models=models,
            profiles=document.profiles,
            selectors=document.selectors,
            peers=peers,
            router=routing.router,
            groups=routing.groups,
            matrix=routing.matrix,
            matrix_program=routing.program,
            scheduler=self._policies.discipline or FIFO,
            policies=self._policies,
            priorities=routing.priorities,
            max_wait=fifo.max_wait,
            min_residency=fifo.min_residency,
            fairness=fifo.fairness,
            economics=fifo.economics,
            aliases=aliases,
            peer_names=names.peers,
            unbuildable=routing.unbuildable,
            without_effect=tuple(_without_effect(tree)),
        )

    def _preload(self, names: Names, coexistence: Coexistence) -> Iterator[str]:
        """The models to load, in order, repeated where they are; names that are no local model are dropped."""
        path: Path = ("hooks", "on_startup", "preload")
        found = []
        for index, written in enumerate(self._document.hooks.on_startup.preload):
            name = written.strip()
            model = names.local(name)
            if model is not None:
                found.append(model)
            elif name:
                message = f'"{name}" is no model of this machine, ignored'
                self._notes.warning((*path, index), message, self._notes.did_you_mean(name, names.models))
        together = list(dict.fromkeys(found))
        refusal = coexistence.why_not_together(together) if len(together) > 1 else None
        if refusal:
            self._notes.warning(path, f"{refusal}: the last one of them is loaded")
        return iter(found)


def _expanded(
    root: MappingNode, macros: Macros, held: HeldPorts, report: Report
) -> tuple[MappingNode, dict[str, ModelText]]:
    """The tree without `macros`, known sections expanded. Models have scopes of their own, and ports."""
    scope, expander = Scope(macros), Expander(report)
    leftovers = Leftovers(report, macros)
    entries = {}
    for key, entry in root.entries.items():
        if key in EXPANDED:
            entries[key] = Entry(entry.place, leftovers.check(expander.expand(entry.node, scope), key))
        elif key != "macros":
            entries[key] = entry
    texts: dict[str, ModelText] = {}
    models = entries.get("models")
    if models is not None and isinstance(models.node, MappingNode):
        start = entries.get("startPort")
        start_port = decode_key(Document, "startPort", start.node if start else None, "startPort", report)
        texts = ModelExpander(macros, scope, expander, report).expand(models.node.entries, start_port, held)
        expanded = structs.replace(models.node, entries={model: text.entry for model, text in texts.items()})
        entries["models"] = Entry(models.place, expanded)
    return structs.replace(root, entries=entries), texts


def _without_lists_of_pins(tree: MappingNode, report: Report) -> MappingNode:
    """The tree with profiles that are lists broken: they were once, so that form has a message (spec config 20)."""
    profiles = tree.entries.get("profiles")
    if profiles is None or not isinstance(profiles.node, MappingNode):
        return tree

    def refused(name: str, entry: Entry) -> Entry:
        message = "the legacy list form is no longer possible"
        report.problem(entry.node.place, f"profiles.{name}", message, "write pins: {name: model}")
        return Entry(entry.place, ScalarNode(entry.node.place, BROKEN))

    entries = {
        name: refused(name, entry) if isinstance(entry.node, SequenceNode) else entry
        for name, entry in profiles.node.entries.items()
    }
    changed = Entry(profiles.place, structs.replace(profiles.node, entries=entries))
    return structs.replace(tree, entries={**tree.entries, "profiles": changed})


def _without_effect(tree: MappingNode) -> Iterator[str]:
    """The keys that are given and that nothing acts upon yet; those of models once each, however many have them."""
    for key, entry in tree.entries.items():
        if key in WITHOUT_EFFECT and not is_empty(entry.node):
            yield key
    models = tree.get("models")
    if isinstance(models, MappingNode):
        yield from _of_models(models.entries.items())


def _of_models(models: Iterable[tuple[str, Entry]]) -> Iterator[str]:
    given: dict[str, list[str]] = {}
    for model, entry in models:
        if isinstance(entry.node, MappingNode):
            for key, value in entry.node.entries.items():
                if key in MODEL_WITHOUT_EFFECT and not is_empty(value.node):
                    given.setdefault(key, []).append(model)
    for key, users in given.items():
        others = f" (and of {len(users) - 1} more)" if len(users) > 1 else ""
        yield f"models.{users[0]}.{key}{others}"
