"""What the models mean: names, defaults, checks (spec config 13, 14, 15)."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import structs

from modelyard.config.cmdline import leaves_quote_open
from modelyard.config.document import Document, ModelEntry
from modelyard.config.filters import check_filters, effective_filters
from modelyard.config.models import ModelText
from modelyard.config.notes import Notes, Path
from modelyard.config.proxyurl import loopback_port, why_not_a_url, why_unusable
from modelyard.config.schema import ModelConfig, ProcessText
from modelyard.config.secrets import masked

DEFAULT_PARALLEL = 10
COMFYUI_MODEL = "comfyui_auto"
COMFYUI_PARALLEL = 50
"""A model called `comfyui_auto` gets at least this many requests at a time (spec config 13)."""


def resolve_models(document: Document, texts: Mapping[str, ModelText], notes: Notes) -> dict[str, ModelConfig]:
    """The models, checked, with what they inherit from the top level. `document` has its own defaults resolved."""
    models = {}
    for model, text in texts.items():
        entry = document.models.get(model)
        if entry is not None:  # all of models may be a mistake
            models[model] = _resolved(model, entry, text, document, notes)
    _warn_of_clashing_ports(models, notes)
    return models


def resolve_aliases(models: Mapping[str, ModelConfig], notes: Notes) -> dict[str, str]:
    """Alias to model. An alias belongs to one model and stands there once.

    Those that are written come first; then each name under `setParamsByID` becomes one, other than the model's own.
    """
    aliases: dict[str, str] = {}
    for model, config in models.items():
        for index, alias in enumerate(config.aliases):
            _claim(alias, model, models, aliases, ("models", model, "aliases", index), notes)
    for model, config in models.items():
        for name in sorted(config.filters.set_params_by_id):
            if name != model and aliases.get(name) != model:
                path: Path = ("models", model, "filters", "setParamsByID", name)
                if name in models:
                    notes.problem_of_key(path, f'"{name}" is another model, not a name of "{model}"', "rename the key")
                else:
                    _claim(name, model, models, aliases, path, notes)
    return aliases


def with_aliases(models: Mapping[str, ModelConfig], aliases: Mapping[str, str]) -> dict[str, ModelConfig]:
    """The models with their automatic aliases behind those that are written."""
    more: dict[str, list[str]] = {}
    written = {model: frozenset(config.aliases) for model, config in models.items()}
    for alias, model in aliases.items():
        if alias not in written[model]:
            more.setdefault(model, []).append(alias)
    return {
        model: structs.replace(config, aliases=(*config.aliases, *more[model])) if model in more else config
        for model, config in models.items()
    }


def _claim(
    alias: str, model: str, models: Mapping[str, object], aliases: dict[str, str], path: Path, notes: Notes
) -> None:
    if alias in aliases:
        message = f'alias "{alias}" is already used by model "{aliases[alias]}"'
        notes.problem(path, message, "give it to one model, once")
        return
    aliases[alias] = model
    if alias in models:
        notes.warning(path, f'alias "{alias}" is also a model, which is what the name will mean')
    elif not alias:
        notes.warning(path, "an empty alias: no request can ask for it")


def _resolved(model: str, entry: ModelEntry, text: ModelText, document: Document, notes: Notes) -> ModelConfig:
    path: Path = ("models", model)
    proxy = "" if notes.is_broken((*path, "proxy")) else entry.proxy
    limit, parallel = _limits(model, entry)
    config = ModelConfig(
        **structs.asdict(entry)
        | {
            "id": model,
            "proxy": proxy,
            "port": text.port,
            "process": text.process or ProcessText(cmd=entry.cmd, env=entry.env, proxy=proxy),
            "macros": text.macros,
            "ttl": document.global_ttl if entry.ttl == -1 else entry.ttl,
            "unload_timeout": entry.unload_timeout or document.unload_timeout,
            "concurrency_limit": limit,
            "parallel": parallel,
            "send_loading_state": (
                document.send_loading_state if entry.send_loading_state is None else entry.send_loading_state
            ),
            "heartbeat": document.heartbeat if entry.heartbeat is None else entry.heartbeat,
            "health_check_timeout": document.health_check_timeout,
            "start_timeout": entry.start_timeout or document.health_check_timeout,
            "effective_filters": effective_filters(entry.filters),
        }
    )
    if model == COMFYUI_MODEL:
        config = structs.replace(config, compat=structs.replace(entry.compat, ignore_websockets=True))
    check_filters(entry.filters, (*path, "filters"), notes)
    _check_texts(config, path, notes)
    return config


def _limits(model: str, entry: ModelEntry) -> tuple[int, int]:
    """The explicit limit of requests, and how many go at a time. What ComfyUI gets is no explicit limit."""
    limit, least = entry.concurrency_limit, COMFYUI_PARALLEL if model == COMFYUI_MODEL else 0
    if limit > 0:
        limit = max(limit, least)
    default = limit if limit > 0 else max(DEFAULT_PARALLEL, least)
    return limit, default if entry.parallel is None else entry.parallel


def _check_texts(config: ModelConfig, path: Path, notes: Notes) -> None:
    if not config.id:
        notes.warning_of_key(path, "a model without a name: no request can ask for it")
    for key, text in (("cmd", config.cmd), ("cmdStop", config.cmd_stop)):
        if leaves_quote_open(text):
            notes.warning((*path, key), "a quote is not closed, it extends to the end of the command")
    for key, text in (("cmd", config.cmd), ("proxy", config.proxy)):
        if not text and not notes.is_broken((*path, key)):
            notes.warning_of_key(path, f"has no {key}, so it can't be started")
    if config.proxy:
        check_proxy(config.proxy, (*path, "proxy"), "the model can't be reached", notes)


def check_proxy(url: str, path: Path, consequence: str, notes: Notes) -> None:
    """Refuse what is no URL; warn of one that can't work."""
    refusal = why_not_a_url(url)
    if refusal:
        notes.problem(path, f'"{masked(url)}" is not a URL: {refusal}', "write http://host:port")
        return
    doubt = why_unusable(url)
    if doubt:
        notes.warning(path, f'"{masked(url)}" {doubt}: {consequence}')


def _warn_of_clashing_ports(models: Mapping[str, ModelConfig], notes: Notes) -> None:
    """An automatic port that another model's proxy names is that other model's, sooner or later (spec config 24.25)."""
    automatic = {config.port: model for model, config in models.items() if config.port is not None}
    for model, config in models.items():
        port = None if config.proxy == "" or config.port is not None else loopback_port(config.proxy)
        if port in automatic:
            message = f'port {port} is also what ${{PORT}} gives to the model "{automatic[port]}"'
            notes.warning(("models", model, "proxy"), message, "choose another startPort")
