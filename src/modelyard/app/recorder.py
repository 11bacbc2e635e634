"""Rows, captures and counts of the requests that have ended (spec http 17.1).

What is kept of a request until its row is made is small and refers to nothing that the request itself needed: requests
that are held back would be thousands in busy times, and memory that is not used again is slow memory.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from urllib.parse import unquote_to_bytes

import msgspec

from modelyard.app.asking import session_in
from modelyard.app.meters import Meters
from modelyard.app.recording import Recording
from modelyard.app.records import Records
from modelyard.app.world import World
from modelyard.config.schema import Config
from modelyard.core.model import Phase
from modelyard.runtime.clock import Clock
from modelyard.runtime.engine import Engine
from modelyard.runtime.feed import Feed
from modelyard.runtime.records.captures import RawCapture
from modelyard.runtime.records.row import Row
from modelyard.wire.headers import Header, find
from modelyard.wire.redact import client_address
from modelyard.wire.usage import Figures

ACTIVITY = "activity"
SOON = 0.02
"""Seconds after which a request that has ended is recorded, at the latest."""
TOGETHER = 32
"""Requests that are recorded at a time, where many end: the same few lines of code for many in a row, which the
processor then has at hand, cost half of what they do between others."""
_encode = msgspec.json.Encoder().encode


class Ended(msgspec.Struct, gc=False):
    """What is kept of a request that has ended, until its row is made."""

    recorder: Recorder
    id: int
    model: str
    path: bytes
    answer: list[Header] | None
    status: int
    figures: Figures
    error: str
    metadata: Mapping[str, str]
    was_local: bool
    requested: str
    outcome: str
    arrived_at: float
    granted_at: float
    first_byte_at: float
    first_token_at: float
    ended_at: float
    queued: float
    """Milliseconds, as `loaded`."""
    loaded: float
    sent: int
    """Bytes of the request's body."""
    received: int
    """Bytes of the answer's body."""
    caller: str
    fields: Mapping[bytes, bytes]
    client_address: bytes

    def row(self) -> Row:
        """Its row. May be asked for by any thread."""
        return self.recorder.row_of(self)


class Recorder:
    """Makes rows and captures, and has requests counted."""

    def __init__(self, records: Records, world: World, engine: Engine, feed: Feed, clock: Clock) -> None:
        self.records = records
        self.clock = clock
        self._world = world
        self._engine = engine
        self._feed = feed
        self.meters: Meters | None = None
        """Where requests are counted, too."""
        self._ended: list[Recording] = []
        self._timer: asyncio.TimerHandle | None = None
        self._config: Config | None = None
        """That of which `_not_captured` was made."""
        self._not_captured: frozenset[str] = frozenset()
        records.settle = self.catch_up
        feed.add_sequence(ACTIVITY, lambda: records.store.last_id, lambda number: {"id": number})
        self._loads: dict[str, tuple[float, float]] = {}
        """When each model last began to load, and when it was ready; infinite while it loads."""

    def __repr__(self) -> str:
        return f"<Recorder to {self.records!r}>"

    def models_moved(self) -> None:
        """Some model stands elsewhere: note when loads begin and end."""
        now = self.clock.now()
        for model in self._world.config.models:
            phase = self._engine.phase_of(model)
            began, ready = self._loads.get(model, (now, 0.0))
            if phase is Phase.STARTING:
                if ready != float("inf"):
                    self._loads[model] = (now, float("inf"))
            elif ready == float("inf"):
                self._loads[model] = (began, now)

    def note(self, recording: Recording) -> None:
        """A request has ended: it is recorded soon."""
        self._ended.append(recording)
        if len(self._ended) == TOGETHER:
            asyncio.get_running_loop().call_soon(self.catch_up)
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(SOON, self._on_time)

    def _on_time(self) -> None:
        self._timer = None
        self.catch_up()

    def catch_up(self) -> None:
        """Record all that has ended. Rows are made when and where they are written."""
        if not self._ended:
            return
        recordings, self._ended = self._ended, []
        store, captures = self.records.store, self.records.captures
        takes_captures = captures.takes_more(self.clock.now())
        rows: list[Ended] = []
        captured: list[RawCapture] = []
        uncaptured = self._uncaptured()
        for recording in recordings:
            number = store.next_id()
            try:
                kept = self._kept_of(recording, number)
                rows.append(kept)
                if takes_captures and recording.captures and kept.model not in uncaptured:
                    capture = recording.capture(number)
                    if captures.add(capture) and capture is not None:
                        captured.append(capture)
            except Exception as error:  # a bug of ours must cost one record, not those of all that have ended with it
                context = {"message": f"{recording!r} could not be recorded", "exception": error}
                asyncio.get_running_loop().call_exception_handler(context)
        store.add_all(rows)
        if captured and store.keeps_captures:
            store.add_captures(captured)
        if self.meters is not None:
            self.meters.count(rows)
        if self._feed.is_watched:
            for kept in rows:
                self._feed.tell(ACTIVITY, {"id": kept.id})

    def _uncaptured(self) -> frozenset[str]:
        """The models whose words are not to be captured, as the present configuration has it."""
        config = self._world.config
        if self._config is not config:
            self._config = config
            self._not_captured = frozenset(name for name, model in config.models.items() if not model.capture)
        return self._not_captured

    def _kept_of(self, recording: Recording, number: int) -> Ended:
        request = recording.request
        response = request.response
        figures = recording.figures()
        queued, loaded = (0.0, 0.0) if recording.at_once else self._waits(recording)
        return Ended(
            self,
            number,
            recording.model or recording.requested,
            recording.path,
            None if response is None else response.headers,
            recording.status,
            figures,
            recording.error_message(),
            recording.metadata,
            recording.was_local,
            recording.requested,
            recording.outcome,
            request.arrived_at,
            recording.granted_at,
            recording.first_byte_at,
            recording.first_token_at,
            recording.ended_at,
            queued,
            loaded,
            request.body.size,
            request.body_bytes_sent,
            recording.caller,
            request.fields,
            request.connection.client_address,
        )

    def _waits(self, recording: Recording) -> tuple[float, float]:
        """How long it waited for its turn, and for its model to load (milliseconds)."""
        begin, end = recording.request.arrived_at, recording.granted_at or recording.ended_at
        began, ready = self._loads.get(recording.model, (end, end))
        loaded = max(0.0, min(end, ready) - max(begin, began))
        return round((end - begin - loaded) * 1000, 3), round(loaded * 1000, 3)

    def row_of(self, kept: Ended) -> Row:
        """The row of a request that has ended. May be asked for by any thread."""
        arrived, ended, figures = kept.arrived_at, kept.ended_at, kept.figures
        wall = self.clock.wall() - self.clock.now()
        config = self._world.config
        answer = kept.answer
        return Row(
            kept.id,
            int(ended + wall),
            kept.model,
            _text(kept.path),
            "" if answer is None else (find(answer, b"content-type") or b"").decode("latin-1"),
            kept.status,
            figures.cached,
            figures.drafted,
            figures.accepted,
            figures.input,
            figures.output,
            figures.prompt_speed,
            figures.speed,
            max(int((ended - arrived) * 1000), figures.engine_ms),
            kept.error,
            self._metadata(kept),
            kept.requested,
            str(kept.outcome),
            arrived + wall,
            kept.queued,
            kept.loaded,
            _between(arrived, kept.first_byte_at),
            _between(arrived, kept.first_token_at),
            _between(kept.granted_at, ended) if kept.granted_at else -1.0,
            kept.sent,
            kept.received,
            figures.reasoning,
            figures.cache_written,
            kept.caller,
            session_in(kept.fields, config.ui.activity.session_id),
            client_address(kept.fields, kept.client_address).decode("utf-8", "replace"),
        )

    def _metadata(self, kept: Ended) -> str:
        metadata = dict(kept.metadata)
        if kept.was_local:
            metadata["fifo_priority"] = str(self._world.config.priority_of(kept.model))
        return _encode(metadata).decode() if metadata else ""


def _text(path: bytes) -> str:
    return (unquote_to_bytes(path) if b"%" in path else path).decode("utf-8", "replace")


def _between(begin: float, end: float) -> float:
    """Milliseconds; -1 where the end never came."""
    return round((end - begin) * 1000, 3) if end else -1.0
