"""`GET /api/events`: what happens, live, as server-sent events (spec http 14).

Ours, for who asks: `deltas=1` tells of the models that have changed in place of all models, and `resume=1` gives
events ids, with which a client that was away goes on. Comments keep silent streams alive; clients pass over them.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Iterable
from typing import Any, cast

import msgspec
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from modelyard.runtime.feed import Cursor, Feed, News, Watching

MODEL_STATUS = "modelStatus"
MODEL_CHANGES = "modelChanges"
"""Ours, with `deltas=1`: the models that have changed, and the ids of those that are gone."""
PROFILE_CHANGED = "profileChanged"
CONFIG_STATUS = "configStatus"
"""Ours: which configuration serves, and why a new one does not."""
HEARTBEAT = 15.0
"""Seconds of silence after which a comment is sent, before anything between gives the connection up."""
_BEAT = b": nothing new\n\n"
_ID = re.compile(r"([0-9a-f]{8})-(\d{1,15})-(\d{1,15})-(\d{1,15})")
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
        numbered = request.query_params.get("resume") == "1"
        after = self._cursor_in(request.headers.get("last-event-id", "")) if numbered else None
        watching = self._feed.watch(after)
        narrow = Deltas().narrow if request.query_params.get("deltas") == "1" else list
        frames = _frames(watching, narrow, self._id if numbered else None)
        return StreamingResponse(frames, headers=_HEADERS)

    def _id(self) -> bytes:
        cursor = self._feed.cursor()
        return "-".join([self._feed.life, str(cursor.steps), *map(str, cursor.positions)]).encode()

    def _cursor_in(self, text: str) -> Cursor | None:
        """The cursor of an id; None where it is of another life, or no id at all."""
        match = _ID.fullmatch(text)
        if match is None or match[1] != self._feed.life:
            return None
        return Cursor(int(match[2]), (int(match[3]), int(match[4])))


class Deltas:
    """What has changed in the list of models since one watcher was told."""

    def __init__(self) -> None:
        self._known: dict[str, object] | None = None
        """The models by their ids, as they were told."""

    def __repr__(self) -> str:
        return f"<Deltas of {len(self._known or ())} models>"

    def narrow(self, news: Iterable[News]) -> list[News]:
        """The same news; after the first list of models only what has changed in it, if anything."""
        return [one for each in news if (one := self._narrowed(each)) is not None]

    def _narrowed(self, news: News) -> News | None:
        if news.topic != MODEL_STATUS:
            return news
        models: dict[str, object] = {model["id"]: model for model in cast("list[dict[str, Any]]", news.data)}
        known, self._known = self._known, models
        if known is None:
            return news
        changed = [model for name, model in models.items() if known.get(name) != model]
        removed = [name for name in known if name not in models]
        return News(MODEL_CHANGES, {"changed": changed, "removed": removed}) if changed or removed else None


async def _frames(
    watching: Watching, narrow: Callable[[Iterable[News]], list[News]], number: Callable[[], bytes] | None
) -> AsyncIterator[bytes]:
    try:
        while True:
            try:
                async with asyncio.timeout(HEARTBEAT):
                    news = await watching.read()
            except TimeoutError:
                yield _BEAT
                continue
            if not news:
                return
            frames = list(map(_frame, narrow(news)))
            if number is not None and frames:
                # The last one only: an id says that all of these were told.
                frames[-1] = b"id:%b\n%b" % (number(), frames[-1])
            if frames:
                yield b"".join(frames)
    finally:
        watching.close()


def _frame(news: News) -> bytes:
    """The payload is JSON in a string in JSON: so clients know it."""
    payload = msgspec.json.encode(news.data).decode()
    return b"event:message\ndata:%b\n\n" % msgspec.json.encode({"type": news.topic, "data": payload})
