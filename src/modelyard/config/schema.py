"""The configuration as the rest of Modelyard sees it: resolved, checked, frozen. Times are seconds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct, field

from modelyard.config.document import (
    ApiKeyEntry,
    GroupEntry,
    MacroValue,
    MatrixEntry,
    ModelEntry,
    PeerEntry,
    Performance,
    ProfileEntry,
    SelectorEntry,
    Store,
    Ui,
)
from modelyard.config.document.base import FreeForm
from modelyard.config.errors import Problem
from modelyard.config.policies import Policies
from modelyard.core.dsl.program import MatrixProgram

DEFAULT_GROUP = "(default)"
DEFAULT_IGNORE_PATHS = (r".*\.(js|json|css|png|gif|jpg|jpeg|ico|txt)$",)


class HeldPorts(Struct, frozen=True, kw_only=True):
    """The ports that are in use while a configuration is loaded again."""

    by_model: Mapping[str, int] = field(default_factory=dict)
    """Model to the port that it keeps if it still asks for one."""
    taken: frozenset[int] = frozenset()
    """More ports that nobody may get: those of processes that are on their way out."""


class ProcessText(Struct, frozen=True, kw_only=True):
    """The texts that a model's process is made from: while they stay, it may stay at a reload.

    Everything is expanded but the automatic port, which is still written `${PORT}`: another port is no other process.
    """

    cmd: str = ""
    env: tuple[str, ...] = ()
    proxy: str = ""


class EffectiveFilters(Struct, frozen=True, kw_only=True):
    """What filters come down to: sorted, and `model` taken out (spec config 15). None: nothing to set."""

    strip_params: tuple[str, ...] = ()
    set_params: FreeForm | None = None
    set_params_by_id: Mapping[str, FreeForm | None] = field(default_factory=dict)


class ModelConfig(ModelEntry, frozen=True, kw_only=True):
    """One model: its entry with all defaults resolved and every text expanded (spec config 13).

    `${PID}` may remain in `cmd_stop`. `aliases` has the automatic ones at its end. A `concurrency_limit` of 0 or
    less means that none is given.
    """

    id: str
    proxy: str = ""
    port: int | None = None
    """The automatic port, when `cmd` asks for one by `${PORT}`."""
    ttl: int = 0
    unload_timeout: int = 10
    parallel: int = 10
    send_loading_state: bool = False
    heartbeat: int = 0
    health_check_timeout: int = 120
    """That of the top level."""
    start_timeout: int = 120
    process: ProcessText = field(default_factory=ProcessText)
    effective_filters: EffectiveFilters = field(default_factory=EffectiveFilters)


class PeerConfig(PeerEntry, frozen=True, kw_only=True):
    """One peer (spec config 21)."""

    effective_filters: EffectiveFilters = field(default_factory=EffectiveFilters)


class PeerModel(Struct, frozen=True):
    """One model of one peer."""

    peer: str
    model: str

    @property
    def qualified(self) -> str:
        """The name that is never ambiguous."""
        return f"{self.peer}/{self.model}"


class Config(Struct, frozen=True, kw_only=True, rename="camel"):
    """A whole configuration. `models` is in byte-wise order of ids; `groups` ends with the default one."""

    health_check_timeout: int = 120
    log_requests: bool = False
    log_level: str = "info"
    log_time_format: str = ""
    log_format: Literal["text", "json"] = "text"
    log_to_stdout: str = "proxy"
    metrics_max_in_memory: int = 1000
    record_requests: bool = True
    capture_buffer: int = 5
    """Megabytes; 0 or less keeps nothing."""
    global_ttl: int = field(default=0, name="globalTTL")
    unload_timeout: int = 10
    start_port: int = 5800
    state_dir: str = ""
    """Empty: the usual place."""
    send_loading_state: bool = False
    heartbeat: int = 0
    max_body: int = 0
    """Bytes; 0 is no limit."""
    include_aliases_in_list: bool = False
    api_keys: tuple[str | ApiKeyEntry, ...] = ()
    """One that is a text may do everything."""
    store: Store | None = None
    """Where the record of requests is kept; None: in memory."""
    ui: Ui = field(default_factory=Ui)
    performance: Performance = field(default_factory=Performance)
    preload: tuple[str, ...] = ()
    """Ids of the models to load at the start."""
    ignore_paths: tuple[str, ...] = DEFAULT_IGNORE_PATHS
    """RE2 patterns of `upstream.ignorePaths` (spec config 12.3)."""
    macros: Mapping[str, MacroValue] = field(default_factory=dict)
    """As declared, unexpanded."""
    models: Mapping[str, ModelConfig] = field(default_factory=dict)
    profiles: Mapping[str, ProfileEntry] = field(default_factory=dict)
    selectors: Mapping[str, SelectorEntry] = field(default_factory=dict)
    peers: Mapping[str, PeerConfig] = field(default_factory=dict)
    router: str = "group"
    """Or `matrix`: whose settings are the ones that count. The others are not kept."""
    groups: Mapping[str, GroupEntry] = field(default_factory=dict)
    matrix: MatrixEntry | None = None
    matrix_program: MatrixProgram | None = None
    scheduler: str = "fifo"
    policies: Policies = field(default_factory=Policies)
    """Planner and discipline of other packages, where such are chosen."""
    priorities: Mapping[str, int] = field(default_factory=dict)
    """`routing.scheduler.settings.fifo.priority`, by the names as written."""
    max_wait: int = 300
    """Ours, `routing.scheduler.settings.fifo.maxWait`: seconds after which a waiting request is forced.

    0 never forces one."""
    min_residency: int = 0
    """Ours, `…fifo.minResidency`: seconds that a loaded model stays at least."""
    fairness: Literal["none", "caller"] = "none"
    economics: bool = False
    aliases: Mapping[str, str] = field(default_factory=dict)
    """Alias to model id, automatic ones included."""
    peer_names: Mapping[str, PeerModel] = field(default_factory=dict)
    """Every name that means a peer's model: the qualified ones, and the bare ones that only one peer has."""
    unbuildable: tuple[Problem, ...] = ()
    """What loads and still must stop a server from being built (spec config 3, step 8)."""
    without_effect: tuple[str, ...] = ()
    """Paths of keys that are given, checked and kept, and that nothing acts upon yet."""
    warnings: tuple[str, ...] = ()

    def resolve(self, name: str) -> str | None:
        """The model id that a name means: a model id first, then an alias (spec config 14)."""
        if name in self.models:
            return name
        return self.aliases.get(name)

    def find_peer(self, name: str) -> PeerModel | None:
        """The peer's model that a name means; local names come first, so `resolve` is asked before (spec config 21)."""
        return self.peer_names.get(name)

    def priority_of(self, model: str) -> int:
        """The priority of a model: its own entry, else the highest of its aliases' entries, else 0."""
        if model in self.priorities:
            return self.priorities[model]
        return max((self.priorities[alias] for alias in self._aliases_of(model) if alias in self.priorities), default=0)

    def _aliases_of(self, model: str) -> tuple[str, ...]:
        return self.models[model].aliases if model in self.models else ()
