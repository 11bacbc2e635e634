"""The requests that are being worked on, for whoever watches, and the door to end one (spec http 16).

A request costs an entry in a dictionary. What is shown of it is put together when somebody looks: while nobody
watches, nothing else happens.
"""

from __future__ import annotations

import asyncio
import datetime
from collections.abc import Mapping
from typing import Any, Protocol
from urllib.parse import unquote_to_bytes

from modelyard.runtime.clock import Clock
from modelyard.runtime.feed import Feed
from modelyard.runtime.http.request import Request
from modelyard.wire.redact import client_address, shown_headers

INFLIGHT = "inflight"
INTERVAL = 0.25
"""Seconds between two looks at what has changed, while somebody watches."""


class Tracked(Protocol):
    """One request, as far as it is shown."""

    request: Request
    model: str
    """The real id."""
    shown_path: bytes
    """As the client wrote it; below `/upstream/MODEL` what follows."""

    @property
    def metadata(self) -> Mapping[str, str]:
        """What is known of it beside."""
        ...

    def cancel(self) -> None:
        """End it; its client gets an error."""
        ...


class InFlight:
    """The table of requests."""

    def __init__(self, feed: Feed, clock: Clock) -> None:
        self._feed = feed
        self._clock = clock
        self._last = 0
        self._entries: dict[int, Tracked] = {}
        self._told: dict[int, tuple[int, int]] = {}
        """The status and the bytes that the watchers know of."""
        self._ticker: asyncio.TimerHandle | None = None

    def __repr__(self) -> str:
        return f"<InFlight {sorted(self._entries)}>"

    def begin(self, tracked: Tracked) -> int:
        """A request is being worked on; returns its number, which counts from 1."""
        self._last = number = self._last + 1
        self._entries[number] = tracked
        if self._feed.is_watched:
            self._tell(number, tracked)
            self._tick_later()
        return number

    def end(self, number: int) -> None:
        """The request has ended; twice is harmless."""
        tracked = self._entries.pop(number, None)
        if tracked is not None and self._feed.is_watched:
            if self._told.pop(number, None) != _progress(tracked):
                self._tell(number, tracked)
                del self._told[number]
            self._feed.tell(INFLIGHT, {"operation": "remove", "id": str(number)})

    def cancel(self, number: int) -> bool:
        """End a request: what it is forwarded to is let go, its client gets an error; whether there is such a one."""
        tracked = self._entries.get(number)
        if tracked is not None:
            tracked.cancel()
        return tracked is not None

    def snapshot(self) -> dict[str, Any]:
        """The whole table, by arrival, for a watcher who begins; compatible: without requests there is no such key."""
        for number, tracked in self._entries.items():
            self._told.setdefault(number, _progress(tracked))
            self._tick_later()
        requests = self.requests()
        return {"operation": "snapshot", "requests": requests} if requests else {"operation": "snapshot"}

    def requests(self) -> list[dict[str, Any]]:
        """What is shown of each request, by arrival."""
        return [self._entry(number, tracked) for number, tracked in self._entries.items()]

    def _tell(self, number: int, tracked: Tracked) -> None:
        self._told[number] = _progress(tracked)
        self._feed.tell(INFLIGHT, {"operation": "upsert", "request": self._entry(number, tracked)})

    def _tick_later(self) -> None:
        if self._ticker is None:
            self._ticker = asyncio.get_running_loop().call_later(INTERVAL, self._tick)

    def _tick(self) -> None:
        """Tell what has changed since; goes on as long as there is anything to tell, and anybody to hear it."""
        self._ticker = None
        if not self._feed.is_watched:
            self._told.clear()
            return
        for number, tracked in self._entries.items():
            if self._told.get(number) != _progress(tracked):
                self._tell(number, tracked)
        if self._entries:
            self._tick_later()

    def _entry(self, number: int, tracked: Tracked) -> dict[str, Any]:
        request, now = tracked.request, self._clock.now()
        elapsed = max(0.0, now - request.arrived_at)
        arrived = datetime.datetime.fromtimestamp(self._clock.wall() - elapsed, tz=datetime.UTC)
        response = request.response
        entry = {
            "id": str(number),
            "timestamp": arrived.isoformat().replace("+00:00", "Z"),
            "model": tracked.model,
            "req_path": unquote_to_bytes(tracked.shown_path).decode("utf-8", "replace"),
            "method": request.method.decode("latin-1"),
            "req_headers": shown_headers(request.received.headers),
            "remote_ip": client_address(request.fields, request.client_address).decode("utf-8", "replace"),
            "resp_headers": {} if response is None else shown_headers(response.headers),
            "resp_bytes": request.body_bytes_sent,
            "elapsed_ms": int(elapsed * 1000),
        }
        metadata = tracked.metadata
        return {**entry, "metadata": dict(metadata)} if metadata else entry


def _progress(tracked: Tracked) -> tuple[int, int]:
    return tracked.request.status, tracked.request.body_bytes_sent
