"""How many files may be open, of us and of what we start."""

from __future__ import annotations

import resource
from pathlib import Path

import pytest

from tests.support.daemon import Daemon, demo_engine

pytestmark = pytest.mark.real

GIVEN = 300


def soft_limit(pid: int) -> int:
    """What a process may have open."""
    lines = Path(f"/proc/{pid}/limits").read_text(encoding="ascii").splitlines()
    (line,) = [line for line in lines if line.startswith("Max open files")]
    return int(line.split()[3])


def test_the_daemon_takes_what_it_may_have_and_its_engines_get_what_it_was_given(tmp_path: Path) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard <= GIVEN:
        pytest.skip("there are no more than these")
    config = f"models: {{m: {{cmd: '{demo_engine()}'}}}}"
    with Daemon(tmp_path, config, wrapper=("sh", "-c", f'ulimit -Sn {GIVEN}; exec "$@"', "sh")) as daemon:
        daemon.chat("m").raise_for_status()
        pid = daemon.process.pid
        assert soft_limit(pid) > GIVEN
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
        engines = [child for child in children if b"modelyard.demo" in Path(f"/proc/{child}/cmdline").read_bytes()]
        assert [soft_limit(int(engine)) for engine in engines] == [GIVEN]
