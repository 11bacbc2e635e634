"""Another content for a file that people keep."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from modelyard.runtime.replacing import OutdatedError, replace, version_of, why_not_writable

OLD, NEW = b"old\n", b"new\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "config.yaml"
    path.write_bytes(OLD)
    path.chmod(0o640)
    return path


def test_the_text_is_replaced_and_the_one_before_kept(file: Path) -> None:
    inode = file.stat().st_ino
    backup = replace(str(file), NEW, seen=version_of(OLD))
    assert file.read_bytes() == NEW
    assert backup == file.with_name("config.yaml.bak")
    assert backup.read_bytes() == OLD
    assert sorted(path.name for path in file.parent.iterdir()) == ["config.yaml", "config.yaml.bak"]
    assert {path.stat().st_mode & 0o7777 for path in (file, backup)} == {0o640}
    assert file.stat().st_ino != inode  # whoever reads it at this moment reads one or the other


def test_the_file_looks_changed_to_whoever_compares_times(file: Path) -> None:
    os.utime(file, (1, 1))
    replace(str(file), NEW, seen=version_of(OLD))
    assert file.stat().st_mtime > 1


def test_nobody_elses_edit_is_overwritten(file: Path) -> None:
    with pytest.raises(OutdatedError):
        replace(str(file), NEW, seen=version_of(b"older\n"))
    assert file.read_bytes() == OLD
    assert list(file.parent.iterdir()) == [file]


def test_a_link_stays_a_link(file: Path, tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    link = tmp_path / "etc" / "modelyard.yaml"
    link.symlink_to("../config.yaml")
    backup = replace(str(link), NEW, seen=version_of(OLD))
    assert link.readlink() == Path("../config.yaml")
    assert (file.read_bytes(), backup.parent) == (NEW, file.parent)


@pytest.mark.skipif(os.getuid() != 0, reason="only root may give files away")
def test_the_owner_stays(file: Path) -> None:
    os.chown(file, 1234, 2345)
    file.chmod(0o640)
    backup = replace(str(file), NEW, seen=version_of(OLD))
    for path in (file, backup):
        found = path.stat()
        assert (found.st_uid, found.st_gid, found.st_mode & 0o7777) == (1234, 2345, 0o640)


def test_an_owner_that_is_not_ours_to_give_stays_too(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inode = file.stat().st_ino
    monkeypatch.setattr("modelyard.runtime.replacing._look_like", lambda written, like: False)
    backup = replace(str(file), NEW, seen=version_of(OLD))
    assert (file.read_bytes(), file.stat().st_ino) == (NEW, inode)
    assert (backup.read_bytes(), backup.stat().st_mode & 0o7777) == (OLD, 0o640)


def test_a_file_that_is_mounted_by_itself_is_written_in_place(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rename = Path.replace

    def busy(self: Path, target: Path) -> Path:
        if target == file:
            raise OSError(errno.EBUSY, "Device or resource busy")
        return rename(self, target)

    monkeypatch.setattr(Path, "replace", busy)
    inode = file.stat().st_ino
    assert replace(str(file), NEW, seen=version_of(OLD)).read_bytes() == OLD
    assert (file.read_bytes(), file.stat().st_ino) == (NEW, inode)
    assert len(list(file.parent.iterdir())) == 2


def test_a_full_disk_leaves_the_file_as_it_was(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        replace(str(file), NEW, seen=version_of(OLD))
    assert file.read_bytes() == OLD
    assert list(file.parent.iterdir()) == [file]


def test_what_is_no_file_is_not_written(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert why_not_writable(str(pipe)) == "not a regular file"
    assert why_not_writable(str(tmp_path / "none")) == "No such file or directory"
    with pytest.raises(PermissionError, match="not a regular file"):
        replace(str(pipe), NEW, seen="")


def test_where_no_backup_can_be_kept_nothing_is_written(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert why_not_writable(str(file)) == ""
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != file.parent)
    assert "no backup can be kept" in why_not_writable(str(file))
    with pytest.raises(PermissionError):
        replace(str(file), NEW, seen=version_of(OLD))
    assert file.read_bytes() == OLD
