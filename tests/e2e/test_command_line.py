"""What a shell sees of the command: its streams, its status, and one clear line when it can't start."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.support.daemon import Daemon

pytestmark = pytest.mark.real

MISTAKE = "models: {a: {cmd: run, ttl: soon}}\n"


def modelyard(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "modelyard", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)


@pytest.fixture
def config(tmp_path: Path) -> str:
    path = tmp_path / "models.yaml"
    path.write_text("models: {a: {cmd: run, proxy: 'http://127.0.0.1:1'}}\n", encoding="utf-8")
    return str(path)


def test_an_address_in_use_is_one_line(config: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        done = modelyard("-config", config, "-listen", address)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.endswith(f" ERROR cannot listen on {address}: Address already in use\n")
    assert done.stderr.count("\n") == 1


def test_an_unknown_command_is_named() -> None:
    done = modelyard("chek", "models.yaml")
    assert done.returncode == 1
    assert "'chek' is no command" in done.stderr


def test_what_follows_the_flags_is_named(config: str) -> None:
    """Go's flags end at the first argument that is none: a forgotten dash must not pass in silence."""
    done = modelyard("-config", config, "-listen", "nonsense:port", "listen", "127.0.0.1:9")
    assert "ignored" not in modelyard("-config", config, "-listen", "nonsense:port").stderr
    assert "listen 127.0.0.1:9" in done.stderr


def test_nobody_reads_the_answer(tmp_path: Path) -> None:
    path = tmp_path / "mistake.yaml"
    path.write_text(MISTAKE, encoding="utf-8")
    read_end, write_end = os.pipe()
    os.close(read_end)
    command = [sys.executable, "-m", "modelyard", "check", str(path)]
    done = subprocess.run(command, stdout=write_end, stderr=subprocess.PIPE, timeout=30, check=False)
    os.close(write_end)
    assert done.returncode == 1
    assert done.stderr == b""


def test_it_serves_without_standard_streams(tmp_path: Path, config: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as lot:
        port = lot.getsockname()[1]
    command = f"exec {sys.executable} -m modelyard -config {config} -listen 127.0.0.1:{port} <&- >&- 2>&-"
    process = subprocess.Popen(["sh", "-c", command], env={**os.environ, "XDG_STATE_HOME": str(tmp_path)})
    try:
        transport = httpx.HTTPTransport(retries=10)
        with httpx.Client(transport=transport, timeout=10) as client:
            assert client.get(f"http://127.0.0.1:{port}/health").text == "OK"
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0


def test_the_url_of_an_ipv6_address_has_brackets(tmp_path: Path) -> None:
    with Daemon(tmp_path, "models: {}", "-listen", "[::1]:0") as daemon:
        assert daemon.url.startswith("http://[::1]:")
        assert daemon.get("/health").text == "OK"
