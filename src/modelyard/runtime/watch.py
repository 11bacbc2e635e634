"""Do the files of the configuration differ from what they were? (spec config 5, R51)

Polled, since bind mounts, network disks and the symlink swaps of ConfigMaps escape inotify. What counts is the file
that a path leads to in the end: its place, inode, size and time of change. A file that appears after it was missing
has changed, one that disappears has not: editors that replace files pass through that moment.
"""

from __future__ import annotations

import asyncio
import os
import stat
from collections.abc import Awaitable, Callable, Sequence

POLL_SECONDS = 2.0
SETTLE_SECONDS = 0.2
"""What has changed must hold still so long before it is read: it may be half-written."""
SETTLE_ROUNDS = 10
"""How often at most that is waited for: a file that never holds still is read all the same."""

Fingerprint = tuple[object, ...]
Look = Callable[[], Fingerprint | None]
"""Takes a fingerprint; None where there is nothing to read."""
Pause = Callable[[float], Awaitable[None]]


def look_at_file(path: str) -> Look:
    """A look at one file."""
    absolute = os.path.abspath(path)
    return lambda: _fingerprint_of(absolute)


def look_at_directory(path: str) -> Look:
    """A look at the configuration files that lie in a directory; files elsewhere in it do not count."""
    absolute = os.path.abspath(path)

    def look() -> Fingerprint | None:
        try:
            names = sorted(name for name in os.listdir(absolute) if name.endswith((".yml", ".yaml")))
        except OSError:
            return None
        found = [
            (name, fingerprint) for name in names if (fingerprint := _fingerprint_of(os.path.join(absolute, name)))
        ]
        return tuple(found) or None

    return look


def _fingerprint_of(path: str) -> Fingerprint | None:
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return None
    if stat.S_ISDIR(found.st_mode):
        return None
    return os.path.realpath(path), found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns


class Watcher:
    """Watches what a configuration was made of.

    What it looks like at first is what it is compared with, so make the watcher before the files are read: a change
    during the load is then noticed.
    """

    def __init__(self, looks: Sequence[Look]) -> None:
        self._looks = tuple(looks)
        self._known = [look() for look in self._looks]

    def __repr__(self) -> str:
        missing = sum(known is None for known in self._known)
        return f"<Watcher of {len(self._looks)} sources, {missing} missing>"

    def has_changed(self) -> bool:
        """Whether anything has changed since the last time this was asked."""
        changed = False
        for index, look in enumerate(self._looks):
            found = look()
            if found != self._known[index]:
                self._known[index] = found
                changed = changed or found is not None
        return changed

    async def run(self, on_change: Callable[[], None], pause: Pause = asyncio.sleep) -> None:
        """Poll for ever; call `on_change` for each change that has settled. The disk may be slow: we never wait."""
        while True:
            await pause(POLL_SECONDS)
            if not await asyncio.to_thread(self.has_changed):
                continue
            for _ in range(SETTLE_ROUNDS):
                await pause(SETTLE_SECONDS)
                if not await asyncio.to_thread(self.has_changed):
                    break
            on_change()
