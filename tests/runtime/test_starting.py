"""How long a start may take, and what it says when it takes too long."""

from __future__ import annotations

from dataclasses import replace

import pytest

from modelyard.runtime.clock import SystemClock
from modelyard.runtime.health import Probe, probe_target
from tests.support.processes import engine, eventually, free_port
from tests.support.yard import Yard, in_yard

pytestmark = pytest.mark.real


def test_a_start_that_shows_progress_may_take_longer() -> None:
    """R1: the time counts anew from each new line of the log."""

    async def story(yard: Yard) -> None:
        port = free_port()
        cmd = engine("--port", port, "--mutter", 20)
        await yard.ready(yard.child(cmd, port=port, start_timeout=1.0, start_progress=True))

    in_yard(story)


@pytest.mark.parametrize(
    ("progress", "mutter", "words"),
    [
        (False, "--mutter=40", "health check timed out after 1s — "),
        (True, "--mutter-the-same", "health check timed out after 1s without news in the log — "),
    ],
)
def test_a_start_without_progress_ends_in_time(progress: bool, mutter: str, words: str) -> None:
    """R1, R7: repetitions are no progress, and where nobody asks for it no log is."""

    async def story(yard: Yard) -> None:
        port = free_port()
        cmd = engine("--port", port, "--mutter", 40, mutter)
        assert words in await yard.failure(yard.child(cmd, port=port, start_timeout=1.0, start_progress=progress))

    in_yard(story)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_an_engine_may_listen_on_either_loopback(host: str) -> None:
    """R6: `localhost` in `proxy` is both."""

    async def story(yard: Yard) -> None:
        port = free_port()
        child = yard.child(engine("--port", port, "--host", host), proxy=f"http://localhost:{port}")
        await yard.ready(child)

    in_yard(story)


def test_a_time_limit_that_is_changed_meanwhile_counts() -> None:
    """R1, R52: a reload may give a start more time, and less."""

    async def story(yard: Yard) -> None:
        port = free_port()
        child = yard.child(engine("--port", port, "--ready-after", 600), port=port)
        await eventually(lambda: child.pid)
        child.configure(replace(child.spec, start_timeout=0.2))
        assert "health check timed out after 200ms" in await yard.failure(child)

    in_yard(story)


def test_ready_is_what_the_configured_check_says() -> None:
    """R2: other routes answer long before the model is loaded; 503 of the one that is asked means: not yet."""

    async def story(yard: Yard) -> None:
        port = free_port()
        cmd = engine("--port", port, "--ready-after", 0.6, "--early", "/v1/models")
        child = yard.child(cmd, port=port, check="/health")
        elsewhere = Probe(probe_target(f"http://127.0.0.1:{port}", "/v1/models"), yard.clock)
        await elsewhere.wait_ready()
        assert yard.events == []
        await yard.ready(child)

    in_yard(story)


class JumpingClock(SystemClock):
    """A wall clock that is set anew, to and fro, whenever somebody looks."""

    def wall(self) -> float:
        """By a year."""
        return 0.0 if int(self.now() * 1000) % 2 else 4e9


def test_the_wall_clock_may_jump() -> None:
    """R33: neither a start nor a stop looks at it."""

    async def story(yard: Yard) -> None:
        yard.clock = JumpingClock()
        port = free_port()
        child = yard.child(engine("--port", port, "--ready-after", 0.3, "--ignore-term"), port=port)
        await yard.ready(child)
        child.stop(0.3)
        await yard.exit(child)

    in_yard(story)
