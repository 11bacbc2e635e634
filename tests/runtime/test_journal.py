from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from modelyard.runtime import journal as journal_module
from modelyard.runtime.journal import (
    ChildRecord,
    clean_up,
    default_state_directory,
    open_journal,
)
from modelyard.runtime.logs import LogHub
from modelyard.runtime.platform.base import ProcessKey
from modelyard.runtime.platform.linux import read_stat
from tests.runtime.test_guard import driver
from tests.support.processes import engine, is_alive, read_pids, wait_until


@pytest.mark.real
def test_a_start_ends_what_an_earlier_daemon_left(tmp_path: Path) -> None:
    """R24: daemon and sidecar killed; the next start finds and ends their children, the escaped one too."""
    state = tmp_path / "state"
    hub = LogHub()
    command = engine("--pids", tmp_path, "--with-session", "--ignore-term", "--stubborn-children")
    with driver(state, "--guardless", command) as dead:
        wait_until(lambda: len(read_pids(tmp_path)) == 2)
        dead.kill()
        assert all(map(is_alive, read_pids(tmp_path).values()))
        clean_up(state, hub.daemon)
        wait_until(lambda: not any(map(is_alive, read_pids(tmp_path).values())))
    assert hub.history("proxy") == b"[WARN] killed 2 processes that an earlier run left behind\n"
    assert list(state.iterdir()) == []


@pytest.mark.real
def test_a_start_leaves_the_children_of_a_living_daemon_alone(tmp_path: Path) -> None:
    """R24: several daemons share a state directory; a lock that is held means hands off."""
    state = tmp_path / "state"
    hub = LogHub()
    with driver(state, engine("--pids", tmp_path)):
        wait_until(lambda: "leader" in read_pids(tmp_path))
        journal = open_journal(state, "other", hub.daemon)
        assert journal is not None
        assert is_alive(read_pids(tmp_path)["leader"])
        assert len(list(state.iterdir())) == 2
        journal.close()
    assert hub.history("proxy") == b""


@pytest.mark.real
def test_a_number_that_belongs_to_another_process_now_is_left_alone(tmp_path: Path) -> None:
    hub = LogHub()
    with subprocess.Popen(["sleep", "600"], start_new_session=True) as other:
        try:
            stat = read_stat(other.pid)
            assert stat is not None
            _dead_journal(tmp_path, ChildRecord("dead:m#1", ProcessKey(other.pid, stat.start_time - 1)))
            clean_up(tmp_path, hub.daemon)
            assert is_alive(other.pid)
            assert list(tmp_path.iterdir()) == []
        finally:
            other.kill()


@pytest.mark.real
@pytest.mark.parametrize("boot", ["same", "another"])
def test_a_leader_without_our_cookie_is_known_by_pid_and_start(
    tmp_path: Path, boot: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An engine that overwrites its environment is found by its session, but never across a restart of the machine."""
    hub = LogHub()
    with subprocess.Popen(["sleep", "600"], start_new_session=True) as engine_process:
        try:
            stat = read_stat(engine_process.pid)
            assert stat is not None
            _dead_journal(tmp_path, ChildRecord("dead:m#1", stat.key))
            if boot == "another":
                monkeypatch.setattr(journal_module, "_boot_id", lambda: "another")
            clean_up(tmp_path, hub.daemon)
            assert is_alive(engine_process.pid) == (boot == "another")
        finally:
            engine_process.kill()


def test_the_journal_holds_what_runs_and_goes_with_its_daemon(tmp_path: Path) -> None:
    journal = open_journal(tmp_path / "deep" / "er", "d1", LogHub().daemon)
    assert journal is not None
    path = tmp_path / "deep" / "er" / "d1.journal"
    journal.child_started(ChildRecord("d1:a#1", ProcessKey(11, 12), ("secret", "command"), ("TOKEN=secret",)))
    journal.child_started(ChildRecord("d1:b#1", ProcessKey(21, 22)))
    journal.child_ended("d1:a#1")
    assert journal_module._parse(path.read_bytes()) == ("d1", [ProcessKey(21, 22)])
    assert b"secret" not in path.read_bytes()
    assert path.stat().st_mode & 0o777 == 0o600
    journal.close()
    journal.close()
    assert not path.exists()


def test_the_journal_does_not_grow_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_module, "REWRITE_AFTER", 10)
    journal = open_journal(tmp_path, "d1", LogHub().daemon)
    assert journal is not None
    journal.child_started(ChildRecord("d1:stays#1", ProcessKey(1, 2)))
    for generation in range(100):
        journal.child_started(ChildRecord(f"d1:m#{generation}", ProcessKey(generation, 1)))
        journal.child_ended(f"d1:m#{generation}")
    content = (tmp_path / "d1.journal").read_bytes()
    assert len(content.splitlines()) <= 13
    assert journal_module._parse(content) == ("d1", [ProcessKey(1, 2)])
    journal.close()


def test_a_directory_that_cannot_be_used_is_only_a_warning(tmp_path: Path) -> None:
    hub = LogHub()
    (tmp_path / "file").write_text("in the way")
    assert open_journal(tmp_path / "file" / "state", "d1", hub.daemon) is None
    assert b"[WARN] no journal of running models in" in (hub.history("proxy") or b"")


def test_a_damaged_journal_is_removed_without_harm(tmp_path: Path) -> None:
    (tmp_path / "x.journal").write_bytes(b"\x00\xff{]\n[1]\n{}\n" + json.dumps({"daemon": 5}).encode())
    clean_up(tmp_path, LogHub().daemon)
    assert list(tmp_path.iterdir()) == []


def test_the_default_place_follows_the_desktop_rules() -> None:
    assert default_state_directory({"XDG_STATE_HOME": "/x", "HOME": "/h"}) == Path("/x/modelyard")
    assert default_state_directory({"HOME": "/h"}) == Path("/h/.local/state/modelyard")
    assert default_state_directory({"XDG_STATE_HOME": "not/absolute", "HOME": "/h"}) == Path(
        "/h/.local/state/modelyard"
    )


def _dead_journal(directory: Path, record: ChildRecord) -> None:
    journal = open_journal(directory, "dead", LogHub().daemon)
    assert journal is not None
    journal.child_started(record)
    os.close(journal._descriptor)
