"""What a name means in a configuration: a model, a selector, or the model of a peer."""

from __future__ import annotations

from typing import Any

from msgspec import to_builtins

from modelyard.app.meaning.facts import NOT_YET, Explanation, Fact, plain_facts
from modelyard.app.meaning.model import model_sections
from modelyard.config.document import PeerEntry, SelectorEntry
from modelyard.config.keys import WITHOUT_EFFECT
from modelyard.config.origins import DEFAULT, Origins
from modelyard.config.schema import Config, ModelConfig, PeerModel
from modelyard.config.secrets import HIDDEN


def explain(config: Config, origins: Origins, asked: str) -> Explanation | None:
    """What a name means; None where it means nothing. Models come first, then selectors, then peers' models."""
    model = config.resolve(asked)
    if model is not None:
        return _explain_model(config, origins, asked, config.models[model])
    if asked in config.selectors:
        return _explain_selector(config, origins, asked)
    peer = config.find_peer(asked)
    return None if peer is None else _explain_peer(config, origins, asked, peer)


def known_names(config: Config) -> list[str]:
    """Everything that can be explained."""
    return [*config.models, *config.aliases, *config.selectors, *config.peer_names]


def _explain_model(config: Config, origins: Origins, asked: str, model: ModelConfig) -> Explanation:
    return Explanation(
        asked=asked,
        kind="model",
        name=model.id,
        summary="a model" if asked == model.id else f'a model, which "{asked}" is an alias of',
        sections=model_sections(config, origins, model),
    )


def _explain_selector(config: Config, origins: Origins, name: str) -> Explanation:
    path = ("selectors", name)
    values: dict[str, Any] = to_builtins(config.selectors[name])
    targets = [
        Fact(
            key=f"targets[{index}]",
            value=target,
            origins=origins.of(*path, "targets", index),
            note=_what_it_is(config, target),
        )
        for index, target in enumerate(values.pop("targets"))
    ]
    spillover = Fact(
        key="settings.spillover",
        value=values.pop("settings")["spillover"],
        origins=origins.of(*path, "settings", "spillover") or (DEFAULT,),
        quiet=config.selectors[name].strategy != "spillover",
    )
    plain = list(plain_facts(values, to_builtins(SelectorEntry()), origins, path))
    effect = f", {NOT_YET}" if "selectors" in WITHOUT_EFFECT else ""
    return Explanation(
        asked=name,
        kind="selector",
        name=name,
        summary=f"a selector: its requests go to one of its targets{effect}",
        sections={"Selector": [*plain, *targets, spillover]},
    )


def _explain_peer(config: Config, origins: Origins, asked: str, found: PeerModel) -> Explanation:
    path = ("peers", found.peer)
    peer = config.peers[found.peer]
    values: dict[str, Any] = to_builtins(peer)
    del values["effectiveFilters"], values["models"]
    values["apiKey"] = HIDDEN if peer.api_key else ""
    index = peer.models.index(found.model)
    listed = Fact(key="model", value=found.model, origins=origins.of(*path, "models", index))
    effect = f", {NOT_YET}" if "peers" in WITHOUT_EFFECT else ""
    return Explanation(
        asked=asked,
        kind="peer model",
        name=found.qualified,
        summary=f'a model of the peer "{found.peer}", which requests are forwarded to{effect}',
        sections={"Peer": [listed, *plain_facts(values, to_builtins(PeerEntry()), origins, path)]},
    )


def _what_it_is(config: Config, target: str) -> str:
    if target in config.models:
        return "a model"
    model = config.resolve(target)
    if model is not None:
        return f'an alias of "{model}"'
    peer = config.find_peer(target)
    return "" if peer is None else f'a model of the peer "{peer.peer}"'
