"""The configuration as the running daemon uses it, and what is derived from it once."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import msgspec
import re2

from modelyard.app.auth import Keyring
from modelyard.app.policies import discipline_of, planner_of
from modelyard.app.resolution import Resolution
from modelyard.config.document import Timeouts
from modelyard.config.errors import ConfigError
from modelyard.config.schema import Config, ModelConfig, PeerConfig
from modelyard.core.events import SpecsChanged
from modelyard.core.model import ModelFacts
from modelyard.core.planners.base import Planner
from modelyard.runtime.http.limits import Limits
from modelyard.runtime.peers import PeerSpec
from modelyard.runtime.processspec import ProcessSpec
from modelyard.runtime.warmup import WarmUp


class World:
    """What everybody looks at who asks for the configuration: a reload swaps its contents, in one step."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.resolution = Resolution(config)
        self.keyring = Keyring(config.api_keys)
        self.routes = self.resolution.routes
        """Every name that leads to a local model, always the same one: one look-up per request."""
        self.is_fair = config.fairness == "caller"
        """Whether it counts who asks, also where nobody has a key."""
        self._ignored = [re2.compile(pattern) for pattern in config.ignore_paths]

    def become(self, other: World) -> None:
        """Be like the other one from now on, for all who hold this one."""
        other.resolution.inherit(self.resolution)
        other.keyring.inherit(self.keyring)
        self.keyring = other.keyring
        self.resolution, self.routes = other.resolution, other.routes
        self.config, self.is_fair, self._ignored = other.config, other.is_fair, other._ignored

    def __repr__(self) -> str:
        return f"<World of {len(self.config.models)} models>"

    def ignores(self, rest: str) -> bool:
        """Whether `upstream.ignorePaths` matches a path behind /upstream/MODEL (spec http 10)."""
        return any(pattern.search(rest) for pattern in self._ignored)

    def facts(self) -> dict[str, ModelFacts]:
        """What the scheduler must know of each model."""
        return {model.id: self._facts_of(model) for model in self.config.models.values()}

    def _facts_of(self, model: ModelConfig) -> ModelFacts:
        return ModelFacts(
            model=model.id,
            parallel=model.parallel,
            concurrency_limit=model.concurrency_limit if model.concurrency_limit > 0 else None,
            queue_limit=model.queue_limit,
            priority=self.config.priority_of(model.id),
            ttl=float(model.ttl),
            unload_timeout=float(model.unload_timeout),
            evictable=model.evictable,
        )

    def planner(self) -> Planner:
        """The policy of which models run together. Raises `ConfigError` where another package's can't be made."""
        return planner_of(self.config, self.facts())

    def specs(
        self, restart: frozenset[str] = frozenset(), load_times: Mapping[str, float] = MappingProxyType({})
    ) -> SpecsChanged:
        """What the scheduler must know of all of it. `restart` names the models that must start anew.

        Raises `ConfigError` where a policy of another package can't be made.
        """
        config, facts = self.config, self.facts()
        return SpecsChanged(
            facts,
            planner_of(config, facts),
            restart=restart,
            max_wait=float(config.max_wait),
            min_residency=float(config.min_residency),
            fairness=config.fairness,
            economics=config.economics,
            load_times=load_times,
            discipline=discipline_of(config, facts),
        )

    def peers(self) -> dict[str, PeerSpec]:
        """How each peer is reached; one that has no address leads nowhere."""
        return {name: _peer_spec(peer) for name, peer in self.config.peers.items() if peer.proxy}

    def process(self, model: str) -> ProcessSpec | None:
        """How the model's process is started; None where there is no such model."""
        config = self.config.models.get(model)
        if config is None:
            return None
        return ProcessSpec(
            model=model,
            cmd=config.cmd,
            cmd_stop=config.cmd_stop,
            env=config.env,
            proxy=config.proxy,
            check_endpoint=config.check_endpoint,
            start_timeout=float(config.start_timeout),
            start_progress=config.start_progress,
            warm_up=_warm_up_of(config),
            busy_timeout=float(config.busy_timeout),
            port_check=config.port_check,
            keep_descendants=config.keep_descendants,
            limits=limits_of(config.timeouts),
            port=config.port,
        )


def _warm_up_of(model: ModelConfig) -> WarmUp | None:
    request = model.warmup
    if request is None:
        return None
    body = None
    if request.body is not None:
        body = msgspec.json.encode({"model": model.use_model_name or model.id, **request.body})
    return WarmUp(request.path, body, float(request.timeout))


def _peer_spec(peer: PeerConfig) -> PeerSpec:
    return PeerSpec(url=peer.proxy, api_key=peer.api_key, ca_file=peer.ca_file, limits=limits_of(peer.timeouts))


def refuse_unusable(config: Config) -> None:
    """Raise `ConfigError` where a configuration loads, and no server can be built of it (spec config 3, step 8)."""
    if config.unbuildable:
        raise ConfigError(config.unbuildable, config.warnings)
    World(config).specs()


def limits_of(timeouts: Timeouts) -> Limits:
    """The `timeouts` of a model or of a peer as its connections keep them (spec config 13)."""
    return Limits(
        connect=float(timeouts.connect),
        keepalive=float(timeouts.keepalive),
        response_header=float(timeouts.response_header),
        tls_handshake=float(timeouts.tls_handshake),
        idle=float(timeouts.idle_conn),
    )
