"""What there is to ask for, as `/v1/models` tells it (spec http 9), and what of it people watch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from modelyard.app.auth import Caller
from modelyard.app.resolution import Resolution
from modelyard.app.selection import COMING, PhaseOf
from modelyard.config.document import Capabilities, SelectorEntry
from modelyard.config.schema import Config, ModelConfig
from modelyard.core.model import Phase

Record = dict[str, Any]
_OLDER = ("architecture", "capabilities", "supported_parameters", "context_length")
"""Metadata that gives way to what is said of the model's capabilities."""


class Listing:
    """The listing of one configuration at one moment."""

    def __init__(self, config: Config, resolution: Resolution, phase_of: PhaseOf, created: int) -> None:
        """`created` is seconds since the epoch: compatible, the moment of the request."""
        self._config = config
        self._resolution = resolution
        self._phase_of = phase_of
        self._created = created

    def __repr__(self) -> str:
        return f"<Listing of {self._config!r}>"

    def records(self, caller: Caller | None) -> list[Record]:
        """Everything that is listed and that the caller may use, by id."""
        shown = (record for record in self._all(listed_only=True) if caller is None or _may_use(caller, record))
        return sorted(shown, key=lambda record: str(record["id"]).encode("utf-8", "surrogatepass"))

    def find(self, name: str, caller: Caller | None) -> Record | None:
        """The record of one name, listed or not, aliases included; None where it means nothing to the caller."""
        if self._config.resolve(name) is None and (offer := self._config.find_peer(name)) is not None:
            name = offer.qualified
        for record in self._all(listed_only=False):
            if record["id"] == name:
                return record if caller is None or _may_use(caller, record) else None
        return None

    def _all(self, *, listed_only: bool) -> Iterator[Record]:
        config = self._config
        for model in config.models.values():
            if not (listed_only and model.unlisted):
                yield self._of_model(model)
                if config.include_aliases_in_list or not listed_only:
                    yield from (self._of_alias(model, alias) for alias in model.aliases if alias.strip())
        for peer, entry in config.peers.items():
            yield from (self._of_peer(peer, model) for model in dict.fromkeys(entry.models))
        for name, selector in config.selectors.items():
            if not (listed_only and selector.unlisted):
                yield self._of_selector(name, selector)
        for pin, target in self._resolution.pins.items():
            if target and config.resolve(pin) is None and pin not in config.peer_names and pin not in config.selectors:
                yield self._record(pin, {"type": "profile"}, loaded=False)

    # ---------------------------------------------------------------- records

    def _record(self, name: str, internal: Record, *, loaded: bool) -> Record:
        return {
            "id": name,
            "object": "model",
            "created": self._created,
            "owned_by": "modelyard",
            "meta": {"llamaswap": internal},
            "status": {"value": "loaded" if loaded else "unloaded"},
        }

    def _of_model(self, model: ModelConfig) -> Record:
        internal: Record = {"type": "model"}
        if model.aliases:
            internal["aliases"] = list(model.aliases)
        return self._described(model, model.id, internal)

    def _of_alias(self, model: ModelConfig, alias: str) -> Record:
        return self._described(model, alias, {"type": "alias", "modelID": model.id})

    def _described(self, model: ModelConfig, name: str, internal: Record) -> Record:
        capabilities = model.capabilities
        metadata = dict(model.metadata or {})
        if capabilities != Capabilities():
            metadata = {key: value for key, value in metadata.items() if key not in _OLDER}
        record = self._record(name, metadata | internal, loaded=self._phase_of(model.id) in _LOADED)
        record |= _texts(model.name, model.description)
        record |= capability_fields(capabilities)
        if capabilities.context:
            record["meta"]["n_ctx"] = capabilities.context
        return record

    def _of_peer(self, peer: str, model: str) -> Record:
        record = self._record(f"{peer}/{model}", {"type": "peer", "peerID": peer}, loaded=False)
        return record | {"name": f"{peer}: {model}"}

    def _of_selector(self, name: str, selector: SelectorEntry) -> Record:
        internal: Record = {"type": "selector", "strategy": selector.strategy, "targets": list(selector.targets)}
        if selector.strategy == "spillover":
            internal["spillover"] = selector.settings.spillover
        targets = selector.targets[:1] if selector.strategy == "pin" else selector.targets
        record = self._record(name, {**selector.metadata, **internal}, loaded=any(map(self._is_warm, targets)))
        return record | _texts(selector.name, selector.description)

    def _is_warm(self, target: str) -> bool:
        model = self._config.resolve(target)
        return model is not None and self._phase_of(model) in (Phase.READY, *COMING)


_LOADED = (Phase.STARTING, Phase.WAKING, Phase.READY, Phase.STOPPING, Phase.FALLING_ASLEEP)


def _may_use(caller: Caller, record: Record) -> bool:
    return caller.may_use(str(record["id"]), str(record["meta"]["llamaswap"].get("modelID", "")))


def _texts(name: str, description: str) -> Record:
    texts = {"name": name.strip(), "description": description.strip()}
    return {key: text for key, text in texts.items() if text}


def capability_fields(capabilities: Capabilities) -> Record:
    """What a record says of a model's capabilities; empty where nothing is known."""
    fields: Record = {}
    if capabilities.in_ or capabilities.out:
        fields["architecture"] = _architecture(capabilities)
    if flags := capability_flags(capabilities):
        fields["capabilities"] = flags
    if capabilities.tools:
        fields["supported_parameters"] = ["tools", "tool_choice"]
    if capabilities.context:
        fields["context_length"] = capabilities.context
    return fields


def _architecture(capabilities: Capabilities) -> Record:
    takes, gives = list(capabilities.in_), list(capabilities.out)
    architecture: Record = {"input_modalities": takes, "output_modalities": gives}
    if takes and gives:
        architecture["modality"] = f"{'+'.join(takes)}->{'+'.join(gives)}"
    return architecture


def capability_flags(capabilities: Capabilities) -> Mapping[str, bool]:
    """What a model can do, by the names that clients know; only what it can."""
    takes, gives = capabilities.in_, capabilities.out
    flags = {
        "vision": "image" in takes,
        "audio_transcriptions": "audio" in takes and "text" in gives,
        "audio_speech": "text" in takes and "audio" in gives,
        "image_generation": "text" in takes and "image" in gives,
        "image_to_image": "image" in takes and "image" in gives,
        "function_calling": capabilities.tools,
        "reranker": capabilities.reranker,
    }
    return {name: can for name, can in flags.items() if can}
