"""Peers: servers that requests are forwarded to (spec config 21)."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import structs

from modelyard.config.document import PeerEntry
from modelyard.config.filters import check_filters, effective_filters
from modelyard.config.modelchecks import check_proxy
from modelyard.config.names import Names
from modelyard.config.notes import Notes, Path
from modelyard.config.schema import ModelConfig, PeerConfig, PeerModel


def resolve_peers(entries: Mapping[str, PeerEntry], notes: Notes) -> dict[str, PeerConfig]:
    """The peers, each checked for itself."""
    peers = {}
    for peer, entry in entries.items():
        path: Path = ("peers", peer)
        _check(entry, path, notes)
        peers[peer] = PeerConfig(**structs.asdict(entry), effective_filters=effective_filters(entry.filters))
    return peers


def check_peer_names(peers: Mapping[str, PeerConfig], names: Names, notes: Notes) -> None:
    """Qualified names are distinct, and no model and no alias has one."""
    seen: dict[str, str] = {}
    for peer, config in peers.items():
        for index, model in enumerate(config.models):
            qualified = PeerModel(peer, model).qualified
            path: Path = ("peers", peer, "models", index)
            if seen.setdefault(qualified, peer) != peer:
                message = f'"{qualified}" is also a model of the peer "{seen[qualified]}"'
                notes.problem(path, message, "rename one of the two peers")
    for qualified in seen:
        owner = _local_owner(qualified, names)
        if owner is not None:
            notes.problem_of_key(
                owner, f'"{qualified}" is already a model of the peer "{seen[qualified]}"', "rename it"
            )


def is_qualified(name: str, names: Names) -> bool:
    """Whether a name is a peer's model with the name of the peer before it: nothing else may have it."""
    found = names.peers.get(name)
    return found is not None and found.qualified == name


def _check(entry: PeerEntry, path: Path, notes: Notes) -> None:
    if notes.is_null(path):
        # compatible: a peer without anything below it loads, and leads nowhere (spec config 24.11)
        notes.warning_of_key(path, "has no proxy and no models, so nothing leads to it")
        return
    if not entry.proxy:
        notes.problem((*path, "proxy"), "a peer needs a proxy", "write proxy: https://host")
    else:
        check_proxy(entry.proxy, (*path, "proxy"), "the peer can't be reached", notes)
    if not entry.models:
        notes.problem_of_absence((*path, "models"), "a peer needs models", "list them under models")
    seen: set[str] = set()
    for index, model in enumerate(entry.models):
        if not model:
            notes.warning((*path, "models", index), "a model without a name")
        elif model in seen:
            notes.warning((*path, "models", index), f'"{model}" is listed twice')
        seen.add(model)
    check_filters(entry.filters, (*path, "filters"), notes)


def _local_owner(name: str, names: Names) -> Path | None:
    """The path of the model or the alias that has a name."""
    if name in names.models:
        return ("models", name)
    model = names.aliases.get(name)
    return None if model is None else _path_of_alias(names.models[model], name)


def _path_of_alias(model: ModelConfig, alias: str) -> Path:
    if alias in model.filters.set_params_by_id:
        return ("models", model.id, "filters", "setParamsByID", alias)
    return ("models", model.id, "aliases", model.aliases.index(alias))
