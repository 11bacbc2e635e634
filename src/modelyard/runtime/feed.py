"""What is the case, told live to whoever watches (DESIGN section 6).

A topic is something that has a state: a watcher is told the state once it has changed, in the form that it has when
the watcher gets to read it. So a slow watcher misses steps on the way, never the last one, and costs no memory. Where
the state is long and changes often, the steps are told instead, and the state again to a watcher that has fallen too
far behind. Logs have no state: a watcher reads along, and loses what it has no room for. Neither has a sequence of
steps each of which is news by itself: of these a watcher that has fallen too far behind gets the latest.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from typing import NamedTuple

from modelyard.runtime.logs import DAEMON, MODELS, LogHub

State = Callable[[], object]
"""What is the case now, as data for JSON."""
LOG_DATA = "logData"
MAX_STEPS = 1024
"""Steps that may wait for a watcher to read them."""


_SOURCES = (DAEMON, MODELS)


class News(NamedTuple):
    """One thing to tell: what it is about, and what is the case."""

    topic: str
    data: object


class Sequence(NamedTuple):
    """Steps that count, and have no state."""

    topic: str
    last: Callable[[], int]
    step: Callable[[int], object]


class Cursor(NamedTuple):
    """How much a watcher has been told: the last step of the sequence, and how far the logs had come (bytes)."""

    steps: int
    positions: tuple[int, ...]


class Feed:
    """The topics, and those who watch them."""

    def __init__(self, logs: LogHub) -> None:
        self._logs = logs
        self._topics: dict[str, State] = {}
        self._watchers: set[Watching] = set()
        self._sequence: Sequence | None = None
        self.life = secrets.token_hex(4)
        """Tells cursors of this feed from those of another one, that of an earlier process."""

    def __repr__(self) -> str:
        return f"<Feed of {list(self._topics)} to {len(self._watchers)}>"

    def add(self, topic: str, state: State) -> None:
        """Make something known. A new watcher is told of all topics, in the order in which they were added."""
        self._topics[topic] = state

    def add_sequence(self, topic: str, last: Callable[[], int], step: Callable[[int], object]) -> None:
        """Make known how the steps of a topic without a state count, so that who was away can be told what they missed:
        the number of the last one, and what a step of a number tells."""
        self._sequence = Sequence(topic, last, step)

    def changed(self, topic: str) -> None:
        """Tell those who watch. Costs next to nothing where nobody does, and never waits."""
        for watcher in self._watchers:
            watcher.note(topic)

    @property
    def is_watched(self) -> bool:
        """Whether anybody would hear of anything."""
        return bool(self._watchers)

    def tell(self, topic: str, step: object) -> None:
        """Tell those who watch of a step, as data for JSON; never waits. How the state of a topic has changed; or what
        has happened, where the topic was never added and has no state."""
        for watcher in self._watchers:
            watcher.tell(topic, step)

    def watch(self, after: Cursor | None = None) -> Watching:
        """Watch from now on, beginning with everything that is the case.

        `after`: somebody who was told so much before and was away. Of logs and of steps that have no state they are
        told what they missed, as far as it is still there, and not what they know.
        """
        watching = Watching(self._logs, self._topics, self._watchers.discard)
        if after is not None:
            watching.go_on(self._missed(after), after)
        self._watchers.add(watching)
        return watching

    def cursor(self) -> Cursor:
        """How much a watcher has been told who has read everything."""
        steps = 0 if self._sequence is None else self._sequence.last()
        return Cursor(steps, tuple(self._logs.position(source) for source in _SOURCES))

    def _missed(self, after: Cursor) -> list[News]:
        if self._sequence is None:
            return []
        topic, last, step = self._sequence
        return [News(topic, step(number)) for number in range(max(after.steps, last() - MAX_STEPS) + 1, last() + 1)]

    def close(self) -> None:
        """End every watching: the server is going away (R55)."""
        for watching in list(self._watchers):
            watching.close()


class Watching:
    """One watcher. It reads when it can."""

    def __init__(self, logs: LogHub, topics: dict[str, State], on_close: Callable[[Watching], None]) -> None:
        self._topics = topics
        self._on_close = on_close
        self._rung = asyncio.Event()
        self._closed = False
        self._changed = dict.fromkeys(topics)  # as an ordered set
        self._steps: list[News] = []
        self._hub = logs
        self._history = {source: logs.history(source) or b"" for source in _SOURCES}
        self._logs = {source: logs.subscribe(source, self._rung.set) for source in _SOURCES}
        self._rung.set()

    def __repr__(self) -> str:
        return f"<Watching {list(self._changed)} to be told{', closed' * self._closed}>"

    def go_on(self, missed: list[News], after: Cursor) -> None:
        """Begin where another watching has ended."""
        self._steps = missed
        pieces = {
            source: self._hub.since(source, place) for source, place in zip(_SOURCES, after.positions, strict=True)
        }
        self._history = {source: data for source, data in pieces.items() if data}

    def note(self, topic: str) -> None:
        """The state of a topic is another."""
        self._changed[topic] = None
        self._rung.set()

    def tell(self, topic: str, step: object) -> None:
        """One step, unless the whole state is to be told anyway."""
        if topic in self._changed:
            return
        if len(self._steps) < MAX_STEPS:
            self._steps.append(News(topic, step))
        elif topic not in self._topics:
            self._replace_oldest(News(topic, step))
        else:
            self._steps = [news for news in self._steps if news.topic != topic]
            self._changed[topic] = None
        self._rung.set()

    def _replace_oldest(self, news: News) -> None:
        """A step of a sequence: it takes the place of the oldest one, or has none."""
        oldest = next((index for index, step in enumerate(self._steps) if step.topic == news.topic), None)
        if oldest is not None:
            del self._steps[oldest]
            self._steps.append(news)

    async def read(self) -> list[News]:
        """Wait until there is something to tell; empty once closed."""
        while not self._closed:
            await self._rung.wait()
            self._rung.clear()
            if news := self._take():
                return news
        return []

    def close(self) -> None:
        """End it; a waiting `read` returns."""
        if not self._closed:
            self._closed = True
            self._on_close(self)
            for subscription in self._logs.values():
                if subscription is not None:
                    subscription.close()
            self._rung.set()

    def _take(self) -> list[News]:
        news = [*self._past_lines(), *self._new_lines()]
        steps, self._steps = self._steps, []
        changed, self._changed = self._changed, {}
        news += steps
        news += (News(topic, self._topics[topic]()) for topic in changed)
        return news

    def _past_lines(self) -> list[News]:
        """The histories, once, also where they are empty: clients clear their view by them."""
        history, self._history = self._history, {}
        return [_log_news(source, data) for source, data in history.items()]

    def _new_lines(self) -> list[News]:
        taken = {source: reader.take() for source, reader in self._logs.items() if reader is not None}
        return [_log_news(source, data) for source, data in taken.items() if data]


def _log_news(source: str, data: bytes) -> News:
    return News(LOG_DATA, {"source": source, "data": data.decode(errors="replace")})
