"""Bad input gets a clear answer, large input bounded memory, and nothing hangs."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.support.daemon import Daemon, demo_engine

pytestmark = pytest.mark.real

FIVE_MISTAKES = """\
startPort: 0
globalTTL: -5
models:
  alpha:
    cmd: run
    ttl: soon
  beta:
    cmd: run ${PORT} ${NOPE}
    aliases: beta2
"""


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    config = f"""
models:
  m: {{cmd: '{demo_engine()}'}}
  broken: {{cmd: 'sh -c "echo cannot find the weights; exit 3" ${{PORT}}'}}
  missing: {{cmd: '/no/such/program ${{PORT}}'}}
"""
    with Daemon(tmp_path_factory.mktemp("bad"), config) as daemon:
        yield daemon


def test_five_mistakes_are_named_with_their_lines(tmp_path: Path) -> None:
    path = tmp_path / "five.yaml"
    path.write_text(FIVE_MISTAKES, encoding="utf-8")
    for command in (["check", str(path)], ["-config", str(path)]):
        done = subprocess.run(
            [sys.executable, "-m", "modelyard", *command], capture_output=True, text=True, timeout=30, check=False
        )
        assert done.returncode == 1
        said = done.stdout + done.stderr
        for line in (1, 2, 6, 8, 9):
            assert f"five.yaml:{line}:" in said, (line, said)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{"messages":[]}', "no model id could be identified"),
        (b'{"model":', "no model id could be identified"),
        (b"", "no model id could be identified"),
        (b'{"model":"nobody"}', "no router for requested model"),
    ],
)
def test_a_request_that_names_no_model_of_ours(daemon: Daemon, content: bytes, message: str) -> None:
    answer = httpx.post(
        daemon.url + "/v1/chat/completions", content=content, headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 404
    assert answer.json()["error"]["message"] == message
    assert answer.json()["src"] == "modelyard"


def test_what_would_have_been_right_is_said_beside(daemon: Daemon) -> None:
    """The messages are fixed, since clients compare them; the hint is a field of its own."""
    url = daemon.url + "/v1/chat/completions"
    as_curl_does = httpx.post(
        url, content=b'{"model":"m"}', headers={"Content-Type": "application/x-www-form-urlencoded"}
    )
    error = as_curl_does.json()["error"]
    assert error["message"] == "no model id could be identified"
    assert "Content-Type is application/x-www-form-urlencoded; send Content-Type: application/json" in error["hint"]
    misspelt = httpx.post(url, json={"model": "brokn"})
    assert misspelt.json()["error"]["hint"].startswith('did you mean "broken"?')
    assert "hint" not in httpx.post(url, json={}).json()["error"]


def test_a_model_that_cannot_start_says_why(daemon: Daemon) -> None:
    """R5: at once, and with the engine's last words."""
    answer = daemon.chat("broken")
    assert answer.status_code == 500
    assert answer.json()["error"]["message"].startswith("unspecific error: upstream command exited prematurely")
    assert "cannot find the weights" in answer.json()["error"]["message"]
    answer = daemon.chat("missing")
    assert answer.status_code == 500
    assert "/no/such/program" in answer.json()["error"]["message"]
    assert daemon.chat("m").status_code == 200


def test_a_hundred_megabytes_pass_in_bounded_memory(daemon: Daemon) -> None:
    """R43: a body past the budget is on disk, not in us."""
    assert daemon.chat("m").status_code == 200
    before = daemon.status("RssAnon")
    piece = b"x" * (1 << 20)

    def body() -> Iterator[bytes]:
        yield b'{"model":"m","prompt":"'
        for _ in range(100):
            yield piece
        yield b'","max_tokens":2}'

    answer = httpx.post(
        daemon.url + "/v1/completions", content=body(), headers={"Content-Type": "application/json"}, timeout=60
    )
    assert answer.status_code == 200, answer.text
    assert daemon.status("RssAnon") - before < 32 * 1024
    assert daemon.status("VmHWM") < 300 * 1024
