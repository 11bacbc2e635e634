"""The resolved view: a configuration as plain data with the names of the file (spec config, Appendix A)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

from msgspec import structs, to_builtins

from modelyard.config.cmdline import EmptyCommand, split_command
from modelyard.config.document import ApiKeyEntry, Capabilities, Filters, MacroValue, MatrixEntry
from modelyard.config.modelchecks import COMFYUI_MODEL, COMFYUI_PARALLEL
from modelyard.config.schema import Config, EffectiveFilters, ModelConfig, PeerConfig
from modelyard.config.secrets import HIDDEN, concealed, names_secret

_SHORTEST_WITHIN = 8
"""Characters of a key that is looked for within longer texts as well: a shorter one would be found in any."""
_PLAIN = (
    "health_check_timeout",
    "log_requests",
    "log_level",
    "log_time_format",
    "log_format",
    "log_to_stdout",
    "metrics_max_in_memory",
    "record_requests",
    "capture_buffer",
    "global_ttl",
    "unload_timeout",
    "start_port",
    "state_dir",
    "send_loading_state",
    "heartbeat",
    "max_body",
    "include_aliases_in_list",
)
_OUR_KEYS = "apiKeys"
"""Entries with names and routes, which may be shown; their keys are hidden one by one."""
_KEYS = {field.name: field.encode_name for field in structs.fields(Config)}


def resolved_view(config: Config, *, reveal: bool = True) -> dict[str, Any]:
    """The configuration as JSON-able data. Secrets (our keys, those of peers) are shown if `reveal`, else hidden: also
    where a macro or a command holds one."""
    view = _view(config, (lambda key: key) if reveal else _hidden)
    secrets = set() if reveal else _secrets_of(config)
    return {key: _without(secrets, value) for key, value in view.items()} if secrets else view


def shown_value(config: Config, name: str, value: Any) -> Any:
    """A value as it may be shown to whoever may not read the file: without our keys, those of peers, and without what
    it or its name calls a secret."""
    if value and names_secret(name) and name != _OUR_KEYS:
        return HIDDEN
    return concealed(_without(_secrets_of(config), value))


def _view(config: Config, secret: Callable[[str], str]) -> dict[str, Any]:
    return {
        **{_KEYS[name]: getattr(config, name) for name in _PLAIN},
        _OUR_KEYS: [_key_view(key, secret) for key in config.api_keys],
        "store": to_builtins(config.store),
        "ui": to_builtins(config.ui),
        "performance": {"disabled": config.performance.disabled, "every_seconds": config.performance.every},
        "hooks": {"on_startup": {"preload": list(config.preload)}},
        "upstream": {"ignorePaths": list(config.ignore_paths)},
        "macros": _macros_view(config.macros),
        "aliases": dict(config.aliases),
        "models": {model.id: _model_view(model) for model in config.models.values()},
        "peers": {peer: _peer_view(entry, secret) for peer, entry in config.peers.items()},
        "selectors": to_builtins(config.selectors),
        "profiles": to_builtins(config.profiles),
        "routing": _routing_view(config),
    }


def _key_view(key: str | ApiKeyEntry, secret: Callable[[str], str]) -> str | dict[str, Any]:
    if isinstance(key, str):
        return secret(key)
    view: dict[str, Any] = to_builtins(key)
    return view | {"key": secret(key.key)}


def _hidden(key: str) -> str:
    return HIDDEN if key else ""


def _secrets_of(config: Config) -> set[str]:
    ours = {key if isinstance(key, str) else key.key for key in config.api_keys}
    return (ours | {peer.api_key for peer in config.peers.values()}) - {""}


def _without(secrets: Collection[str], value: Any) -> Any:
    match value:
        case str():
            return HIDDEN if value in secrets else _without_within(secrets, value)
        case dict():
            return {key: _without(secrets, item) for key, item in value.items()}
        case list() | tuple():
            return [_without(secrets, item) for item in value]
        case _:
            return value


def _without_within(secrets: Iterable[str], text: str) -> str:
    for secret in secrets:
        if len(secret) >= _SHORTEST_WITHIN:
            text = text.replace(secret, HIDDEN)
    return text


def _model_view(model: ModelConfig) -> dict[str, Any]:
    view: dict[str, Any] = to_builtins(model)
    del view["process"], view["effectiveFilters"], view["id"]
    if model.id == COMFYUI_MODEL:
        view["concurrencyLimit"] = max(model.concurrency_limit, COMFYUI_PARALLEL)
    return view | {
        "macros": _macros_view(model.macros),
        "capabilities": view["capabilities"] | {"empty": model.capabilities == Capabilities()},
        "filters": _filters_view(model.filters, model.effective_filters),
        "cmd_argv": _arguments(model.cmd),
        "cmdStop_argv": _arguments(model.cmd_stop),
    }


def _macros_view(macros: Mapping[str, MacroValue]) -> list[list[MacroValue]]:
    """Pairs of name and value: their order counts, and many a reader of JSON loses that of objects."""
    return [[name, value] for name, value in macros.items()]


def _peer_view(peer: PeerConfig, secret: Callable[[str], str]) -> dict[str, Any]:
    view: dict[str, Any] = to_builtins(peer)
    del view["effectiveFilters"]
    return view | {
        "apiKey": secret(peer.api_key),
        "filters": _filters_view(peer.filters, peer.effective_filters),
    }


def _filters_view(filters: Filters, effective: EffectiveFilters) -> dict[str, Any]:
    view: dict[str, Any] = to_builtins(filters)
    return view | {
        "effective": {
            "stripParams": list(effective.strip_params),
            "setParams": effective.set_params,
            "setParamsByID": dict(effective.set_params_by_id),
        }
    }


def _routing_view(config: Config) -> dict[str, Any]:
    fifo = {
        "priority": dict(config.priorities) or None,
        "maxWait": config.max_wait,
        "minResidency": config.min_residency,
        "fairness": config.fairness,
        "economics": config.economics,
    }
    matrix = None if config.matrix is None else _matrix_view(config, config.matrix)
    return {
        "router": {"use": config.router, "settings": {"groups": to_builtins(config.groups), "matrix": matrix}},
        "scheduler": {"use": config.scheduler, "settings": {"fifo": fifo}},
    }


def _matrix_view(config: Config, matrix: MatrixEntry) -> dict[str, Any]:
    program = config.matrix_program
    return {
        "vars": dict(matrix.vars),
        "evict_costs": dict(matrix.evict_costs),
        "resolved_evict_costs": {} if program is None else dict(program.costs),
        "sets": [[name, text] for name, text in matrix.sets.items()],
    }


def _arguments(command: str) -> Sequence[str] | None:
    try:
        return split_command(command)
    except EmptyCommand:
        return None
