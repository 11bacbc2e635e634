"""What a name in the file may mean: a model, its alias, a peer's model (spec config 14, 21)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import chain

from modelyard.config.notes import Notes
from modelyard.config.schema import ModelConfig, PeerConfig, PeerModel


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """The names of one configuration."""

    models: Mapping[str, ModelConfig]
    aliases: Mapping[str, str]
    peers: Mapping[str, PeerModel] = field(default_factory=dict)
    """Qualified names, and bare ones that only one peer has."""

    def local(self, name: str) -> str | None:
        """The model that a name means."""
        return name if name in self.models else self.aliases.get(name)

    def target(self, name: str) -> str | PeerModel | None:
        """What a name means, local models first."""
        model = self.local(name)  # a model may be called ""
        return self.peers.get(name) if model is None else model

    def suggestion(self, name: str, notes: Notes) -> str:
        """What to do about a name that means nothing."""
        return notes.did_you_mean(name, chain(self.models, self.aliases, self.peers)) or "add it under models"


def peer_names(peers: Mapping[str, PeerConfig]) -> dict[str, PeerModel]:
    """Every name that means a peer's model. A qualified meaning beats a bare one."""
    offers = {PeerModel(peer, model): None for peer, config in peers.items() for model in config.models}
    bare = Counter(offer.model for offer in offers)
    names = {offer.model: offer for offer in offers if bare[offer.model] == 1}
    return names | {offer.qualified: offer for offer in offers}
