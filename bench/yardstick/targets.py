"""What is measured: the engine itself, and each proxy in front of the same engine."""

from __future__ import annotations

import json
import os
import pwd
import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from yardstick import proc, tools
from yardstick.processes import Server, Servers, free_port, free_port_row

ENGINE = "upstream"


@dataclass(frozen=True)
class Target:
    """Something on a loopback port that answers chat requests."""

    name: str
    port: int
    working: Callable[[], Sequence[int]]
    """The processes whose CPU time is its cost per event."""
    resident: Callable[[], Sequence[int]]
    """The processes whose memory is its cost."""
    key: str = ""
    """What its clients must show; empty: nothing."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1/chat/completions"


def start_direct(servers: Servers) -> Target:
    """The engine with nothing before it: what any proxy is compared with."""
    port = free_port()
    engine = servers.start("direct", [tools.compiled(ENGINE), "--port", str(port)], port=port)
    return Target("direct", port, lambda: [engine.pid], lambda: [engine.pid])


def start_nginx(servers: Servers) -> Target:
    """One nginx worker before an engine of its own."""
    engine_port, port = free_port(), free_port()
    servers.start("nginx-engine", [tools.compiled(ENGINE), "--port", str(engine_port)], port=engine_port)
    prefix = servers.folder / "nginx"
    prefix.mkdir()
    config = prefix / "nginx.conf"
    config.write_text(_nginx_config(prefix, port, engine_port))
    binary = tools.program("nginx", "nginx-light")
    argv = [binary, "-p", str(prefix), "-c", str(config), "-e", "stderr"]
    master = servers.start("nginx", argv, port=port)
    workers = list(proc.descendants(master.pid))
    return Target("nginx", port, lambda: workers, lambda: [master.pid, *workers])


def _nginx_config(prefix: Path, port: int, engine_port: int) -> str:
    # As root nginx would give its worker to `nobody`, who may not write here; for others `user` means nothing.
    user = pwd.getpwuid(os.geteuid()).pw_name
    blanks = {
        "@PREFIX@": str(prefix),
        "@USER@": f"user {user};" if os.geteuid() == 0 else "",
        "@LISTEN@": f"127.0.0.1:{port}",
        "@ENGINE@": f"127.0.0.1:{engine_port}",
    }
    text = (tools.BENCH / "nginx.conf").read_text()
    for blank, value in blanks.items():
        text = text.replace(blank, value)
    return text


def start_modelyard(servers: Servers) -> Target:
    """Modelyard as a proxy: it forwards a thousand requests at a time to its model, and keeps no record of them.

    nginx keeps none either; `recording` is the target that does.
    """
    daemon, port = start_daemon(servers, {"bench": {"cmd": engine_command(), "parallel": 1000}}, recordRequests=False)
    return Target("modelyard", port, lambda: [daemon.pid], lambda: [daemon.pid, *_helpers(daemon.pid)])


def start_recording(servers: Servers) -> Target:
    """Modelyard as it comes, with a record of every request."""
    models: dict[str, dict[str, object]] = {"bench": {"cmd": engine_command(), "parallel": 1000}}
    daemon, port = start_daemon(servers, models, name="recording")
    return Target("recording", port, lambda: [daemon.pid], lambda: [daemon.pid, *_helpers(daemon.pid)])


def start_guarded(servers: Servers) -> Target:
    """Modelyard as a proxy that knows its callers and sets a parameter: each request shows a key, which is checked and
    taken away, and each body is written anew."""
    model = {"cmd": engine_command(), "parallel": 1000, "filters": {"setParams": {"temperature": 0.7}}}
    key = "sk-bench-0123456789abcdef"
    daemon, port = start_daemon(servers, {"bench": model}, name="guarded", apiKeys=[key], recordRequests=False)
    return Target("guarded", port, lambda: [daemon.pid], lambda: [daemon.pid, *_helpers(daemon.pid)], key)


def engine_command(*options: str) -> str:
    """A model's `cmd`: the engine on the port that Modelyard chooses."""
    return shlex.join([tools.compiled(ENGINE), *options]) + " --port ${PORT}"


def start_daemon(
    servers: Servers, models: dict[str, dict[str, object]], *, name: str = "modelyard", **more: object
) -> tuple[Server, int]:
    """A Modelyard with these models (and more of a configuration), and the port it listens on."""
    folder = servers.folder / name
    folder.mkdir()
    config = folder / "config.yaml"
    # JSON is YAML. The engine's port is chosen too, so that a Modelyard in use is left in peace.
    config.write_text(json.dumps({"startPort": free_port_row(len(models)), "models": models, **more}, indent=2))
    port = free_port()
    argv = [tools.modelyard(), "-config", str(config), "-listen", f"127.0.0.1:{port}"]
    env = {**os.environ, "XDG_STATE_HOME": str(folder)}
    return servers.start(name, argv, port=port, env=env), port


def _helpers(daemon: int) -> list[int]:
    """Everything alive that the daemon started, except its engine."""
    engine_or_ended = (tools.compiled(ENGINE), "")
    return [pid for pid in proc.descendants(daemon) if proc.executable(pid) not in engine_or_ended]


STARTERS: dict[str, Callable[[Servers], Target]] = {
    "direct": start_direct,
    "nginx": start_nginx,
    "modelyard": start_modelyard,
    "guarded": start_guarded,
    "recording": start_recording,
}
