"""What arrived, what is open, and who left early; and the engine's log."""

from __future__ import annotations

import os
import time
from collections import Counter, deque
from dataclasses import asdict, dataclass

REMEMBERED = 64


def log(text: str) -> None:
    """One line on stdout, at once. Blocks while the pipe is full, as a real engine's log does."""
    try:
        os.write(1, f"[{time.monotonic():.6f}] {text}\n".encode(errors="replace"))
    except OSError:
        pass  # nobody reads any more; who looks for orphans wants to find us alive


@dataclass(slots=True)
class Entry:
    """One request, numbered from 1 where it is listed; `opened` and `closed_at` are monotonic seconds."""

    request: int
    method: str
    path: str
    model: str | None = None
    opened: float = 0.0
    status: int | None = None
    closed_at: float | None = None
    closed_early: bool = False
    after_ms: float | None = None


class Journal:
    """Counts requests. Health probes and the debug pages are only counted by path, never listed."""

    def __init__(self) -> None:
        self._next = 1
        self._open: dict[int, Entry] = {}
        self._recent: deque[Entry] = deque(maxlen=REMEMBERED)
        self._by_path: Counter[str] = Counter()
        self._early = 0
        self._last_early: Entry | None = None

    def opened(self, method: str, path: str) -> Entry:
        """A request arrived; hand the entry to `closed` when it ends."""
        self._by_path[path] += 1
        entry = Entry(0, method, path, opened=time.monotonic())
        if not _is_quiet(path):
            entry.request = self._next
            self._next += 1
            self._open[entry.request] = entry
        return entry

    def closed(self, entry: Entry, *, early: bool) -> None:
        """A request ended; `early` when its client went away before the answer was complete."""
        entry.closed_at = time.monotonic()
        entry.after_ms = round((entry.closed_at - entry.opened) * 1000, 3)
        if self._open.pop(entry.request, None) is None:
            return
        self._recent.append(entry)
        entry.closed_early = early
        if not entry.closed_early:
            what = f"{entry.method} {entry.path} {entry.status}"
            log(f"request={entry.request} {what} in {entry.after_ms:.1f}ms")
            return
        self._early += 1
        self._last_early = entry
        log(
            f"client closed request={entry.request} path={entry.path} after={entry.after_ms:.1f}ms "
            f"at={entry.closed_at:.6f}"
        )

    def open_entries(self) -> list[Entry]:
        """The requests that are being answered, oldest first."""
        return list(self._open.values())

    def report(self) -> dict[str, object]:
        """Everything, as JSON values, for `/debug/requests`."""
        return {
            "now": time.monotonic(),
            "total": sum(count for path, count in self._by_path.items() if not _is_quiet(path)),
            "open": len(self._open),
            "closed_early": self._early,
            "last_closed_early": asdict(self._last_early) if self._last_early else None,
            "by_path": dict(self._by_path),
            "open_requests": [asdict(entry) for entry in self._open.values()],
            "recent": [asdict(entry) for entry in self._recent],
        }


def _is_quiet(path: str) -> bool:
    return path in ("/health", "/v1/health") or path.startswith("/debug/")
