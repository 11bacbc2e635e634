"""What is learned of models survives a restart, and costs nothing when it can't."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from modelyard.runtime.learned import FILE, Learned
from modelyard.runtime.logs import LogHub
from modelyard.runtime.tasks import TaskOwner
from tests.support.plane import eventually


def learned_after(directory: Path, *notes: dict[str, float]) -> tuple[Learned, str]:
    """One life of a daemon that notes these times; what it knows, and its log."""

    async def work() -> tuple[Learned, str]:
        tasks, logs = TaskOwner(lambda name, error: pytest.fail(f"{name}: {error!r}")), LogHub("debug", "none")
        learned = Learned(directory, tasks=tasks, log=logs.daemon)
        for times in notes:
            learned.note(times)
        await eventually(lambda: "learned" not in repr(tasks))
        return learned, (logs.history("proxy") or b"").decode()

    return asyncio.run(work())


def test_times_are_there_after_a_restart(tmp_path: Path) -> None:
    directory = tmp_path / "state" / "modelyard"
    learned_after(directory, {"a": 1.5}, {"a": 2.5, "b": 3.0})
    assert learned_after(directory)[0].times == {"a": 2.5, "b": 3.0}
    assert [path.name for path in directory.iterdir()] == [FILE]


def test_daemons_that_share_the_file_keep_what_the_others_learned(tmp_path: Path) -> None:
    learned_after(tmp_path, {"a": 1.0})
    other, _ = learned_after(tmp_path, {"b": 2.0})
    learned_after(tmp_path, {"c": 3.0})
    assert other.times == {"a": 1.0, "b": 2.0}
    assert learned_after(tmp_path)[0].times == {"a": 1.0, "b": 2.0, "c": 3.0}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b'{"loadSeconds": {"a": "long"}}',
        b'{"loadSeconds": 5}',
        b"\xff\xfe",
        b'{"loadSeconds": {"a": 1e999}}',
    ],
)
def test_a_file_that_makes_no_sense_is_written_anew(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE).write_bytes(content)
    assert learned_after(tmp_path)[0].times == {}
    learned_after(tmp_path, {"a": 1.0})
    assert learned_after(tmp_path)[0].times == {"a": 1.0}


def test_times_that_can_not_be_are_not_believed(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b'{"loadSeconds": {"a": -1, "c": 2}}')
    assert learned_after(tmp_path)[0].times == {"c": 2.0}


def test_a_directory_that_can_not_be_written_costs_nothing_but_a_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    learned, log = learned_after(tmp_path / "file", {"a": 1.0})
    assert learned.times == {"a": 1.0}
    assert "learned times are not kept" in log
