"""The configuration as the rest of Modelyard sees it: resolved, checked, frozen. Times are seconds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

DEFAULT_GROUP = "(default)"
MacroValue = str | int | float | bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelConfig:
    """One model. Every text is after macro expansion; `${PID}` may remain in `cmd_stop` (spec config 13)."""

    id: str
    cmd: str = ""
    cmd_stop: str = ""
    proxy: str
    port: int | None = None
    """The automatic port, when `cmd` asks for one by `${PORT}`."""
    check_endpoint: str = "/health"
    """Path of the readiness probe; the word `none` skips it."""
    ttl: int = 0
    unload_timeout: int = 10
    env: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    use_model_name: str = ""
    name: str = ""
    description: str = ""
    unlisted: bool = False
    concurrency_limit: int = 0
    """As configured; 0 or less means "not given"."""
    parallel: int = 10
    """Requests forwarded at a time; ours. Defaults to `concurrency_limit` where that is given, else 10."""
    queue_limit: int = 512
    macros: Mapping[str, MacroValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupConfig:
    """One group of models (spec config 16)."""

    swap: bool = True
    exclusive: bool = True
    persistent: bool = False
    members: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """A whole configuration. `models` is in byte-wise order of ids; `groups` ends with the default one."""

    health_check_timeout: int = 120
    start_port: int = 5800
    global_ttl: int = 0
    unload_timeout: int = 10
    log_level: str = "info"
    max_wait: int = 300
    """Ours, `routing.scheduler.settings.fifo.maxWait`: seconds after which a waiting request is forced.

    0 never forces one."""
    macros: Mapping[str, MacroValue] = field(default_factory=dict)
    models: Mapping[str, ModelConfig] = field(default_factory=dict)
    groups: Mapping[str, GroupConfig] = field(default_factory=dict)
    priorities: Mapping[str, int] = field(default_factory=dict)
    """`routing.scheduler.settings.fifo.priority`, by the name as written."""
    ignore_paths: tuple[str, ...] = (r".*\.(js|json|css|png|gif|jpg|jpeg|ico|txt)$",)
    """RE2 patterns of `upstream.ignorePaths` (spec config 12.3)."""
    aliases: Mapping[str, str] = field(default_factory=dict)
    """Alias to model id."""
    warnings: tuple[str, ...] = ()

    def resolve(self, name: str) -> str | None:
        """The model id that a name means: a model id first, then an alias (spec config 14)."""
        if name in self.models:
            return name
        return self.aliases.get(name)
