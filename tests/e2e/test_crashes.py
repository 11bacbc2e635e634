"""Engines that end by themselves while they serve."""

from __future__ import annotations

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.support.daemon import Daemon, demo_engine
from tests.support.processes import wait_until

pytestmark = pytest.mark.real


def test_what_a_crash_leaves_behind_gets_no_more_requests(tmp_path: Path) -> None:
    """R5, R10, R25: the command is gone, its child ignores TERM and would still answer, for the second that it has."""
    config = f"logLevel: debug\nmodels: {{a: {{cmd: '{demo_engine('--fork', '--ignore-term')}'}}}}\n"
    with Daemon(tmp_path, config) as daemon:
        assert daemon.chat("a").status_code == 200
        os.kill(int(daemon.wait_for_line(r"<a> started pid (\d+)")[1]), signal.SIGKILL)
        wait_until(lambda: daemon.running() == {"a": "stopping"})
        assert daemon.chat("a").status_code == 200
        assert daemon.starts() == 2


def test_who_waits_in_line_does_not_die_with_the_engine(tmp_path: Path) -> None:
    """R10, R31: the one that it served gets an error, the others the next start."""
    config = f"logLevel: debug\nmodels: {{a: {{cmd: '{demo_engine('--tps', 2, '--tokens', 600)}', parallel: 1}}}}\n"
    with Daemon(tmp_path, config) as daemon, ThreadPoolExecutor(5) as pool:
        assert daemon.chat("a", max_tokens=1).status_code == 200
        served = pool.submit(daemon.chat, "a", max_tokens=600)
        wait_until(lambda: daemon.get("/api/status").json()["models"][0]["inFlight"] == 1)
        waiting = [pool.submit(daemon.chat, "a", max_tokens=1) for _ in range(4)]
        wait_until(lambda: daemon.get("/api/status").json()["models"][0]["waiting"] == 4)
        os.kill(int(daemon.wait_for_line(r"<a> started pid (\d+)")[1]), signal.SIGKILL)
        assert served.result().status_code == 502
        assert [one.result().status_code for one in waiting] == [200] * 4
        assert daemon.starts() == 2
