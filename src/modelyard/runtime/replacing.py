"""Another content for a file that people keep: whole or not at all, and what was there before stays beside it."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import shutil
import stat
import tempfile
from pathlib import Path

BACKUP = ".bak"
"""What a backup's name ends in: nothing that reads a directory of configurations takes it for one."""
_MOUNTED = frozenset({errno.EBUSY, errno.EXDEV})
"""What a rename onto a file says that is mounted by itself, as containers do it."""


class OutdatedError(Exception):
    """The file is not what its editor has seen."""


def version_of(content: bytes) -> str:
    """What tells one content from another."""
    return hashlib.sha256(content).hexdigest()


def why_not_writable(path: str) -> str:
    """Why `replace` would refuse; empty where it would not."""
    target = Path(path).resolve()
    try:
        mode = target.stat().st_mode
    except OSError as error:
        return error.strerror or str(error)
    if not stat.S_ISREG(mode):
        return "not a regular file"
    if not os.access(target, os.W_OK):
        return "the file may not be written"
    if not os.access(target.parent, os.W_OK):
        return f"the directory {target.parent} may not be written, so no backup can be kept"
    return ""


def replace(path: str, content: bytes, *, seen: str) -> Path:
    """Put `content` into the file that the path leads to, and return the backup of what was there.

    `seen` is the version that the new content was made from. A link stays a link: what it points at is replaced. Mode,
    owner and extended attributes stay. Raises `OutdatedError` where somebody else was quicker, `OSError` where it can't
    be written; the file is as it was, then.
    """
    target = Path(path).resolve(strict=True)
    if why := why_not_writable(path):
        raise PermissionError(errno.EACCES, why)
    before = target.read_bytes()
    if version_of(before) != seen:
        raise OutdatedError(path)
    backup = target.with_name(target.name + BACKUP)
    _write(backup, before, like=target)
    _write(target, content, like=target)
    return backup


def _write(target: Path, content: bytes, *, like: Path) -> None:
    """In a new file that takes the name once it is on the disk."""
    descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".new", dir=target.parent)
    written = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            keeps_owner = _look_like(written, like)
            os.fsync(file.fileno())
        if keeps_owner and _renamed(written, target):
            _sync_directory(target.parent)
        else:
            _write_in_place(target, content, like)
    finally:
        written.unlink(missing_ok=True)


def _look_like(written: Path, like: Path) -> bool:
    """Take over mode, owner and extended attributes; False where the owner is not ours to give."""
    wanted = like.stat()
    shutil.copystat(like, written)
    os.utime(written)
    if (wanted.st_uid, wanted.st_gid) == (written.stat().st_uid, written.stat().st_gid):
        return True
    try:
        os.chown(written, wanted.st_uid, wanted.st_gid)
    except PermissionError:
        return False
    written.chmod(stat.S_IMODE(wanted.st_mode))  # a change of the owner may have taken bits away
    return True


def _renamed(written: Path, target: Path) -> bool:
    try:
        written.replace(target)
    except OSError as error:
        if error.errno in _MOUNTED:
            return False
        raise
    return True


def _write_in_place(target: Path, content: bytes, like: Path) -> None:
    """Where no other file may take the name. This is the one way that could leave half a file; its backup is safe."""
    is_new = not target.exists()
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        if is_new:
            os.fchmod(descriptor, stat.S_IMODE(like.stat().st_mode))
        file.write(content)
        file.flush()
        os.fsync(descriptor)


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        with contextlib.suppress(OSError):  # some file systems can't, and need not
            os.fsync(descriptor)
    finally:
        os.close(descriptor)
