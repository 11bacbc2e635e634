"""What is left of a daemon that a bug has ended."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.real

BROKEN = """
import sys
from modelyard.app.cli.serve import serve
from modelyard.app.daemon import Daemon, Options
from modelyard.app.listen import Address
from modelyard.config.schema import Config

def break_down(daemon):
    daemon.logs.daemon.error("the line that says why")
    raise RuntimeError("a bug")

Daemon._come_up = break_down
serve(Config(state_dir=sys.argv[1]), Options(address=Address("127.0.0.1", 0)))
"""


def test_what_the_log_says_before_a_bug_ends_the_daemon_is_written(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", BROKEN, str(tmp_path)], capture_output=True, text=True, timeout=60, check=False
    )
    assert "[ERROR] the line that says why" in ended.stdout
    assert ended.stderr.endswith("RuntimeError: a bug\n")
