"""A tree of values to a `Config`: macros, then types, then checks (the pipeline of spec config 8)."""

from __future__ import annotations

import dataclasses

import re2

from modelyard.config.decode import Section
from modelyard.config.errors import Report
from modelyard.config.keys import EXPANDED, LATER
from modelyard.config.macros import Leftovers, Macros, declare, expand, scope_of
from modelyard.config.models import Defaults, ModelsReader, usable_macros
from modelyard.config.nodes import Entry, MappingNode
from modelyard.config.routing import Names, read_routing
from modelyard.config.schema import Config

SHORTEST_HEALTH_CHECK_TIMEOUT = 15
_LOG_LEVELS = ("debug", "info", "warn", "error")


def resolve(root: MappingNode, report: Report) -> Config:
    """The configuration that the tree means. Mistakes are noted in `report`: with any, the result is of no use."""
    macros = declare(root.get("macros"), "macros", report)
    top = Section(_expanded(root, macros, report), "", report)
    global_ttl = top.integer("globalTTL", 0, at_least=0, unit="seconds")
    unload_timeout = top.integer("unloadTimeout", 10, at_least=0, unit="seconds") or 10
    start_port = top.integer("startPort", 5800, at_least=1)
    defaults = Defaults(
        macros=macros,
        scope=scope_of(macros),
        start_port=start_port,
        ttl=global_ttl,
        unload_timeout=unload_timeout,
    )
    reader = ModelsReader(top.entries("models"), defaults, report)
    models = reader.read()
    routing = read_routing(top, Names(models=models, aliases=reader.aliases), report)
    config = Config(
        health_check_timeout=_health_check_timeout(top),
        start_port=start_port,
        global_ttl=global_ttl,
        unload_timeout=unload_timeout,
        log_level=_log_level(top),
        max_wait=routing.max_wait,
        macros=usable_macros(macros),
        models=models,
        groups=routing.groups,
        priorities=routing.priorities,
        ignore_paths=_ignore_paths(top.section("upstream"), report) or Config().ignore_paths,
        aliases=reader.aliases,
    )
    _refuse_api_keys(top)
    top.finish(LATER | {"macros"})
    return config


def _expanded(root: MappingNode, macros: Macros, report: Report) -> MappingNode:
    """The tree without `macros`, with the known sections expanded; models have scopes of their own."""
    scope = scope_of(macros)
    leftovers = Leftovers(report, macros)
    entries = {}
    for key, entry in root.entries.items():
        if key in EXPANDED or key in LATER:
            node = leftovers.check(expand(entry.node, scope, report), key)
            entries[key] = Entry(entry.place, node)
        elif key != "macros":
            entries[key] = entry
    return dataclasses.replace(root, entries=entries)


def _health_check_timeout(top: Section) -> int:
    seconds = top.integer("healthCheckTimeout", 120, unit="seconds")
    if seconds < SHORTEST_HEALTH_CHECK_TIMEOUT:
        top.warning("healthCheckTimeout", f"raised to {SHORTEST_HEALTH_CHECK_TIMEOUT}, the least there is")
    return max(seconds, SHORTEST_HEALTH_CHECK_TIMEOUT)


def _log_level(top: Section) -> str:
    level = top.string("logLevel", "info")
    if level.strip().lower() not in _LOG_LEVELS:
        top.warning("logLevel", f'"{level}" means info', f"write one of {', '.join(_LOG_LEVELS)}")
    return level


def _ignore_paths(upstream: Section, report: Report) -> tuple[str, ...]:
    options = re2.Options()
    options.log_errors = False  # RE2 would write its own line to stderr
    patterns = []
    for index, (pattern, place) in enumerate(upstream.placed_strings("ignorePaths")):
        try:
            re2.compile(pattern, options)
        except re2.error as error:
            reason = error.args[0].decode("utf-8", "replace")
            path = f"{upstream.at('ignorePaths')}[{index}]"
            report.problem(
                place, path, f"not an RE2 pattern: {reason}", "RE2 has no look-around and no back-references"
            )
        else:
            patterns.append(pattern)
    upstream.finish()
    return tuple(patterns)


def _refuse_api_keys(top: Section) -> None:
    if top.strings("apiKeys"):
        message = "API keys are not supported yet, and without them the server would be open to everybody"
        top.problem("apiKeys", message, "remove apiKeys, and listen on 127.0.0.1 only")
