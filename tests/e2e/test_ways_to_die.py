"""Ways to die that are less usual than a signal: the terminal closes, everything is killed at once, PID 1."""

from __future__ import annotations

import os
import pty
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from modelyard.runtime.platform.linux import all_processes
from tests.e2e.test_orphans import engines_of
from tests.support.daemon import Daemon, demo_engine
from tests.support.processes import is_alive, wait_until

pytestmark = pytest.mark.real

ONE = f"models: {{m: {{cmd: '{demo_engine('--fork')}'}}}}\n"
# opened by the leader of a session that has none, a terminal becomes its controlling terminal
IN_TERMINAL = "import os, sys; os.open(sys.argv[1], os.O_RDWR); os.execvp(sys.argv[2], sys.argv[2:])"
HEEDS = "import signal; signal.signal(signal.SIGHUP, signal.SIG_DFL); "  # also where the tests run under nohup
NOHUP = "import signal; signal.signal(signal.SIGHUP, signal.SIG_IGN); "


def test_when_the_terminal_closes_no_engine_is_left(tmp_path: Path) -> None:
    """R24: SIGHUP from a terminal that is gone is no wish for another configuration."""
    ours, theirs = pty.openpty()
    wrapper = (sys.executable, "-c", HEEDS + IN_TERMINAL, os.ttyname(theirs))
    with Daemon(tmp_path, ONE, wrapper=wrapper) as daemon:
        os.close(theirs)
        assert daemon.chat("m").status_code == 200
        engines = engines_of(daemon)
        assert engines
        os.close(ours)
        closed = time.monotonic()
        assert daemon.wait_exit() == 0
        assert time.monotonic() - closed < 2.0
        assert not any(map(is_alive, engines))


def test_who_is_told_to_outlive_the_terminal_does(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    wrapper = (sys.executable, "-c", NOHUP + IN_TERMINAL, os.ttyname(theirs))
    with Daemon(tmp_path, ONE, wrapper=wrapper) as daemon:
        os.close(theirs)
        assert daemon.chat("m").status_code == 200
        os.close(ours)
        daemon.wait_for_line("reloading configuration: SIGHUP")
        assert daemon.chat("m").status_code == 200
        assert daemon.starts() == 1


def children_of(parent: int) -> list[int]:
    return [stat.pid for stat in all_processes() if stat.parent == parent]


def sidecar_of(daemon: Daemon) -> int:
    [found] = [pid for pid in children_of(daemon.process.pid) if b"guard_main" in command_of(pid)]
    return found


def command_of(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def test_what_daemon_and_sidecar_left_is_ended_at_the_next_start(tmp_path: Path) -> None:
    """R24: both killed at the same moment. A daemon that lives, with the same state directory, keeps its own."""
    (tmp_path / "dead").mkdir()
    (tmp_path / "living").mkdir()
    state = tmp_path / "state"
    (tmp_path / "next").mkdir()
    with Daemon(tmp_path / "living", ONE, state=state) as living:
        assert living.chat("m").status_code == 200
        others = engines_of(living)
        dead = Daemon(tmp_path / "dead", ONE, state=state)
        try:
            assert dead.chat("m").status_code == 200
            engines = engines_of(dead)
            sidecar = sidecar_of(dead)
            os.kill(sidecar, signal.SIGSTOP)  # so that the one does not hear of the other's end
            dead.signal(signal.SIGKILL)
            os.kill(sidecar, signal.SIGKILL)
            dead.wait_exit()
            assert all(map(is_alive, engines))
            with Daemon(tmp_path / "next", ONE, state=state) as next_one:
                next_one.wait_for_line(r"\[WARN\] killed \d processes that an earlier run left behind")
                assert not any(map(is_alive, engines))
                assert all(map(is_alive, others))
            assert living.chat("m").status_code == 200
            assert living.starts() == 1
        finally:
            dead.close()
            for pid in engines:
                if is_alive(pid):
                    os.kill(pid, signal.SIGKILL)


def test_the_state_directory_can_be_chosen(tmp_path: Path) -> None:
    chosen = tmp_path / "chosen"
    with Daemon(tmp_path, f"stateDir: {chosen}\n{ONE}") as daemon:
        assert daemon.url
        assert [file.suffix for file in chosen.iterdir()].count(".journal") == 1
    assert [file for file in chosen.iterdir() if file.suffix == ".journal"] == []


@pytest.mark.parametrize("killed", ["engine", "wrapper"])
def test_a_crash_fails_its_requests_at_once_and_the_next_one_starts_anew(tmp_path: Path, killed: str) -> None:
    """R37, R31: a request in flight gets a clean error, not a time-out."""
    config = f"logLevel: debug\nmodels: {{m: {{cmd: \"sh -c '{demo_engine('--slow-body', 30)}; exit 0'\"}}}}\n"
    with Daemon(tmp_path, config) as daemon:
        with httpx.stream("GET", daemon.url + "/upstream/m/health", timeout=30) as answer:
            assert answer.status_code == 200
        wrapper, engine = sorted(engines_of(daemon))
        victim = {"engine": engine, "wrapper": wrapper}[killed]
        request = subprocess.Popen([sys.executable, "-c", ASK, daemon.url], stdout=subprocess.PIPE, text=True)
        with request:
            wait_until(lambda: any(one["inFlight"] for one in daemon.get("/api/status").json()["models"]))
            os.kill(victim, signal.SIGKILL)
            began = time.monotonic()
            assert request.stdout is not None
            assert request.stdout.read() == "502 bad_gateway\n"
            assert time.monotonic() - began < 3.0
        wait_until(lambda: daemon.running() == {})
        assert daemon.get("/upstream/m/health").status_code == 200
        assert daemon.starts() == 2


ASK = """
import sys, httpx
answer = httpx.post(sys.argv[1] + "/v1/chat/completions", json={"model": "m", "messages": []}, timeout=30)
print(answer.status_code, answer.json()["error"]["code"])
"""


def can_be_pid_1() -> bool:
    unshare = shutil.which("unshare")
    return (
        unshare is not None
        and subprocess.run([unshare, "--pid", "--fork", "true"], capture_output=True, check=False).returncode == 0
    )


@pytest.mark.skipif(not can_be_pid_1(), reason="needs the right to make a PID namespace")
def test_as_pid_1_of_a_container_it_reaps_everybody(tmp_path: Path) -> None:
    """R26: orphans of engines, and strangers that were put into the container, leave no zombies."""
    wrapper = ("unshare", "--pid", "--fork", "--mount-proc", "--kill-child=KILL")
    with Daemon(tmp_path, ONE, wrapper=wrapper) as daemon:
        assert daemon.chat("m").status_code == 200
        [first] = children_of(daemon.process.pid)
        inside = Path(f"/proc/{first}/status").read_text(encoding="ascii")
        assert next(line for line in inside.splitlines() if line.startswith("NSpid")).split()[-1] == "1"
        orphan = ["nsenter", "-t", str(first), "-p", "-m", "sh", "-c", "(sleep 0.1; exit 3) & exit 0"]
        subprocess.run(orphan, check=True)
        assert httpx.post(daemon.url + "/api/models/unload", timeout=30).status_code == 200
        wait_until(lambda: not any(stat.parent == first and not stat.alive for stat in all_processes()))
        wait_until(lambda: len(children_of(first)) == 1)  # the sidecar
        os.kill(first, signal.SIGTERM)
        assert daemon.wait_exit() == 0
