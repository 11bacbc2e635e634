"""What a streaming client is sent while it waits for a model: words, or only signs of life (spec http 19).

Either way the head of an answer is out before there is an answer. What becomes of the request is then said in the
stream: the engine's events follow, or an error event.
"""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Callable, Iterable

from modelyard.runtime.clock import Clock
from modelyard.runtime.http.request import Request
from modelyard.wire import errors, loading
from modelyard.wire.endpoints import Dialect
from modelyard.wire.errors import HttpError
from modelyard.wire.heads import ResponseHead

HEAD = [
    (b"content-type", b"Content-Type", b"text/event-stream"),
    (b"cache-control", b"Cache-Control", b"no-cache"),
]
ACCEPT_ENCODING = frozenset({b"accept-encoding"})


class WaitingStream:
    """The beginning of an event stream, until the request is granted, refused, or its client leaves."""

    _timer: asyncio.TimerHandle | None = None
    begun = False
    """Whether the client was sent a head."""

    def __init__(self, request: Request) -> None:
        self._request = request

    def __repr__(self) -> str:
        return f"<{type(self).__name__} for {self._request!r}>"

    def waiting_at(self, position: int) -> None:
        """The request has this place in the line (1 = next), and waits for the turns of others."""

    def finish(self) -> None:
        """The request is granted: the stream is the engine's from here on, and nothing more is written into it."""
        self.stop()

    def fail(self, error: HttpError, dialect: Dialect) -> None:
        """The request ends here: say why, and end the stream."""
        self.stop()
        self._request.push_last(errors.event(error, dialect))

    def stop(self) -> None:
        """Write nothing more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _begin(self) -> None:
        """Send the head. The engine is asked for plain events: the head says nothing of a coding."""
        self.begun = True
        self._request.without_headers(ACCEPT_ENCODING)
        self._request.says_it_stays = True
        self._request.start(ResponseHead(200, b"", HEAD))

    def _push(self, data: bytes) -> None:
        """Write, unless the client does not even take what was written before."""
        if not self._request.connection.write_paused:
            self._request.push(data)


class Heartbeat(WaitingStream):
    """A comment now and then (R39). A request that is granted before the first one never notices (ours)."""

    def __init__(self, request: Request, every: float) -> None:
        """`every`: seconds from one comment to the next, and to the first."""
        super().__init__(request)
        self._every = every
        self._later()

    def _later(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(self._every, self._beat)

    def _beat(self) -> None:
        if not self.begun:
            self._begin()
        self._push(loading.HEARTBEAT)
        self._later()


def _unknown() -> None:
    return None


class LoadingStream(WaitingStream):
    """Words, typed in small pieces: which model loads, the place in the line, remarks.

    Two clocks run: one types what is there to be typed, the other says something new every now and then, if the
    typing is done.
    """

    _typing: asyncio.TimerHandle | None = None
    _place = 0
    _place_told = 0

    def __init__(
        self,
        request: Request,
        model: str,
        clock: Clock,
        chance: random.Random,
        progress: Callable[[], float | None] = _unknown,
    ) -> None:
        """`progress`: how far the model has loaded, from 0 to 1."""
        super().__init__(request)
        self._progress = progress
        self._progress_told: float | None = None
        self._clock = clock
        self._chance = chance
        self._began_at = self._next_remark = clock.now()
        self._remarks: list[str] = []
        self._pieces: deque[str] = deque()
        self._opening = loading.opening(model)
        self._untold = len(self._opening)
        """How many pieces of the opening are not typed yet."""
        self._begin()
        self._type(self._opening)
        self._tick_later()

    def waiting_at(self, position: int) -> None:
        """It will be told with the next tick."""
        self._place = position

    def finish(self) -> None:
        """What was begun is said at once, the rest is dropped: words must not keep the answer waiting."""
        self.stop()
        opening = self._opening[len(self._opening) - self._untold :]
        words = [*opening, *loading.closing(self._clock.now() - self._began_at)]
        self._request.push(b"".join(map(loading.frame, words)))

    def stop(self) -> None:
        """Write nothing more."""
        super().stop()
        if self._typing is not None:
            self._typing.cancel()
            self._typing = None

    def _tick_later(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(loading.TICK, self._tick)

    def _tick(self) -> None:
        if self._typing is None:
            self._type(self._something_new())
        self._tick_later()

    def _something_new(self) -> list[str]:
        now = self._clock.now()
        if self._place != self._place_told:
            self._place_told = self._place
            self._next_remark = now + self._chance.randint(*loading.REMARK_EVERY)
            return loading.position(self._place)
        progress = self._progress()
        if progress is not None and progress != self._progress_told:
            self._progress_told = progress
            return loading.progress(progress)
        if now < self._next_remark:
            return ["."]
        self._next_remark = now + self._chance.randint(*loading.REMARK_EVERY)
        if not self._remarks:
            self._remarks = self._chance.sample(loading.REMARKS, len(loading.REMARKS))
        return loading.remark(self._remarks.pop())

    def _type(self, pieces: Iterable[str]) -> None:
        self._pieces.extend(pieces)
        self._type_on()

    def _type_on(self) -> None:
        piece = self._pieces.popleft()
        self._untold = max(0, self._untold - 1)
        self._push(loading.frame(piece))
        self._typing = None
        if self._pieces:
            self._typing = asyncio.get_running_loop().call_later(loading.pause_after(piece), self._type_on)
