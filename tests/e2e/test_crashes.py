"""Engines that end by themselves while they serve."""

from __future__ import annotations

import os
import signal
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
