"""Engines that are no relatives of their command: containers, and servers that run already."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.docker import FakeDocker
from tests.support.processes import engine, eventually, free_port, is_alive, wait_until
from tests.support.yard import Yard, in_yard

pytestmark = pytest.mark.real


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeDocker]:
    with FakeDocker(tmp_path) as running:
        monkeypatch.setenv("PATH", f"{running.path}:{os.environ['PATH']}")
        yield running


def test_a_slow_docker_stop_has_the_models_grace(docker: FakeDocker) -> None:
    """R28: the container ends, and with it `docker run`; nothing is killed before its time."""
    docker.stop_delay = 0.7

    async def story(yard: Yard) -> None:
        port = free_port()
        child = yard.child(f"docker run box {engine('--port', port)}", port=port, cmd_stop="docker stop box")
        await yard.ready(child)
        child.stop(15.0)
        await yard.exit(child)
        assert not docker.runs("box")
        assert "WARN" not in yard.daemon_lines()

    in_yard(story)


def test_a_hanging_docker_stop_ends_with_the_grace(docker: FakeDocker) -> None:
    """R28: the stop is over in time, and the next start does not take the old container for the engine."""
    docker.stop_hangs = True

    async def story(yard: Yard) -> None:
        port = free_port()
        cmd = f"docker run box {engine('--port', port)}"
        child = yard.child(cmd, port=port, cmd_stop="docker stop box")
        await yard.ready(child)
        child.stop(0.5)
        await yard.exit(child)
        assert "did not end in time and was killed" in yard.daemon_lines()
        assert docker.runs("box")
        assert "already in use" in await yard.failure(yard.child(cmd, port=port))

    in_yard(story)


def test_a_container_whose_name_is_taken_fails_at_once(docker: FakeDocker) -> None:
    """R28: the words of `docker run` are in the error."""

    async def story(yard: Yard) -> None:
        first = yard.child(f"docker run box {engine('--port', free_port())}", check="none")
        await eventually(lambda: docker.runs("box"))
        second = yard.child(f"docker run box {engine('--port', free_port())}")
        reason = await yard.failure(second)
        assert 'exit status 125\nConflict. The container name "/box" is already in use' in reason
        first.kill()

    in_yard(story)


def test_a_container_that_outlives_docker_run_is_stopped(docker: FakeDocker) -> None:
    """R28: `docker run` is killed, its container serves on: `cmdStop` ends it, so that the next start finds its port
    free."""

    async def story(yard: Yard) -> None:
        port = free_port()
        child = yard.child(f"docker run box {engine('--port', port)}", port=port, cmd_stop="docker stop box")
        await yard.ready(child)
        assert child.pid is not None
        os.kill(child.pid, signal.SIGKILL)
        assert "killed by SIGKILL" in await yard.exit(child)
        assert not docker.runs("box")

    in_yard(story)


def test_a_detached_container_is_kept_and_stopped(docker: FakeDocker) -> None:
    """R28: `docker run -d` returns at once, and well: the engine is there until it is stopped."""

    async def story(yard: Yard) -> None:
        port = free_port()
        child = yard.child(
            f"docker run -d box {engine('--port', port, '--ready-after', 0.3)}",
            port=port,
            cmd_stop="docker stop box",
            keep_descendants=True,
        )
        await yard.ready(child)
        assert "the command has ended; what it started is kept" in yard.daemon_lines()
        child.stop(15.0)
        assert await yard.exit(child) == ""
        assert not docker.runs("box")
        assert "WARN" not in yard.daemon_lines()

    in_yard(story)


def test_without_leave_a_detached_container_is_no_engine(docker: FakeDocker) -> None:
    """R28: without `keepDescendants` the end of the command is the end of the model, and the container is stopped."""

    async def story(yard: Yard) -> None:
        port = free_port()
        cmd = f"docker run -d box {engine('--port', port, '--ready-after', 60)}"
        child = yard.child(cmd, port=port, cmd_stop="docker stop box")
        assert (await yard.failure(child)).startswith("upstream command exited prematurely — exit status 0")

    in_yard(story)


def test_the_end_of_a_detached_container_is_noticed(docker: FakeDocker) -> None:
    """R28: only its port tells."""

    async def story(yard: Yard) -> None:
        port = free_port()
        child = yard.child(
            f"docker run -d box {engine('--port', port)}",
            port=port,
            cmd_stop="docker stop box",
            keep_descendants=True,
        )
        await yard.ready(child)
        await eventually(lambda: "is kept" in yard.daemon_lines())
        docker.containers["box"].kill()
        assert "exited unexpectedly" in await yard.exit(child)

    in_yard(story)


def test_a_detached_container_that_cannot_be_stopped_is_told_of(docker: FakeDocker) -> None:
    """R28."""
    docker.stop_hangs = True

    async def story(yard: Yard) -> None:
        port = free_port()
        child = yard.child(
            f"docker run -d box {engine('--port', port)}",
            port=port,
            cmd_stop="docker stop box",
            keep_descendants=True,
        )
        await yard.ready(child)
        await eventually(lambda: "is kept" in yard.daemon_lines())
        child.stop(0.5)
        await yard.exit(child)
        assert "still listens on its port although it was stopped" in yard.daemon_lines()

    in_yard(story)


def test_a_server_that_runs_already_is_taken_as_it_is(docker: FakeDocker) -> None:
    """`portCheck: off`: `docker start` of a container that is up."""

    async def story(yard: Yard) -> None:
        port = free_port()
        before = yard.child(f"docker run -d box {engine('--port', port)}", port=port, check="none")
        await yard.exit(before)
        child = yard.child("true", port=port, cmd_stop="docker stop box", keep_descendants=True, port_check=False)
        await yard.ready(child)
        child.stop(15.0)
        await yard.exit(child)
        assert not docker.runs("box")

    in_yard(story)


def test_a_launcher_may_end_while_its_tree_serves(tmp_path: Path) -> None:
    """R25: what a launcher started is the model, and ends with it."""

    async def story(yard: Yard) -> None:
        port = free_port()
        note = tmp_path / "pid"
        script = f"{engine('--port', port, '--ready-after', 0.3)} & echo $! > {note}"
        child = yard.child(f"sh -c '{script}'", port=port, keep_descendants=True)
        await yard.ready(child)
        server = int(note.read_text())
        child.stop(15.0)
        assert await yard.exit(child) == ""
        assert not is_alive(server)

    in_yard(story)


def test_the_end_of_what_a_launcher_started_is_the_end(tmp_path: Path) -> None:
    async def story(yard: Yard) -> None:
        port = free_port()
        note = tmp_path / "pid"
        child = yard.child(f"sh -c '{engine('--port', port)} & echo $! > {note}'", port=port, keep_descendants=True)
        await yard.ready(child)
        server = int(note.read_text())
        os.kill(server, signal.SIGKILL)
        assert "exited unexpectedly" in await yard.exit(child)
        assert not is_alive(server)

    in_yard(story)


@pytest.mark.parametrize("cmd", ["false", "true"])
def test_a_launcher_that_fails_or_starts_nothing_has_failed(cmd: str) -> None:
    """R5."""

    async def story(yard: Yard) -> None:
        child = yard.child(cmd, keep_descendants=True)
        assert "exited prematurely" in await yard.failure(child)

    in_yard(story)


def test_a_stop_in_the_moment_in_which_the_command_ends_stops_the_container(docker: FakeDocker) -> None:
    """R28: the loop has not heard of the end yet."""

    async def story(yard: Yard) -> None:
        port = free_port()
        child = yard.child(
            f"docker run -d box {engine('--port', port)}",
            port=port,
            check="none",
            cmd_stop="docker stop box",
            keep_descendants=True,
        )
        pid = child.pid
        assert pid is not None
        wait_until(lambda: not is_alive(pid))  # without the loop
        wait_until(lambda: answers(port))
        child.stop(15.0)
        await yard.exit(child)
        assert not docker.runs("box")

    in_yard(story)


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
