from __future__ import annotations

import asyncio
import os
import shlex
import signal
import socket
import sys
import time
from pathlib import Path

import pytest

from modelyard.core.events import ChildBrokeDown, ChildExited, ChildReady
from modelyard.runtime import child as child_module
from modelyard.runtime.platform.family import find_tree
from modelyard.runtime.spawn import Reaper
from modelyard.runtime.tree import ProcessTree
from tests.support.processes import engine, eventually, exists, free_port, is_alive, read_pids, state, wait_until
from tests.support.yard import Yard, in_yard, zombies_of_ours

pytestmark = pytest.mark.real

QUICK = 3.0
"""Seconds for what takes milliseconds: far below any time-out of ours, far above a busy machine's hiccups."""


# Start and readiness


def test_a_child_is_ready_as_soon_as_its_engine_answers() -> None:
    async def story(yard: Yard) -> None:
        port = free_port()
        child = yard.child(engine("--port", port, "--ready-after", 0.4), port=port)
        assert child.pid is not None
        assert is_alive(child.pid)
        await eventually(lambda: answers_200(port))
        delay = await eventually(lambda: yard.events)
        assert delay < 1.0
        assert yard.events == [ChildReady(child.child)]
        assert f"<m1> Health check passed on http://127.0.0.1:{port}/health" in yard.daemon_lines()

    in_yard(story)


def test_without_a_check_a_child_is_ready_at_once() -> None:
    async def story(yard: Yard) -> None:
        child = yard.child(engine(), check=" none ")
        await yard.ready(child)

    in_yard(story)


def test_the_command_is_logged_without_its_key() -> None:
    async def story(yard: Yard) -> None:
        yard.hub.configure(level="debug", time_format="")
        child = yard.child("sh -c 'exit 3' sh --fast --api-key SESAME")
        await yard.failure(child)
        assert ": sh -c exit 3 sh --fast --api-key (hidden)\n" in yard.daemon_lines()

    in_yard(story)


def test_a_command_that_ends_at_once_fails_at_once_with_its_last_words() -> None:
    """R5: the end of the process surfaces within moments, with the tail of its log, not after the time-out."""

    async def story(yard: Yard) -> None:
        started = time.monotonic()
        child = yard.child(engine("--say", "unknown flag: --fast", "--exit", 3))
        reason = await yard.failure(child)
        assert time.monotonic() - started < QUICK
        assert reason == "upstream command exited prematurely — exit status 3\nunknown flag: --fast"
        assert "[WARN] <m1> upstream command exited prematurely — exit status 3\n" in yard.daemon_lines()

    in_yard(story)


def test_the_last_words_are_those_of_this_life() -> None:
    async def story(yard: Yard) -> None:
        yard.hub.model("m1").write(b"from the life before\n")
        reason = await yard.failure(yard.child(engine("--say", "now", "--exit", 1)))
        assert "now" in reason
        assert "before" not in reason

    in_yard(story)


@pytest.mark.parametrize("check", ["/health", "none"])
def test_a_program_that_is_not_there(check: str) -> None:
    async def story(yard: Yard) -> None:
        reason = await yard.failure(yard.child("/no/such --flag 'a b'", check=check))
        assert reason == (
            "failed to start command '/no/such --flag a b': fork/exec /no/such: no such file or directory"
        )

    in_yard(story)


@pytest.mark.parametrize(
    ("cmd", "proxy", "reason"),
    [
        ("no-such-program-anywhere", "http://127.0.0.1:1", "executable file not found in $PATH"),
        ("# nothing", "http://127.0.0.1:1", "unable to get sanitized command: empty command"),
        ("sleep 60", "", "upstream proxy missing"),
        ("sleep 60", "localhost:8080", "unusable proxy: not an http or https URL: localhost:8080"),
        ("sleep 60", "http://localhost:port", "unusable proxy"),
    ],
)
def test_what_cannot_be_started_says_why(cmd: str, proxy: str, reason: str) -> None:
    async def story(yard: Yard) -> None:
        assert reason in await yard.failure(yard.child(cmd, proxy=proxy))

    in_yard(story)


def test_an_engine_that_never_becomes_ready_times_out() -> None:
    """R7: a start ends; the words say after how long, and what the engine answered."""

    async def story(yard: Yard) -> None:
        port = free_port()
        child = yard.child(engine("--port", port, "--status", "204 No Content"), port=port, start_timeout=1.5)
        pid = child.pid
        assert pid is not None
        assert await yard.failure(child) == "health check timed out after 1.5s — status 204"
        assert not exists(pid)

    in_yard(story)


def test_an_engine_that_accepts_and_never_answers_times_out_too() -> None:
    """R7: a hanging health endpoint does not suspend the time-out."""

    async def story(yard: Yard) -> None:
        port = free_port()
        child = yard.child(engine("--port", port, "--hang"), port=port, start_timeout=0.5)
        assert "health check timed out after 500ms" in await yard.failure(child)
        assert "[WARN] <m1> health check timed out after 500ms" in yard.daemon_lines()

    in_yard(story)


def test_a_listener_of_somebody_else_is_not_taken_for_the_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """R3: a server that holds the port before we start fails the start; nothing is spawned, nothing probed."""
    monkeypatch.setattr(child_module, "PORT_PATIENCE", 0.2)

    async def story(yard: Yard) -> None:
        with socket.create_server(("127.0.0.1", 0)) as other:
            port = other.getsockname()[1]
            child = yard.child(engine("--port", port), port=port)
            assert child.pid is None
            assert await yard.failure(child) == f"port {port} is already in use by another process"

    in_yard(story)


def test_a_port_that_was_handed_out_and_is_taken_has_a_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    """R3: two servers with the same startPort on one machine."""
    monkeypatch.setattr(child_module, "PORT_PATIENCE", 0.2)

    async def story(yard: Yard) -> None:
        with socket.create_server(("127.0.0.1", 0)) as other:
            taken = other.getsockname()[1]
            child = yard.child(engine("--port", taken), port=taken, handed_out=taken)
            words = f"port {taken} is already in use by another process (startPort chooses others)"
            assert await yard.failure(child) == words

    in_yard(story)


def test_a_listener_that_is_just_leaving_delays_the_start_only() -> None:
    """R4: the engine of before may need a moment to let go of the port."""

    async def story(yard: Yard) -> None:
        with socket.create_server(("127.0.0.1", 0)) as other:
            port = other.getsockname()[1]
            child = yard.child(engine("--port", port), port=port)
            await asyncio.sleep(0)
            assert child.pid is None
        await yard.ready(child)

    in_yard(story)


def test_a_fixed_port_serves_one_life_after_another() -> None:
    """R4: neither TIME_WAIT nor a predecessor's socket makes a start fail."""

    async def story(yard: Yard) -> None:
        port = free_port()
        for _ in range(5):
            child = yard.child(engine("--port", port), port=port)
            await yard.ready(child)
            assert answers_200(port)
            child.stop(5.0)
            await yard.exit(child)

    in_yard(story)


def test_the_environment_is_ours_then_the_models_then_the_cookie() -> None:
    async def story(yard: Yard) -> None:
        script = "import os; print(os.environ['A'], os.environ['MODELYARD_CHILD'], 'PATH' in os.environ)"
        child = yard.child(
            shlex.join([sys.executable, "-I", "-S", "-c", script]),
            env=("A=1", "MODELYARD_CHILD=forged", "no equals", "=nameless", "A=2=3"),
        )
        await yard.failure(child)
        assert yard.hub.history("m1") == f"2=3 {yard.daemon}:m1#1 True\n".encode()

    in_yard(story)


# Stop


def test_stop_before_the_engine_could_react_is_honoured() -> None:
    """R29: a stop right after the start meets the program's default disposition, and aborts the start."""

    async def story(yard: Yard) -> None:
        child = yard.child(engine("--port", free_port()))
        pid = child.pid
        assert pid is not None
        started = time.monotonic()
        child.stop(15.0)
        assert await yard.failure(child) == "aborted"
        assert time.monotonic() - started < QUICK
        assert not exists(pid)

    in_yard(story)


@pytest.mark.parametrize("kind", ["engine", "shell", "forks"])
def test_a_stop_in_the_first_moments_leaves_nobody(kind: str) -> None:
    """R29: before exec, while it loads, while it forks, as its handlers are set: the stop counts, and needs no KILL."""
    commands = {
        "engine": engine(),
        "shell": f"sh -c {shlex.quote(f'{engine()} & {engine()} & wait')}",
        "forks": engine("--with-child", "--with-session", "--with-orphan"),
    }

    async def story(yard: Yard) -> None:
        for milliseconds in (0, 0.3, 1, 2, 4, 8, 16, 32, 64):
            child = yard.child(commands[kind], proxy="http://127.0.0.1:9")
            await asyncio.sleep(milliseconds / 1000)
            began = time.monotonic()
            child.stop(600.0)
            assert await yard.failure(child) == "aborted"
            assert time.monotonic() - began < QUICK
        assert "killed" not in yard.daemon_lines()

    in_yard(story)


def test_a_start_that_is_aborted_gets_little_grace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """R11, R27: it ignores TERM, and has served nobody whose answer could be saved."""
    monkeypatch.setattr(child_module, "FAILED_START_GRACE", 0.3)

    async def story(yard: Yard) -> None:
        child = yard.child(engine("--ignore-term", "--pids", tmp_path), proxy="http://127.0.0.1:9")
        await eventually(lambda: read_pids(tmp_path))
        began = time.monotonic()
        child.stop(600.0)
        assert await yard.failure(child) == "aborted"
        assert 0.3 <= time.monotonic() - began < QUICK

    in_yard(story)


def test_stop_while_the_port_is_taken_spawns_nothing() -> None:
    async def story(yard: Yard) -> None:
        with socket.create_server(("127.0.0.1", 0)) as other:
            child = yard.child(engine(), port=other.getsockname()[1])
            child.stop(5.0)
            assert await yard.failure(child) == "aborted"

    in_yard(story)


def test_stop_ends_a_ready_child_and_everything_is_reaped() -> None:
    """R26: after the end not even a zombie is left."""

    async def story(yard: Yard) -> None:
        child = yard.child(engine(), check="none")
        await yard.ready(child)
        pid = child.pid
        assert pid is not None
        child.stop(15.0)
        child.stop(15.0)
        assert await yard.exit(child) == ""
        assert not exists(pid)
        child.stop(1.0)
        child.kill()
        assert len(yard.events) == 2

    in_yard(story)


def test_a_child_that_ignores_term_is_killed_after_the_grace(tmp_path: Path) -> None:
    """R27: TERM, the configured grace, then KILL to the whole group."""

    async def story(yard: Yard) -> None:
        options = ("--ignore-term", "--with-child", "--stubborn-children", "--pids", tmp_path)
        child = yard.child(engine(*options), check="none")
        await eventually(lambda: len(read_pids(tmp_path)) == 2)
        started = time.monotonic()
        child.stop(0.4)
        await yard.exit(child)
        assert time.monotonic() - started >= 0.4
        assert not any(map(is_alive, read_pids(tmp_path).values()))

    in_yard(story)


def test_a_second_stop_with_less_grace_shortens_the_first(tmp_path: Path) -> None:
    async def story(yard: Yard) -> None:
        child = yard.child(engine("--ignore-term", "--pids", tmp_path), check="none")
        await eventually(lambda: read_pids(tmp_path))
        started = time.monotonic()
        child.stop(600.0)
        await asyncio.sleep(0)
        child.stop(0.1)
        child.stop(600.0)
        await yard.exit(child)
        assert time.monotonic() - started < QUICK

    in_yard(story)


def test_a_frozen_child_can_be_killed(tmp_path: Path) -> None:
    async def story(yard: Yard) -> None:
        child = yard.child(engine("--ignore-term", "--pids", tmp_path), check="none")
        await eventually(lambda: read_pids(tmp_path))
        leader = read_pids(tmp_path)["leader"]
        os.kill(leader, signal.SIGSTOP)
        await eventually(lambda: state(leader) == "T")
        child.kill()
        await yard.exit(child)

    in_yard(story)


def test_a_child_that_somebody_froze_is_not_thawed_but_killed_after_its_grace() -> None:
    """Whoever froze it (a debugger, an operator) meant it; spec lifecycle 2.7 knows no SIGCONT."""

    async def story(yard: Yard) -> None:
        child = yard.child("sleep 600", check="none")
        assert child.pid is not None
        pid = child.pid
        os.kill(pid, signal.SIGSTOP)
        await eventually(lambda: state(pid) == "T")  # pending together, TERM would be delivered before STOP
        started = time.monotonic()
        child.stop(0.5)
        await yard.exit(child)
        assert 0.5 <= time.monotonic() - started < QUICK
        assert "[WARN] <m1> did not end in time and was killed\n" in yard.daemon_lines()

    in_yard(story)


# cmdStop


def test_cmd_stop_gets_the_pid_and_the_models_environment(tmp_path: Path) -> None:
    async def story(yard: Yard) -> None:
        note = tmp_path / "note"
        script = 'echo "$1 $NAME ${MODELYARD_CHILD-nobody}" > ' + shlex.quote(str(note)) + '; kill "$1"'
        child = yard.child(
            engine(), check="none", cmd_stop=f"sh -c {shlex.quote(script)} sh ${{PID}}", env=("NAME=it",)
        )
        pid = child.pid
        child.stop(15.0)
        await yard.exit(child)
        assert note.read_text() == f"{pid} it nobody\n"

    in_yard(story)


def test_a_failing_cmd_stop_is_no_term(tmp_path: Path) -> None:
    """The grace runs to its end and KILL follows: whoever gives a cmdStop wants no TERM (spec lifecycle 2.7)."""

    async def story(yard: Yard) -> None:
        child = yard.child(engine("--pids", tmp_path), check="none", cmd_stop="false")
        await eventually(lambda: read_pids(tmp_path))
        started = time.monotonic()
        child.stop(0.5)
        await yard.exit(child)
        assert time.monotonic() - started >= 0.5
        assert "<m1> cmdStop failed — exit status 1" in yard.daemon_lines()

    in_yard(story)


def test_a_cmd_stop_that_cannot_be_started_is_reported() -> None:
    async def story(yard: Yard) -> None:
        child = yard.child("sleep 600", check="none", cmd_stop="/no/such ${PID}")
        child.stop(1.0)  # less may be over before it is tried, on a busy machine
        await yard.exit(child)
        assert "<m1> cmdStop failed: fork/exec /no/such" in yard.daemon_lines()

    in_yard(story)


def test_a_cmd_stop_without_words_means_term() -> None:
    async def story(yard: Yard) -> None:
        child = yard.child("sleep 600", check="none", cmd_stop="# TERM will do")
        started = time.monotonic()
        child.stop(15.0)
        await yard.exit(child)
        assert time.monotonic() - started < QUICK

    in_yard(story)


def test_a_cmd_stop_that_hangs_is_killed_after_the_grace(tmp_path: Path) -> None:
    async def story(yard: Yard) -> None:
        script = f"echo $$ > {shlex.quote(str(tmp_path / 'new'))}; mv {tmp_path}/new {tmp_path}/stopper.pid; sleep 600"
        child = yard.child("sleep 600", check="none", cmd_stop=f"sh -c {shlex.quote(script)}")
        child.stop(1.0)
        await yard.exit(child)
        assert not exists(read_pids(tmp_path)["stopper"])

    in_yard(story)


# The tree


EVERYBODY = ("--with-child", "--with-session", "--with-orphan", "--with-bare")


def test_a_wrapper_and_all_that_it_started_end_together(tmp_path: Path) -> None:
    """R25: a shell around the engine, forked ones, one with its own session, an orphan, one without our cookie."""

    async def story(yard: Yard) -> None:
        inner = engine(*EVERYBODY, "--pids", tmp_path)
        child = yard.child(f"sh -c {shlex.quote(inner + '; true')}", check="none")
        await eventually(lambda: len(read_pids(tmp_path)) == 5)
        child.stop(15.0)
        await yard.exit(child)
        assert not any(map(is_alive, read_pids(tmp_path).values()))

    in_yard(story)


def test_stubborn_descendants_are_killed_after_the_grace(tmp_path: Path) -> None:
    """R25, R27: those that escaped the group have the same grace, and the same end."""

    async def story(yard: Yard) -> None:
        child = yard.child(engine(*EVERYBODY, "--stubborn-children", "--pids", tmp_path), check="none")
        await eventually(lambda: len(read_pids(tmp_path)) == 5)
        started = time.monotonic()
        child.stop(0.5)
        await yard.exit(child)
        assert time.monotonic() - started >= 0.5
        assert not any(map(is_alive, read_pids(tmp_path).values()))

    in_yard(story)


def test_when_the_leader_dies_the_rest_is_cleared_before_the_news(tmp_path: Path) -> None:
    """R25: orphans of a dead wrapper do not live on to hold the port, nor does the pipe that they hold delay us."""

    async def story(yard: Yard) -> None:
        port = free_port()
        child = yard.child(engine(*EVERYBODY, "--pids", tmp_path, "--port", port), port=port)
        await yard.ready(child)
        await eventually(lambda: len(read_pids(tmp_path)) == 5)
        await eventually(lambda: "5 known" in repr(child))
        started = time.monotonic()
        os.kill(read_pids(tmp_path)["leader"], signal.SIGKILL)
        reason = await yard.exit(child)
        assert time.monotonic() - started < QUICK
        assert reason == "upstream process exited unexpectedly — killed by SIGKILL"
        assert "[WARN] <m1> upstream process exited unexpectedly" in yard.daemon_lines()
        assert not any(map(is_alive, read_pids(tmp_path).values()))

    in_yard(story)


def test_a_death_is_told_as_soon_as_a_connection_breaks() -> None:
    """R10: the sockets go first, and who waits must not be sent after them, before the loop has heard of the death."""

    async def story(yard: Yard) -> None:
        port = free_port()
        child = yard.child(engine("--port", port), port=port)
        await yard.ready(child)
        child.doubt()
        assert yard.events == [ChildReady(child.child)]
        assert child.pid is not None
        os.kill(child.pid, signal.SIGKILL)
        wait_until(lambda: state(child.pid or 0) == "Z")  # the loop stands still meanwhile
        child.doubt()
        child.doubt()
        assert yard.events == [ChildReady(child.child), ChildBrokeDown(child.child)]
        assert "SIGKILL" in await yard.exit(child)
        child.doubt()
        child.kill()
        assert len(yard.events) == 3

    in_yard(story)


def test_a_death_behind_a_wrapper_shows_at_its_port(tmp_path: Path) -> None:
    """R10, R25: the wrapper would wait for ever for something else, and serve nobody."""

    async def story(yard: Yard) -> None:
        port = free_port()
        inner = engine("--port", port, "--pids", tmp_path)
        child = yard.child(f"sh -c {shlex.quote(f'{inner} & sleep 600')}", port=port)
        await yard.ready(child)
        await eventually(lambda: "3 known" in repr(child))
        child.doubt()
        assert yard.events == [ChildReady(child.child)]
        served = read_pids(tmp_path)["leader"]
        os.kill(served, signal.SIGKILL)
        await eventually(lambda: not is_alive(served))
        child.doubt()
        assert yard.events == [ChildReady(child.child), ChildBrokeDown(child.child)]
        await yard.exit(child)

    in_yard(story)


def test_stop_is_asked_while_a_crashed_tree_is_cleared(tmp_path: Path) -> None:
    async def story(yard: Yard) -> None:
        child = yard.child(engine("--with-child", "--stubborn-children", "--pids", tmp_path), check="none")
        await eventually(lambda: len(read_pids(tmp_path)) == 2)
        os.kill(read_pids(tmp_path)["leader"], signal.SIGKILL)
        await eventually(lambda: not is_alive(read_pids(tmp_path)["leader"]))
        child.stop(0.0)
        await yard.exit(child)
        assert not is_alive(read_pids(tmp_path)["child"])

    in_yard(story)


def test_adopted_orphans_are_reaped(tmp_path: Path) -> None:
    """R26: an orphan of the tree comes to us when its parent is gone; we reap it, and no status of ours."""

    async def story(yard: Yard) -> None:
        reaper = Reaper()
        reaper.start()
        try:
            child = yard.child(engine("--with-brief-orphan", "--pids", tmp_path), check="none")
            await eventually(lambda: "brief" in read_pids(tmp_path))
            await eventually(lambda: not exists(read_pids(tmp_path)["brief"]))
            assert child.pid is not None
            os.kill(child.pid, signal.SIGKILL)
            assert "SIGKILL" in await yard.exit(child)
            assert zombies_of_ours() == []
        finally:
            reaper.close()

    in_yard(story)


# Output


def test_output_is_pumped_as_it_comes() -> None:
    """R30: an engine that prints more than a pipe holds is not held up, with nobody reading the log."""

    async def story(yard: Yard) -> None:
        port = free_port()
        child = yard.child(engine("--port", port, "--flood", 4096), port=port)
        await yard.ready(child)
        log = yard.hub.model("m1")
        await eventually(lambda: log.written >= 4096 * 1024)

    in_yard(story)


def test_stderr_comes_with_stdout() -> None:
    async def story(yard: Yard) -> None:
        await yard.failure(yard.child("sh -c 'echo one; echo two >&2; echo three'"))
        assert yard.hub.history("m1") == b"one\ntwo\nthree\n"

    in_yard(story)


# Going down, and trouble


def test_a_child_lives_on_plain_asyncio_too(tmp_path: Path) -> None:
    async def story(yard: Yard) -> None:
        port = free_port()
        child = yard.child(engine(*EVERYBODY, "--pids", tmp_path, "--port", port), port=port)
        await yard.ready(child)
        child.stop(15.0)
        await yard.exit(child)
        assert not any(map(is_alive, read_pids(tmp_path).values()))

    in_yard(story, loop_factory=asyncio.new_event_loop)


def test_without_descriptors_a_start_fails_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(yard: Yard) -> None:
        def no_more(_pid: int, _flags: int = 0) -> int:
            raise OSError(24, "Too many open files")

        with monkeypatch.context() as patch:
            patch.setattr(os, "pidfd_open", no_more)
            child = yard.child("sleep 600", check="none")
        assert "can't watch sleep: too many open files" in await yard.failure(child)
        with monkeypatch.context() as patch:
            patch.setattr(os, "pipe", lambda: no_more(0))
            child = yard.child("sleep 600", check="none")
        assert "no pipe for the output: Too many open files" in await yard.failure(child)

    in_yard(story)


def test_trouble_in_supervision_ends_the_child_and_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    """R7: whatever breaks, a child has an end and its owner hears of it."""

    async def broken(_self: object) -> None:
        raise MemoryError("no room for thought")

    async def story(yard: Yard) -> None:
        with monkeypatch.context() as patch:
            patch.setattr(ProcessTree, "remember_members", broken)
            child = yard.child("sleep 600", check="none")
            pid = child.pid
            reason = await yard.exit(child)
        assert "supervision of m1#1 failed" in reason
        assert pid is not None
        assert not exists(pid)
        await eventually(lambda: [name for name, _ in yard.crashes] == ["child m1#1"])
        yard.crashes.clear()

    in_yard(story)


@pytest.mark.parametrize("awaited", ["port", "ready", "life", "stop", "rest"])
def test_cancelled_wherever_it_waits_it_leaves_no_group(awaited: str, tmp_path: Path) -> None:
    """R24: the way out is open at every point where a child waits."""

    async def story(yard: Yard) -> None:
        command = engine("--ignore-term", "--with-child", "--stubborn-children", "--pids", tmp_path)
        with socket.create_server(("127.0.0.1", 0)) as other:
            port = other.getsockname()[1] if awaited == "port" else free_port()
            child = yard.child(command, port=port, check="/" if awaited in ("port", "ready") else "none")
            if awaited != "port":
                await eventually(lambda: len(read_pids(tmp_path)) == 2)
            if awaited == "stop":
                child.stop(600.0)
                await asyncio.sleep(0.05)
            if awaited == "rest":
                os.kill(read_pids(tmp_path)["leader"], signal.SIGKILL)
                await asyncio.sleep(0.05)
            await yard.tasks.aclose()
        yard.children.remove(child)
        await eventually(lambda: not any(map(is_alive, read_pids(tmp_path).values())))

    in_yard(story)


def test_several_children_end_without_waiting_for_each_other(tmp_path: Path) -> None:
    """R23: a stop that takes its time delays no other child."""

    async def story(yard: Yard) -> None:
        slow = yard.child(engine("--ignore-term", "--pids", tmp_path), check="none")
        quick = yard.child("sleep 600", check="none")
        await eventually(lambda: read_pids(tmp_path))
        slow.stop(600.0)
        quick.stop(600.0)
        await yard.exit(quick)
        assert yard.events == [ChildReady(slow.child), ChildReady(quick.child), ChildExited(quick.child)]
        slow.kill()
        await yard.exit(slow)

    in_yard(story)


def test_nobody_is_found_where_nobody_is() -> None:
    assert find_tree([b"MODELYARD_CHILD=no such daemon:"]) == []


def answers_200(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1.0) as connection:
            connection.sendall(b"GET /health HTTP/1.0\r\n\r\n")
            return connection.recv(64).startswith(b"HTTP/1.1 200")
    except OSError:
        return False
