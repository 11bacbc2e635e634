"""`modelyard demo`: what the first five minutes look like."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

import httpx
import pytest

from tests.support.logged import LoggedProcess

pytestmark = pytest.mark.real


def test_the_demo_says_what_to_try_and_it_works(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "modelyard", "demo", "--listen", "127.0.0.1:0"]
    demo = LoggedProcess(command, env={"XDG_STATE_HOME": str(tmp_path)})
    try:
        url = demo.wait_for_line(r"Modelyard runs at (http://\S+)")[1]
        demo.wait_for_line("Ctrl-C stops everything")
        assert demo.count(r"curl .*/v1/chat/completions") == 2
        for model in ("writer", "embedder"):
            assert model in [one["id"] for one in httpx.get(url + "/v1/models").json()["data"]]
        body = {"model": "writer", "messages": [{"role": "user", "content": "Tell me of the sea."}], "max_tokens": 8}
        answer = httpx.post(url + "/v1/chat/completions", json=body, timeout=60)
        assert answer.json()["choices"][0]["message"]["content"]
        demo.signal(signal.SIGINT)
        assert demo.wait_exit() == 0
    finally:
        demo.close()
