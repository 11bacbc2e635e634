"""How a model's process is started, known to be ready, and stopped."""

from __future__ import annotations

from dataclasses import dataclass

from modelyard.config.cmdline import split_command
from modelyard.runtime.health import ProbeTarget, probe_target
from modelyard.runtime.http.limits import DEFAULT_LIMITS, Limits
from modelyard.runtime.warmup import WarmUp


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessSpec:
    """All macros are expanded but `${PID}`. Times are seconds."""

    model: str
    cmd: str
    cmd_stop: str
    env: tuple[str, ...]
    proxy: str
    check_endpoint: str
    start_timeout: float
    start_progress: bool = False
    """Whether the time to become ready counts anew from each new line of the log (R1)."""
    warm_up: WarmUp | None = None
    """What it is asked for once its check has passed, before it counts as ready (R2)."""
    busy_timeout: float = 0.0
    """How long it may send nothing although a request waits for its answer; 0 is for ever (R32)."""
    port_check: bool = True
    """Whether it is started only when nobody else listens on its port (R3)."""
    keep_descendants: bool = False
    """Whether the command may end while what it started serves on (R28)."""
    limits: Limits = DEFAULT_LIMITS
    """How long the connections to it may take for what."""
    port: int | None = None
    """The port that was handed out to it, if it asked for one."""

    def same_process(self, other: ProcessSpec) -> bool:
        """Whether a process started for `other` is as good as one started for this; the rest applies to it live."""
        return (self.cmd, self.env, self.proxy) == (other.cmd, other.env, other.proxy)

    def probe_target(self) -> ProbeTarget | None:
        """What to ask; None where readiness is not asked for. Raises `ValueError` for a proxy that can't be asked."""
        if self.check_endpoint.strip() == "none":
            return None
        return probe_target(self.proxy, self.check_endpoint)

    def warm_up_target(self) -> ProbeTarget:
        """Where the request for warming up goes. Raises `ValueError` for a proxy that can't be asked."""
        return probe_target(self.proxy, self.warm_up.path if self.warm_up else "")

    def stop_argv(self, pid: int) -> list[str]:
        """The `cmdStop` to run; empty where TERM is to be sent (none is given, or it can't be split)."""
        try:
            return split_command(self.cmd_stop.replace("${PID}", str(pid)))
        except ValueError:
            return []
