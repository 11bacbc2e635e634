"""However the daemon ends, no engine outlives it."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import pytest

from tests.support.daemon import Daemon, demo_engine
from tests.support.processes import is_alive, wait_until

pytestmark = pytest.mark.real

MODELS = ("plain", "wrapped", "escaped")


def start_three(directory: Path) -> Daemon:
    config = f"""
models:
  plain: {{cmd: '{demo_engine()}'}}
  wrapped: {{cmd: "sh -c '{demo_engine()}; exit 0'"}}
  escaped: {{cmd: '{demo_engine("--setsid")}'}}
groups:
  all: {{swap: false, members: [{", ".join(MODELS)}]}}
"""
    daemon = Daemon(directory, config)
    for model in MODELS:
        answer = daemon.chat(model)
        assert answer.status_code == 200, answer.text
    return daemon


def engines_of(daemon: Daemon) -> list[int]:
    """Every process that runs a demo engine on behalf of this daemon, by its start port's neighbourhood."""
    ports = {one["cmd"].partition("--port ")[2].split()[0] for one in daemon.get("/running").json()["running"]}
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if "modelyard.demo.engine" in command and any(f"--port {port}" in command for port in ports):
            found.append(int(entry.name))
    return found


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT], ids=lambda number: number.name)
def test_no_engine_outlives_the_daemon(tmp_path: Path, number: signal.Signals) -> None:
    """R24, R25: plain, behind a shell that waits for it, and one that left the session."""
    daemon = start_three(tmp_path)
    try:
        engines = engines_of(daemon)
        assert len(engines) >= 4  # the shell is one, too, and the one that forked is two
        assert all(map(is_alive, engines))
        daemon.signal(number)
        daemon.wait_exit()
        ended = time.monotonic()
        wait_until(lambda: not any(map(is_alive, engines)), within=5)
        assert time.monotonic() - ended < 1.0
    finally:
        daemon.close()


def test_a_second_signal_stops_at_once(tmp_path: Path) -> None:
    """R55: draining a long stream is not for the impatient."""
    config = f"""
models:
  stubborn: {{cmd: '{demo_engine("--ignore-term", "--tps", 5, "--tokens", 5000)}'}}
"""
    with Daemon(tmp_path, config) as daemon:
        assert daemon.chat("stubborn").status_code == 200
        engines = engines_of(daemon)
        daemon.signal(signal.SIGINT)
        daemon.wait_for_line("draining")
        daemon.signal(signal.SIGINT)
        assert daemon.wait_exit() in (0, 1)
        wait_until(lambda: not any(map(is_alive, engines)), within=5)
