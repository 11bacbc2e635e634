"""`GET /api/events`: what happens, live, as server-sent events (spec http 14)."""

from __future__ import annotations

from collections.abc import AsyncIterator

import msgspec
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from modelyard.runtime.feed import Feed, News, Watching

MODEL_STATUS = "modelStatus"
PROFILE_CHANGED = "profileChanged"
CONFIG_STATUS = "configStatus"
"""Ours: which configuration serves, and why a new one does not."""
_HEADERS = {
    "Content-Type": "text/event-stream",  # given as a media type, it would get a charset
    "Cache-Control": "no-cache",
    "Connection": "keep-alive",
    "X-Content-Type-Options": "nosniff",
    "X-Accel-Buffering": "no",
}


class EventRoutes:
    """The stream of events."""

    def __init__(self, feed: Feed) -> None:
        self._feed = feed

    def __repr__(self) -> str:
        return f"<EventRoutes of {self._feed!r}>"

    async def stream(self, request: Request) -> Response:
        """Everything that is the case, then what changes, until the client leaves."""
        return StreamingResponse(_frames(self._feed.watch()), headers=_HEADERS)


async def _frames(watching: Watching) -> AsyncIterator[bytes]:
    try:
        while news := await watching.read():
            yield b"".join(map(_frame, news))
    finally:
        watching.close()


def _frame(news: News) -> bytes:
    """The payload is JSON in a string in JSON: so clients know it."""
    payload = msgspec.json.encode(news.data).decode()
    return b"event:message\ndata:%b\n\n" % msgspec.json.encode({"type": news.topic, "data": payload})
