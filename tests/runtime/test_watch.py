"""Whether the files of a configuration have changed (spec config 5, R51)."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from modelyard.runtime.watch import (
    POLL_SECONDS,
    SETTLE_ROUNDS,
    SETTLE_SECONDS,
    Watcher,
    look_at_directory,
    look_at_file,
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "config.yaml"
    path.write_text("models: {}\n", encoding="utf-8")
    return path


def watch(path: Path) -> Watcher:
    return Watcher([look_at_file(str(path))])


def test_the_first_look_is_what_later_ones_are_compared_with(file: Path) -> None:
    assert not watch(file).has_changed()


def test_written_in_place(file: Path) -> None:
    """R51: what a bind mount of a single file shows."""
    watcher = watch(file)
    with file.open("a", encoding="utf-8") as opened:
        opened.write("startPort: 6000\n")
    assert watcher.has_changed()
    assert not watcher.has_changed()


def test_touched(file: Path) -> None:
    watcher = watch(file)
    os.utime(file, ns=(1, 1))
    assert watcher.has_changed()


def test_replaced_by_a_file_of_the_same_size_and_time(file: Path) -> None:
    """R51: an editor that writes a new file and renames it, on a disk with coarse times."""
    watcher = watch(file)
    before = file.stat()
    new = file.with_name("new")
    new.write_bytes(file.read_bytes())
    os.utime(new, ns=(before.st_atime_ns, before.st_mtime_ns))
    new.replace(file)
    assert watcher.has_changed()


def test_gone_is_no_change_and_back_is_one(file: Path) -> None:
    """R51: editors that delete, then write."""
    watcher = watch(file)
    text = file.read_bytes()
    file.unlink()
    assert not watcher.has_changed()
    assert not watcher.has_changed()
    file.write_bytes(text)
    assert watcher.has_changed()


def test_a_symlink_that_is_repointed(tmp_path: Path) -> None:
    """R51: how a ConfigMap is updated: the file stays a link into a folder that is a link."""
    for version in ("one", "two"):
        (tmp_path / version).mkdir()
        (tmp_path / version / "config.yaml").write_text("models: {}\n", encoding="utf-8")
        os.utime(tmp_path / version / "config.yaml", ns=(5, 5))
    data, path = tmp_path / "..data", tmp_path / "config.yaml"
    data.symlink_to("one")
    path.symlink_to("..data/config.yaml")
    watcher = watch(path)
    (tmp_path / "..tmp").symlink_to("two")
    (tmp_path / "..tmp").replace(data)
    assert watcher.has_changed()


def test_a_directory_in_the_place_of_the_file_is_nothing_to_read(file: Path) -> None:
    watcher = watch(file)
    file.unlink()
    file.mkdir()
    assert not watcher.has_changed()


def test_a_path_that_changes_the_working_directory_leaves_alone(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(file.parent)
    watcher = Watcher([look_at_file(file.name)])
    monkeypatch.chdir("/")
    file.write_text("startPort: 6000\n", encoding="utf-8")
    assert watcher.has_changed()


def added(directory: Path) -> None:
    (directory / "b.yml").write_text("startPort: 6000\n", encoding="utf-8")


def removed(directory: Path) -> None:
    (directory / "extra.yaml").unlink()


def changed(directory: Path) -> None:
    (directory / "config.yaml").write_text("startPort: 6000\n", encoding="utf-8")


def renamed(directory: Path) -> None:
    (directory / "extra.yaml").rename(directory / "z.yaml")


def of_another_kind(directory: Path) -> None:
    (directory / "notes.txt").write_text("x", encoding="utf-8")
    (directory / "b.YAML").write_text("x", encoding="utf-8")


def deeper(directory: Path) -> None:
    (directory / "sub.yaml").mkdir()
    (directory / "sub.yaml" / "c.yaml").write_text("x", encoding="utf-8")


def dangling(directory: Path) -> None:
    (directory / "d.yaml").symlink_to("nowhere")


def emptied(directory: Path) -> None:
    for path in directory.iterdir():
        path.unlink()


@pytest.mark.parametrize(
    ("edit", "counts"),
    [
        (added, True),
        (removed, True),
        (changed, True),
        (renamed, True),
        (of_another_kind, False),
        (deeper, False),
        (dangling, False),
        (emptied, False),
    ],
)
def test_a_directory(file: Path, edit: Callable[[Path], None], counts: bool) -> None:
    (file.parent / "extra.yaml").write_text("{}", encoding="utf-8")
    watcher = Watcher([look_at_directory(str(file.parent))])
    edit(file.parent)
    assert watcher.has_changed() is counts


def test_a_directory_that_comes_back(file: Path) -> None:
    watcher = Watcher([look_at_directory(str(file.parent))])
    text = file.read_bytes()
    file.unlink()
    assert not watcher.has_changed()
    file.write_bytes(text)
    assert watcher.has_changed()


class Pauses:
    """Time that passes at once, during which things happen: one entry of the script per pause."""

    def __init__(self, *script: Callable[[], object] | None) -> None:
        self._script = iter(script)
        self.taken: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.taken.append(seconds)
        for happens in self._script:
            if happens is not None:
                happens()
            return
        raise asyncio.CancelledError


def run(watcher: Watcher, pauses: Pauses) -> int:
    """How many changes are told of."""
    told: list[None] = []
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(watcher.run(lambda: told.append(None), pauses))
    return len(told)


def test_polls_and_tells_of_each_change_once_it_has_settled(file: Path) -> None:
    def write(text: str) -> Callable[[], object]:
        return lambda: file.write_text(text, encoding="utf-8")

    pauses = Pauses(None, write("a: 1"), write("a: 12"), None, None, write("a: 123"), None)
    assert run(watch(file), pauses) == 2
    poll, settle = POLL_SECONDS, SETTLE_SECONDS
    assert pauses.taken == [poll, poll, settle, settle, poll, poll, settle, poll]


def test_a_file_that_never_holds_still_is_read_all_the_same(file: Path) -> None:
    """R51: a log that somebody mounted in the wrong place must not stop reloads for ever."""
    sizes = iter(range(1, 1000))
    grow = lambda: file.write_text("#" * next(sizes), encoding="utf-8")  # noqa: E731
    assert run(watch(file), Pauses(*[grow] * (1 + SETTLE_ROUNDS))) == 1
