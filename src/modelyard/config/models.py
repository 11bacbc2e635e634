"""The `models` section: macros, ports, defaults and checks of each model (spec config 8, 10, 13, 14)."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from modelyard.config.cmdline import drop_comment_lines, leaves_quote_open
from modelyard.config.decode import Section
from modelyard.config.errors import Place, Report
from modelyard.config.keys import MODEL_LATER
from modelyard.config.macros import (
    MODEL_ID,
    PID,
    PORT,
    Leftovers,
    Macro,
    Macros,
    Scope,
    declare,
    expand,
    has_reference,
    scope_of,
)
from modelyard.config.nodes import BROKEN, Broken, Entry, MappingNode, Node, ScalarNode
from modelyard.config.proxyurl import why_not_a_url, why_unusable
from modelyard.config.schema import MacroValue, ModelConfig

DEFAULT_PROXY = "http://localhost:${PORT}"
DEFAULT_PARALLEL = 10
COMFYUI_MODEL = "comfyui_auto"
COMFYUI_PARALLEL = 50
"""A model called `comfyui_auto` gets at least this many requests at a time (spec config 13)."""
LAST_PORT = 65535


@dataclass(frozen=True, slots=True, kw_only=True)
class Defaults:
    """What models inherit from the top level."""

    macros: Macros
    scope: Scope
    """The global macros as a scope, built once."""
    start_port: int
    ttl: int
    unload_timeout: int


class ModelsReader:
    """Reads all models, in byte-wise order of their ids, which is the order in which they take their ports."""

    def __init__(self, entries: Mapping[str, Entry], defaults: Defaults, report: Report) -> None:
        self._entries = entries
        self._defaults = defaults
        self._report = report
        self._ports = iter(range(defaults.start_port, LAST_PORT + 1))
        self.aliases: dict[str, str] = {}
        """Alias to model. An alias belongs to one model and stands there once."""

    def read(self) -> dict[str, ModelConfig]:
        """The models by their ids."""
        models = {}
        for model in sorted(self._entries):  # code points sort as UTF-8 bytes do
            reader = _Reader(model, self._entries[model], self._defaults, self._report)
            models[model] = reader.read(self._ports)
            for index, (alias, place) in enumerate(reader.placed_aliases):
                self._claim(alias, model, place, f"models.{model}.aliases[{index}]")
        return models

    def _claim(self, alias: str, model: str, place: Place, path: str) -> None:
        if alias in self.aliases:
            message = f'alias "{alias}" is already used by model "{self.aliases[alias]}"'
            self._report.problem(place, path, message, "give it to one model, once")
            return
        self.aliases[alias] = model
        if alias in self._entries:
            self._report.warning(place, path, f'alias "{alias}" is also a model, which is what the name will mean')


class _Reader:
    """Reads one model."""

    def __init__(self, model: str, entry: Entry, defaults: Defaults, report: Report) -> None:
        self._model = model
        self._entry = entry
        self._path = f"models.{model}"
        self._defaults = defaults
        self._report = report
        self.placed_aliases: list[tuple[str, Place]] = []

    def read(self, ports: Iterator[int]) -> ModelConfig:
        own_macros: dict[str, MacroValue | Broken] = {}
        node = self._entry.node
        port: int | None = None
        if isinstance(node, MappingNode):
            own_macros = declare(node.get("macros"), f"{self._path}.macros", self._report)
            macros = {**self._defaults.macros, **own_macros}  # an own one takes the place of a global one
            scope = scope_of(macros) if own_macros else self._defaults.scope
            scope = (Macro.named(MODEL_ID, self._model), *scope)
            node, port = self._with_port(expand(self._prepared(node), scope, self._report), ports)
            node = self._checked(node, macros)
        config = self._decoded(Section(node, self._path, self._report), port, usable_macros(own_macros))
        self._warn_of_what_is_missing(node, config)
        return config

    def _prepared(self, node: MappingNode) -> MappingNode:
        """Without macros and comment lines, with the default proxy, which has a macro to expand."""
        entries = {key: entry for key, entry in node.entries.items() if key != "macros"}
        for key in ("cmd", "cmdStop"):
            entry = entries.get(key)
            if entry is not None and isinstance(entry.node, ScalarNode) and isinstance(entry.node.value, str):
                text = drop_comment_lines(entry.node.value)
                entries[key] = Entry(entry.place, ScalarNode(entry.node.place, text))
        proxy = entries.get("proxy")
        if proxy is None or (isinstance(proxy.node, ScalarNode) and proxy.node.value is None):
            place = self._entry.place
            entries["proxy"] = Entry(place, ScalarNode(place, DEFAULT_PROXY))
        return dataclasses.replace(node, entries=entries)

    def _with_port(self, node: Node, ports: Iterator[int]) -> tuple[Node, int | None]:
        """The next port in place of `${PORT}`, where `cmd` asks for one."""
        assert isinstance(node, MappingNode)
        cmd, proxy = node.get("cmd"), node.get("proxy")
        if has_reference(cmd, PORT):
            port = next(ports, None)
            if port is None:
                self._report.problem(self._entry.place, self._path, "no port is left", "lower startPort")
            return expand(node, (Macro.named(PORT, BROKEN if port is None else port),), self._report), port
        if not has_reference(proxy, PORT) or proxy is None:
            return node, None
        if cmd is None or not _is_broken(cmd):
            message = f'model "{self._model}": proxy uses ${{PORT}}, but cmd does not'
            remedy = "use ${PORT} in cmd, or write the proxy that the command serves"
            self._report.problem(proxy.place, f"{self._path}.proxy", message, remedy)
        broken = Entry(proxy.place, ScalarNode(proxy.place, BROKEN))
        return dataclasses.replace(node, entries={**node.entries, "proxy": broken}), None

    def _checked(self, node: Node, macros: Macros) -> Node:
        assert isinstance(node, MappingNode)
        strict = Leftovers(self._report, macros)
        lenient = dataclasses.replace(strict, keep=(PID,))
        entries = {
            key: Entry(
                entry.place,
                (lenient if key == "cmdStop" else strict).check(entry.node, f"{self._path}.{key}"),
            )
            for key, entry in node.entries.items()
        }
        return dataclasses.replace(node, entries=entries)

    def _decoded(self, section: Section, port: int | None, macros: dict[str, MacroValue]) -> ModelConfig:
        ttl = section.integer("ttl", -1, at_least=-1, unit="seconds")
        unload_timeout = section.integer("unloadTimeout", 0, at_least=0, unit="seconds")
        limit = section.integer("concurrencyLimit", 0, unit="requests")
        parallel = limit if limit > 0 else DEFAULT_PARALLEL
        if self._model == COMFYUI_MODEL:
            parallel = max(parallel, COMFYUI_PARALLEL)
            limit = max(limit, COMFYUI_PARALLEL) if limit > 0 else limit
        self.placed_aliases = section.placed_strings("aliases")
        config = ModelConfig(
            id=self._model,
            cmd=self._command(section, "cmd"),
            cmd_stop=self._command(section, "cmdStop"),
            proxy=self._proxy(section),
            port=port,
            check_endpoint=section.string("checkEndpoint", "/health"),
            ttl=self._defaults.ttl if ttl == -1 else ttl,
            unload_timeout=unload_timeout or self._defaults.unload_timeout,
            env=section.strings("env"),
            aliases=tuple(alias for alias, _ in self.placed_aliases),
            use_model_name=section.string("useModelName"),
            name=section.string("name"),
            description=section.string("description"),
            unlisted=section.boolean("unlisted", False),
            concurrency_limit=limit,
            parallel=section.integer("parallel", parallel, at_least=1, unit="requests"),
            queue_limit=section.integer("queueLimit", 512, at_least=0, unit="requests"),
            macros=macros,
        )
        section.finish(MODEL_LATER)
        return config

    def _warn_of_what_is_missing(self, node: Node, config: ModelConfig) -> None:
        for key, value in (("cmd", config.cmd), ("proxy", config.proxy)):
            given = node.get(key) if isinstance(node, MappingNode) else None
            if not value and (given is None or not _is_broken(given)):  # a broken one has its problem already
                self._report.warning(self._entry.place, self._path, f"has no {key}, so it can't be started")

    def _command(self, section: Section, key: str) -> str:
        text = section.string(key)
        if leaves_quote_open(text):
            section.warning(key, "a quote is not closed, it extends to the end of the command")
        return text

    def _proxy(self, section: Section) -> str:
        url = section.string("proxy")
        if not url:
            return url
        refusal = why_not_a_url(url)
        if refusal:
            section.problem("proxy", f'"{url}" is not a URL: {refusal}', "write http://host:port")
        else:
            doubt = why_unusable(url)
            if doubt:
                section.warning("proxy", f'"{url}" {doubt}: the model can\'t be reached')
        return url


def usable_macros(macros: Macros) -> dict[str, MacroValue]:
    """The macros without those that a problem was noted about."""
    return {name: value for name, value in macros.items() if not isinstance(value, Broken)}


def _is_broken(node: Node) -> bool:
    return not isinstance(node, ScalarNode) or node.value is BROKEN
