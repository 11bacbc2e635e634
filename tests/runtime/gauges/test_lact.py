"""The daemon of LACT: a line there, a line back."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from modelyard.runtime.gauges.lact import Lact, LactError, read_gpus
from modelyard.runtime.gauges.samples import MEBIBYTE, NEVER
from tests.runtime.gauges.machines import PaperMachine

DEVICES = [{"id": "1002:744C-1DA2:471E-0000:03:00.0", "name": "RX 7900 XT"}, {"id": "ghost"}, {"id": "no-memory"}]
STATS: dict[str, Any] = {
    "vram": {"total": 2048 * MEBIBYTE, "used": 512 * MEBIBYTE},
    "busy_percent": 42,
    "fan": {"pwm_current": 51},
    "power": {"average": None, "current": 33.5},
    "temps": {"junction": {"current": 52.6}, "edge": {"current": 47.0}, "mem": {"current": 60.0}},
}


def answer(command: str, **arguments: str) -> Any:
    """What such a daemon says."""
    if command == "list_devices":
        return DEVICES
    if arguments["id"] == "ghost":
        raise LactError("no such device")
    return STATS if arguments["id"] == DEVICES[0]["id"] else {"vram": {}}


def test_devices_and_their_figures() -> None:
    (gpu,) = read_gpus(answer, NEVER)
    assert (gpu.id, gpu.name, gpu.uuid) == (0, "RX 7900 XT", DEVICES[0]["id"])
    assert (gpu.temp_c, gpu.vram_temp_c, gpu.gpu_util_pct, gpu.power_draw_w) == (47, 60, 42, 33.5)
    assert (gpu.mem_used_mb, gpu.mem_total_mb, gpu.mem_util_pct, gpu.fan_speed_pct) == (512, 2048, 25.0, 20.0)


@contextmanager
def daemon_at(address: Path) -> Iterator[None]:
    """A daemon that answers on a socket until the block ends."""
    address.parent.mkdir(parents=True, exist_ok=True)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(address))
        listener.listen()
        thread = threading.Thread(target=_serve, args=(listener,), daemon=True)
        thread.start()
        yield
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(20)


def _serve(listener: socket.socket) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        with connection, connection.makefile("rwb") as lines:
            for line in lines:
                asked = json.loads(line)
                try:
                    reply = {"status": "ok", "data": answer(asked["command"], **asked.get("args", {}))}
                except LactError as error:
                    reply = {"status": "error", "data": str(error)}
                lines.write(json.dumps(reply).encode() + b"\n")
                lines.flush()


def test_the_daemon_is_used_where_it_listens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LACT_DAEMON_SOCKET_PATH", raising=False)
    machine = PaperMachine(tmp_path)
    assert Lact.find(machine) is None
    with daemon_at(tmp_path / "run/lactd.sock"):
        source = Lact.find(machine)
        assert source is not None
        assert [gpu.name for gpu in source.sample(NEVER)] == ["RX 7900 XT"]
        assert source.processes() == {}
    assert source.sample(NEVER) == []


def test_its_place_may_be_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "elsewhere.sock"
    monkeypatch.setenv("LACT_DAEMON_SOCKET_PATH", str(place))
    assert Lact.find(PaperMachine(tmp_path)) is None
    with daemon_at(place):
        assert repr(Lact.find(PaperMachine(tmp_path))) == f"<Lact at {place}>"
