"""Engines that accept requests and fall silent, and those that only look like it."""

from __future__ import annotations

import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from tests.support.daemon import Daemon, demo_engine
from tests.support.processes import wait_until

pytestmark = pytest.mark.real


def yaml(switches: str, more: str) -> str:
    return f"logLevel: debug\nmodels:\n  m: {{cmd: '{demo_engine()} {switches}', {more}}}\n"


def engine_pid(daemon: Daemon) -> int:
    return int(daemon.wait_for_line(r"<m> started pid (\d+):")[1])


def lines_of_a_stream(url: str, tokens: int) -> list[str]:
    asked = {"model": "m", "messages": [{"role": "user", "content": "hello"}], "stream": True, "max_tokens": tokens}
    with httpx.stream("POST", url + "/v1/chat/completions", json=asked, timeout=60) as answer:
        return [line for line in answer.iter_lines() if line]


def test_an_engine_that_never_answers_is_killed_and_started_again(tmp_path: Path) -> None:
    """R32: its requests end when it is gone, with an error; the next request has a fresh one."""
    with Daemon(tmp_path, yaml("--slow-body 600", "busyTimeout: 1")) as daemon:
        started = time.monotonic()
        answer = daemon.chat("m")
        assert (answer.status_code, answer.json()["error"]["code"]) == (502, "bad_gateway")
        assert time.monotonic() - started < 10
        daemon.wait_for_line(r"\[WARN\] <m> has sent nothing for 1s while busy: killed")
        assert daemon.chat("m").status_code == 502
        assert daemon.starts() == 2


def test_who_waits_behind_a_hung_engine_gets_the_next_one(tmp_path: Path) -> None:
    """R32: killed first, and only then do those go on who wait: not into the dying one."""
    with Daemon(tmp_path, yaml("", "busyTimeout: 1, parallel: 1")) as daemon, ThreadPoolExecutor(4) as pool:
        assert daemon.chat("m").status_code == 200
        os.kill(engine_pid(daemon), signal.SIGSTOP)
        chats = [pool.submit(daemon.chat, "m") for _ in range(4)]
        assert sorted(chat.result().status_code for chat in chats) == [200, 200, 200, 502]
        assert daemon.starts() == 2


def test_an_engine_that_answers_slowly_is_let_be(tmp_path: Path) -> None:
    """R57: an answer may take as long as it takes; only silence counts."""
    with Daemon(tmp_path, yaml("--tps 3", "busyTimeout: 1")) as daemon:
        with ThreadPoolExecutor(2) as pool:
            streams = [pool.submit(lines_of_a_stream, daemon.url, 9) for _ in range(2)]
            assert all(stream.result()[-1] == "data: [DONE]" for stream in streams)
        assert daemon.starts() == 1
        assert daemon.count("has sent nothing") == 0


def test_a_suspended_machine_is_no_hung_engine(tmp_path: Path) -> None:
    """R33: everything stands still for longer than every limit, then goes on as if nothing had been."""
    with (
        Daemon(tmp_path, yaml("--tps 4 --tokens 12", "busyTimeout: 2, unloadTimeout: 2")) as daemon,
        ThreadPoolExecutor(1) as pool,
    ):
        url = daemon.url
        stream = pool.submit(lines_of_a_stream, url, 12)
        engine = engine_pid(daemon)
        wait_until(lambda: daemon.running() == {"m": "ready"})
        everybody = (daemon.process.pid, engine)
        for pid in everybody:
            os.kill(pid, signal.SIGSTOP)
        asleep = time.monotonic()
        wait_until(lambda: time.monotonic() - asleep > 3.5)
        for pid in reversed(everybody):
            os.kill(pid, signal.SIGCONT)
        assert stream.result()[-1] == "data: [DONE]"
        assert daemon.count("has sent nothing") == 0
        assert daemon.starts() == 1
