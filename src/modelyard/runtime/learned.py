"""What was learned of the models, kept across restarts: how long each takes to load.

One small file in the state directory, replaced whole, so that a reader never sees half of it. Several daemons may
share it: each writes what it has learned over what the others wrote. A file that can't be read or written costs
estimates, nothing else.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

import msgspec

from modelyard.runtime.logs import DaemonLog
from modelyard.runtime.tasks import TaskOwner

FILE = "learned.json"
MAX_BYTES = 4 << 20
"""A file that is larger is not ours."""


class _Content(msgspec.Struct):
    load_seconds: dict[str, float] = msgspec.field(default_factory=dict, name="loadSeconds")


class Learned:
    """Load times by model, in seconds: as read at the start, then as noted."""

    def __init__(self, directory: Path, *, tasks: TaskOwner, log: DaemonLog) -> None:
        self._path = directory / FILE
        self._tasks = tasks
        self._log = log
        self._unsaved: dict[str, float] = {}
        self._saving = False
        self.times: Mapping[str, float] = _read(self._path)

    def __repr__(self) -> str:
        return f"<Learned of {len(self.times)} models at {self._path}>"

    def note(self, times: Mapping[str, float]) -> None:
        """Remember these times. What is new is written soon, off the loop."""
        news = {model: seconds for model, seconds in times.items() if self.times.get(model) != seconds}
        if not news:
            return
        self.times = {**self.times, **news}
        self._unsaved |= news
        if not self._saving:
            self._saving = True
            self._tasks.spawn(self._save(), name="learned times")

    async def _save(self) -> None:
        try:
            while self._unsaved:
                news, self._unsaved = self._unsaved, {}
                await asyncio.to_thread(_write, self._path, news)
        except OSError as error:
            self._log.debug(f"learned times are not kept: {error}")
        finally:
            self._saving = False


def _read(path: Path) -> dict[str, float]:
    try:
        with path.open("rb") as file:
            content = msgspec.json.decode(file.read(MAX_BYTES), type=_Content)
    except (OSError, ValueError):
        return {}
    return {model: seconds for model, seconds in content.load_seconds.items() if seconds >= 0}


def _write(path: Path, news: Mapping[str, float]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    content = msgspec.json.encode(_Content({**_read(path), **news}))
    descriptor, name = tempfile.mkstemp(prefix=FILE, dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
