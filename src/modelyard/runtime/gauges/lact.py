"""GPUs of any vendor through the daemon of LACT, which may read what others may not (spec lifecycle 11.2)."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from modelyard.runtime.gauges.machine import Machine
from modelyard.runtime.gauges.samples import MEBIBYTE, NEVER, GpuSample, share_in_percent

CONNECT_LIMIT = 2.0
LIMIT = 5.0
"""Seconds for one whole conversation."""

Answer = Callable[..., Any]
"""Puts a command with its arguments, and returns the data of the answer. Raises LactError."""


class LactError(Exception):
    """The daemon did not answer as it should."""


class Lact:
    """The daemon behind a socket. Every sample is a conversation of its own."""

    name = "LACT"

    def __init__(self, address: Path) -> None:
        self._address = address

    def __repr__(self) -> str:
        return f"<Lact at {self._address}>"

    @classmethod
    def find(cls, machine: Machine) -> Lact | None:
        """The daemon, where it listens and has a GPU to tell of."""
        named = os.environ.get("LACT_DAEMON_SOCKET_PATH", "")
        places = [Path(named)] if named and Path(named).exists() else []
        places += [machine.path("/run/lactd.sock"), machine.path(f"/run/user/{os.getuid()}/lactd.sock")]
        address = next((place for place in places if place.is_socket()), None)
        if address is None:
            return None
        source = cls(address)
        return source if source.sample(NEVER) else None

    def sample(self, at: datetime) -> list[GpuSample]:
        """All GPUs now; none while the daemon does not answer."""
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(CONNECT_LIMIT)
                connection.connect(str(self._address))
                connection.settimeout(LIMIT)
                return read_gpus(_Conversation(connection), at)
        except (OSError, LactError):
            return []

    def processes(self) -> dict[int, dict[str, int]]:
        """The daemon does not tell."""
        return {}


class _Conversation:
    """One JSON object a line, there and back."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._lines = connection.makefile("rb")

    def __call__(self, command: str, **arguments: str) -> Any:
        question = {"command": command, "args": arguments} if arguments else {"command": command}
        self._connection.sendall(msgspec.json.encode(question) + b"\n")
        try:
            answer = msgspec.json.decode(self._lines.readline())
        except msgspec.DecodeError as error:
            raise LactError(f"no JSON: {error}") from error
        if not isinstance(answer, dict) or answer.get("status") != "ok":
            raise LactError(f"{command}: {answer!r}")
        return answer.get("data")


def read_gpus(ask: Answer, at: datetime) -> list[GpuSample]:
    """Ask for the devices, then for the figures of each. One that fails or has no memory of its own is left out."""
    found = []
    for number, device in enumerate(ask("list_devices") or ()):
        try:
            stats = ask("device_stats", id=device["id"])
            gpu = _gpu(number, device, stats, at)
        except (LactError, KeyError, TypeError):
            continue
        if gpu.mem_total_mb:
            found.append(gpu)
    return found


def _gpu(number: int, device: dict[str, Any], stats: dict[str, Any], at: datetime) -> GpuSample:
    memory, fan, power = (stats.get(part) or {} for part in ("vram", "fan", "power"))
    used, total = memory.get("used") or 0, memory.get("total") or 0
    degrees = {name: entry.get("current") or 0 for name, entry in (stats.get("temps") or {}).items()}
    core = degrees.get("edge") or degrees.get("junction") or next(iter(degrees.values()), 0)
    return GpuSample(
        timestamp=at,
        id=number,
        name=device.get("name") or device["id"],
        uuid=device["id"],
        temp_c=int(core),
        vram_temp_c=int(max(0, degrees.get("mem") or degrees.get("VRAM") or 0)),
        gpu_util_pct=float(stats.get("busy_percent") or 0),
        mem_util_pct=share_in_percent(used, total),
        mem_used_mb=used // MEBIBYTE,
        mem_total_mb=total // MEBIBYTE,
        fan_speed_pct=share_in_percent(fan.get("pwm_current") or 0, 255),
        power_draw_w=float(power.get("average") or power.get("current") or 0),
    )
