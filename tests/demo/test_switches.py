"""What the demo engine's switches do, seen from outside."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from tests.demo.engine_process import EngineProcess
from tests.support.processes import free_port, is_alive, wait_until

pytestmark = pytest.mark.real

Start = Callable[..., EngineProcess]
CHAT = {"messages": [{"role": "user", "content": "Tell me of the sea."}]}


def test_health_is_503_while_loading_and_200_then(start_engine: Start) -> None:
    engine = start_engine("--load", "1")
    loading = httpx.get(f"{engine.url}/health")
    assert (loading.status_code, loading.json()["status"]) == (503, "loading model")
    assert httpx.post(f"{engine.url}/v1/chat/completions", json=CHAT).status_code == 503
    engine.wait_ready()
    ready = httpx.get(f"{engine.url}/health")
    assert (ready.status_code, ready.json()) == (200, {"status": "ok"})
    assert sum("load_tensors" in line for line in engine.lines) == 10


def test_load_mode_refuse_opens_the_port_when_loaded(start_engine: Start) -> None:
    port = free_port()
    engine = start_engine("--load", "1", "--load-mode", "refuse", "--port", str(port))
    engine.wait_for_line("load_tensors")
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"http://127.0.0.1:{port}/health")
    assert httpx.get(f"{engine.wait_ready().url}/health").status_code == 200


def test_load_mode_hang_answers_late(start_engine: Start) -> None:
    engine = start_engine("--load", "1", "--load-mode", "hang")
    answer = httpx.get(f"{engine.url}/health", timeout=20)
    assert answer.status_code == 200
    assert answer.elapsed.total_seconds() > 0.2


def test_memory_is_held(start_engine: Start) -> None:
    engine = start_engine("--memory", "100").wait_ready()
    status = Path(f"/proc/{engine.process.pid}/status").read_text()
    resident = re.search(r"VmRSS:\s+(\d+) kB", status)
    assert resident is not None
    assert int(resident[1]) > 100 * 1024


@pytest.mark.parametrize("point", ["start", "load", "ready"])
def test_crash_ends_the_process_with_1(start_engine: Start, point: str) -> None:
    engine = start_engine("--crash", point, "--load", "0.1", "--crash-after", "0.05")
    assert engine.wait_exit() == 1
    engine.wait_for_line("fatal")
    assert any("model loaded" in line for line in engine.lines) == (point == "ready")


def test_crash_mid_stream_breaks_the_stream_after_some_pieces(start_engine: Start) -> None:
    engine = start_engine("--crash", "mid-stream", "--crash-after", "4").wait_ready()
    assert httpx.post(f"{engine.url}/v1/chat/completions", json=CHAT).status_code == 200
    received: list[bytes] = []
    with httpx.stream("POST", f"{engine.url}/v1/chat/completions", json=CHAT | {"stream": True}) as answer:
        raw = answer.iter_raw()
        with pytest.raises(httpx.RemoteProtocolError):
            received.extend(raw)
    assert b"".join(received).count(b'"content":"') == 1 + 4
    assert engine.wait_exit() == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_with_0_though_streams_are_open(start_engine: Start, number: signal.Signals) -> None:
    engine = start_engine("--tps", "1").wait_ready()
    with httpx.stream("POST", f"{engine.url}/v1/chat/completions", json=CHAT | {"stream": True}):
        engine.process.send_signal(number)
        assert engine.wait_exit() == 0


def test_ignore_term(start_engine: Start) -> None:
    engine = start_engine("--ignore-term").wait_ready()
    engine.process.terminate()
    engine.wait_for_line("ignoring SIGTERM")
    assert httpx.get(f"{engine.url}/health").status_code == 200


def test_fork_leaves_a_child_that_serves_when_the_parent_is_killed(start_engine: Start) -> None:
    engine = start_engine("--fork").wait_ready()
    match = engine.wait_for_line(r"serving from child (\d+) of (\d+), session (\d+)")
    child, parent, session = (int(number) for number in match.groups())
    assert parent == session == engine.process.pid
    engine.process.terminate()
    assert engine.wait_exit() == -signal.SIGTERM
    assert is_alive(child)
    assert httpx.get(f"{engine.url}/health").status_code == 200


def test_fork_passes_the_status_of_the_child_on(start_engine: Start) -> None:
    assert start_engine("--fork", "--crash", "ready").wait_exit() == 1


def test_setsid_leaves_the_session(start_engine: Start) -> None:
    engine = start_engine("--setsid").wait_ready()
    match = engine.wait_for_line(r"serving from child (\d+) of \d+, session (\d+)")
    assert match[1] == match[2] != str(engine.process.pid)


def test_slow_body_delays_answers_but_not_health(start_engine: Start) -> None:
    engine = start_engine("--slow-body", "0.5").wait_ready()
    assert httpx.post(f"{engine.url}/v1/chat/completions", json=CHAT).elapsed.total_seconds() >= 0.5
    assert httpx.get(f"{engine.url}/health").elapsed.total_seconds() < 0.5


def test_tokens_sets_the_length_and_tps_the_pace(start_engine: Start) -> None:
    engine = start_engine("--tokens", "10", "--tps", "50").wait_ready()
    answer = httpx.post(f"{engine.url}/v1/chat/completions", json=CHAT)
    assert answer.json()["usage"]["completion_tokens"] == 10
    assert answer.json()["choices"][0]["finish_reason"] == "stop"
    assert answer.elapsed.total_seconds() >= 0.2


def test_chatter_fills_the_log(start_engine: Start) -> None:
    engine = start_engine("--chatter", "2000").wait_ready()
    engine.wait_for_line("chatter 100:")


def test_a_taken_port_is_told(start_engine: Start) -> None:
    port = start_engine().url.rpartition(":")[2]
    second = start_engine("--port", port)
    assert second.wait_exit() == 1
    second.wait_for_line("address already in use")


def test_headers_are_told_only_when_asked_for(start_engine: Start) -> None:
    assert httpx.get(f"{start_engine().wait_ready().url}/debug/headers").status_code == 404


def test_bad_switches_end_with_2() -> None:
    command = [sys.executable, "-m", "modelyard.demo.engine", "--port", "0", "--crash", "never"]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 2


def test_a_client_that_leaves_while_it_hangs_is_forgotten(start_engine: Start) -> None:
    engine = start_engine("--load", "30", "--load-mode", "hang")
    with pytest.raises(httpx.ReadTimeout):
        httpx.get(f"{engine.url}/v1/models", timeout=0.2)
    wait_until(lambda: engine.requests()["closed_early"] == 1)
