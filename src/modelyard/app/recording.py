"""What is noted of a request while it is worked on, and the row that is made of it (spec http 17.1).

While a request is worked on, noting costs a few stores. The row is made when the loop comes round again, after the
answer has been handed to the socket: nobody waits for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType
from urllib.parse import unquote_to_bytes

import msgspec

from modelyard.app.asking import session_of
from modelyard.app.meters import Meters
from modelyard.app.records import Records
from modelyard.app.world import World
from modelyard.core.model import Phase
from modelyard.runtime.clock import Clock
from modelyard.runtime.engine import Engine
from modelyard.runtime.feed import Feed
from modelyard.runtime.http.exchange import Outcome
from modelyard.runtime.http.request import Request
from modelyard.runtime.records.captures import RawCapture
from modelyard.runtime.records.row import Row
from modelyard.wire.answers import AnswerReader, figures_of_json
from modelyard.wire.endpoints import GET_ENDPOINTS, POST_ENDPOINTS, Endpoint
from modelyard.wire.headers import find
from modelyard.wire.redact import client_address
from modelyard.wire.usage import NOTHING, Figures, brings_a_token, error_message, shortened

ACTIVITY = "activity"
REJECTED = "rejected"
"""The outcome of a request that was forwarded to nobody."""
_SERVER_ERROR = 500
_encode = msgspec.json.Encoder().encode
MAX_ERROR_BODY = 64 * 1024
"""Bytes of a failed answer in which its message is looked for."""
LIGHT = 16 * 1024
"""Bytes that a record may hold on to while it waits for its row to be made."""
TOKENLESS = 50
"""Pieces of a stream after which no first token is expected any more."""


class Recorder:
    """Makes rows and captures."""

    def __init__(self, records: Records, world: World, engine: Engine, feed: Feed, clock: Clock) -> None:
        self.records = records
        self.clock = clock
        self._world = world
        self._engine = engine
        self._feed = feed
        self.meters: Meters | None = None
        """Where requests are counted, too."""
        self._ended: list[Recording] = []
        self._loads: dict[str, tuple[float, float]] = {}
        """When each model last began to load, and when it was ready; infinite while it loads."""

    def __repr__(self) -> str:
        return f"<Recorder to {self.records!r}>"

    def begin(self, request: Request, requested: str, path: bytes, target: bytes) -> Recording | None:
        """A request that named a model; None where it is none of those that are recorded.

        `path` is as the client wrote it, or what follows `/upstream/MODEL`; `target` is what the engine is asked for.
        """
        endpoint = POST_ENDPOINTS.get(path) or GET_ENDPOINTS.get(path)
        if endpoint is None or request.method != b"POST":
            return None
        return Recording(self, request, requested, endpoint, target.partition(b"?")[0])

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
        if not self._ended:
            asyncio.get_running_loop().call_soon(self.catch_up)
        self._ended.append(recording)

    def catch_up(self) -> None:
        """Record all that has ended. Rows are made when and where they are written, but where much hangs on them."""
        ended, self._ended = self._ended, []
        store, captures, is_watched = self.records.store, self.records.captures, self._feed.is_watched
        for recording in ended:
            recording.id = store.next_id()
            recording.finish()
            if self.meters is not None:
                self._count(self.meters, recording)
            weight = recording.weight
            if captures.limit and recording.is_worth_capturing:
                captures.add(recording, weight)
            store.add(recording if weight <= LIGHT else recording.row())
            if is_watched:
                self._feed.tell(ACTIVITY, {"id": recording.id})

    def _count(self, meters: Meters, recording: Recording) -> None:
        queued, loaded = self._waits(recording)
        arrived = recording.request.arrived_at
        meters.count(
            recording.model or recording.requested,
            str(recording.outcome),
            queued=queued / 1000,
            loaded=loaded / 1000,
            duration=recording.ended_at - arrived,
            first_byte=recording.first_byte_at - arrived,
            first_token=recording.first_token_at - arrived,
        )
        figures = recording.figures()
        if figures is not NOTHING:
            meters.count_tokens(recording.model or recording.requested, figures)

    def row_of(self, recording: Recording) -> Row:
        """The row of a request that has ended and is `finish`ed. May be called by any thread."""
        request, figures = recording.request, recording.figures()
        arrived, granted, ended = request.arrived_at, recording.granted_at, recording.ended_at
        queued, loaded = self._waits(recording)
        wall = self.clock.wall() - self.clock.now()
        return Row(
            recording.id,
            int(ended + wall),
            recording.model or recording.requested,
            _text(recording.path),
            recording.content_type,
            recording.status,
            figures.cached,
            figures.drafted,
            figures.accepted,
            figures.input,
            figures.output,
            figures.prompt_speed,
            figures.speed,
            max(int((ended - arrived) * 1000), figures.engine_ms),
            recording.error_message(),
            self._metadata(recording),
            recording.requested,
            str(recording.outcome),
            arrived + wall,
            queued,
            loaded,
            _between(arrived, recording.first_byte_at),
            _between(arrived, recording.first_token_at),
            _between(granted, ended) if granted else -1.0,
            request.body.size,
            request.body_bytes_sent,
            figures.reasoning,
            figures.cache_written,
            recording.caller,
            session_of(request, self._world.config.ui.activity.session_id),
            client_address(request.fields, request.client_address).decode("utf-8", "replace"),
        )

    def _waits(self, recording: Recording) -> tuple[float, float]:
        """How long it waited for its turn, and for its model to load (milliseconds)."""
        begin, end = recording.request.arrived_at, recording.granted_at or recording.ended_at
        if recording.at_once:
            return 0.0, 0.0
        began, ready = self._loads.get(recording.model, (end, end))
        loaded = max(0.0, min(end, ready) - max(begin, began))
        return round((end - begin - loaded) * 1000, 3), round(loaded * 1000, 3)

    def _metadata(self, recording: Recording) -> str:
        metadata = dict(recording.metadata)
        if recording.was_local:
            metadata["fifo_priority"] = str(self._world.config.priority_of(recording.model))
        return _encode(metadata).decode() if metadata else ""


class Recording:
    """One request that is worked on, as far as it is recorded; the tap on its exchange."""

    # Defaults of the class: most requests are done with a few of these.
    _body: list[bytes] | None = None
    _body_size = 0
    _too_large = False
    """Whether its body is more than may be captured."""
    _reader: AnswerReader | None = None
    _single: bytes | None = None
    """The answer, while it is a single piece."""
    _awaits_token = False
    _tokenless = 0
    _error = ""
    _figures: Figures | None = None
    id = 0
    """That of its row, once it has one."""
    model = ""
    caller = ""
    """The name of the key that was shown."""
    metadata: Mapping[str, str] = MappingProxyType({})
    outcome: str = ""
    at_once = False
    """Whether it was forwarded without any wait."""
    was_local = False
    """Whether it reached a model of ours."""
    granted_at = 0.0
    first_byte_at = 0.0
    first_token_at = 0.0
    ended_at = 0.0

    def __init__(self, recorder: Recorder, request: Request, requested: str, endpoint: Endpoint, path: bytes) -> None:
        self._recorder = recorder
        self._endpoint = endpoint
        self._limit = recorder.records.captures.limit
        self.request = request
        self.requested = requested
        self.path = path

    def __repr__(self) -> str:
        return f"<Recording of {self.request!r}>"

    # ---------------------------------------------------------------- while it is worked on

    def granted(self, *, at_once: bool, was_local: bool) -> None:
        """It is about to be forwarded: hold its body, which is gone when the answer is complete."""
        self.granted_at = self._recorder.clock.now()
        self.at_once = at_once
        self.was_local = was_local
        self._hold_body()

    def request_data(self, data: bytes) -> None:
        """More of the client's body, live."""
        if self._body is not None:
            self._body_size += len(data)
            if self._body_size > self._limit:
                self._drop_body()
            else:
                self._body.append(data)

    def response_data(self, data: bytes) -> None:
        """More of the answer."""
        if self._awaits_token:
            self._look_for_token(data)
        if self._reader is not None:
            self._reader.take(data)
        elif self._single is None:
            self._first(data)
        else:
            self._reader = self._make_reader()
            self._reader.take(self._single)
            self._reader.take(data)

    def _first(self, data: bytes) -> None:
        self._single = data
        self.first_byte_at = self._recorder.clock.now()
        head = self.request.response
        if head is not None and head.traits.is_event_stream and not head.traits.is_encoded:
            self._awaits_token = True
            self._look_for_token(data)

    def _look_for_token(self, data: bytes) -> None:
        if brings_a_token(data):
            self.first_token_at = self._recorder.clock.now()
            self._awaits_token = False
        else:
            self._tokenless += 1
            self._awaits_token = self._tokenless < TOKENLESS

    def exchange_over(self, outcome: Outcome, reason: str) -> None:
        """The exchange has ended, as it should or not."""
        self.outcome = outcome
        self._error = reason

    def refused(self, message: str, *, cancelled: bool) -> None:
        """We answer it ourselves, with this error."""
        self._error = message
        self.outcome = self.outcome or (Outcome.CANCELLED if cancelled else REJECTED)
        if not self.granted_at:
            self._hold_body()

    def ended(self, model: str, metadata: Mapping[str, str], caller: str) -> None:
        """It is over, whatever the reason."""
        self.ended_at = self._recorder.clock.now()
        self.model = model
        self.metadata = metadata
        self.caller = caller
        if not self.outcome:
            self.outcome = Outcome.CLIENT_GONE
        elif self.request.status >= _SERVER_ERROR and self.outcome == Outcome.OK:
            self.outcome = Outcome.UPSTREAM_ERROR  # it answered, but only that it can't
        self._recorder.note(self)

    def _hold_body(self) -> None:
        body = self.request.body
        if self._endpoint.kept.request_body and self._limit:
            single = body.single
            if single is not None:
                self._body, self._body_size = [single], len(single)
            elif body.size <= self._limit:
                self._body, self._body_size = list(body.pieces()), body.size
            if body.size > self._limit:
                self._drop_body()

    def _drop_body(self) -> None:
        self._body = None
        self._too_large = True

    # ---------------------------------------------------------------- when it has ended

    @property
    def status(self) -> int:
        """What its client got, or would have got."""
        return self.request.status or HTTPStatus.BAD_GATEWAY

    @property
    def _succeeded(self) -> bool:
        return 200 <= self.request.status < 300

    @property
    def content_type(self) -> str:
        """That of the answer, empty where there is none."""
        return self._header(b"content-type").decode("latin-1")

    def _header(self, name: bytes) -> bytes:
        head = self.request.response
        return b"" if head is None else find(head.headers, name) or b""

    def _make_reader(self) -> AnswerReader:
        keep = self._limit if self._endpoint.kept.response_body else 0
        if not self._succeeded:
            keep = MAX_ERROR_BODY
        encoding = self._header(b"content-encoding")
        return AnswerReader(self._header(b"content-type"), encoding, self.path, keep=keep)

    def finish(self) -> None:
        """Read the answer to its end, unless it is one piece of plain JSON, which can be read at any time."""
        if self._single is None:
            self._figures = NOTHING
            return
        if self._reader is None:
            head = self.request.response
            if head is not None and self._succeeded and not head.traits.is_encoded and not head.traits.is_event_stream:
                return
            self._reader = self._make_reader()
            self._reader.take(self._single)
        figures = self._reader.finish()
        self._figures = figures if self._succeeded else NOTHING

    def figures(self) -> Figures:
        """What the answer says of its tokens."""
        if self._figures is None and self._single is not None:
            self._figures = figures_of_json(self._single, listed=self.path.startswith(b"/infill"))
        return self._figures or NOTHING

    @property
    def weight(self) -> int:
        """Bytes that it holds."""
        return self._body_size + self.request.body_bytes_sent

    def row(self) -> Row:
        """What is kept of it."""
        return self._recorder.row_of(self)

    def _answer_body(self) -> bytes | None:
        """The decoded answer, where it was kept."""
        return self._single if self._reader is None else self._reader.body

    def error_message(self) -> str:
        """Why it failed, in words; empty where it did not (spec http 17.3)."""
        failure = "" if self._reader is None else self._reader.failure
        if self._error and self.outcome != Outcome.CLIENT_GONE:
            return shortened(self._error)
        if self._succeeded:
            return failure
        if failure:
            return failure.replace("decompression", "decode")
        return error_message(self._answer_body() or b"") or _status_text(self.status)

    @property
    def is_worth_capturing(self) -> bool:
        """Not what is too large, nor where a success has no body, or none that can be read (spec http 18)."""
        if self._too_large or (self._reader is not None and self._reader.kept_too_little):
            return False
        if not self._succeeded:
            return True
        return self._single is not None and not (self._reader is not None and self._reader.failure)

    def captured(self) -> RawCapture:
        """What was said."""
        kept, head = self._endpoint.kept, self.request.response
        return RawCapture(
            id=self.id,
            req_path=_text(self.path),
            req_headers=self.request.headers,
            req_body=None if self._body is None or not kept.request_body else b"".join(self._body),
            resp_headers=None if head is None else head.headers,
            resp_body=self._answer_body() if self._succeeded and kept.response_body else None,
        )


def _text(path: bytes) -> str:
    return (unquote_to_bytes(path) if b"%" in path else path).decode("utf-8", "replace")


def _between(begin: float, end: float) -> float:
    """Milliseconds; -1 where the end never came."""
    return round((end - begin) * 1000, 3) if end else -1.0


def _status_text(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return f"HTTP {status}"
