"""What is noted of a request while it is worked on, and the row that is made of it (spec http 17.1).

While a request is worked on, noting costs a few stores. The row is made when the loop comes round again, after the
answer has been handed to the socket: nobody waits for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from http import HTTPStatus
from typing import Protocol
from urllib.parse import unquote_to_bytes

import msgspec

from modelyard.app.records import Records
from modelyard.app.world import World
from modelyard.core.model import Phase
from modelyard.runtime.clock import Clock
from modelyard.runtime.engine import Engine
from modelyard.runtime.feed import Feed
from modelyard.runtime.http.exchange import Outcome
from modelyard.runtime.http.request import Request
from modelyard.runtime.records.captures import RawCapture
from modelyard.runtime.records.row import Row, token_columns
from modelyard.wire.answers import AnswerReader, figures_of_json
from modelyard.wire.endpoints import GET_ENDPOINTS, POST_ENDPOINTS, Endpoint
from modelyard.wire.headers import find
from modelyard.wire.redact import client_address
from modelyard.wire.usage import NOTHING, Figures, brings_a_token, error_message, shortened

ACTIVITY = "activity"
REJECTED = "rejected"
"""The outcome of a request that was forwarded to nobody."""
MAX_ERROR_BODY = 64 * 1024
"""Bytes of a failed answer in which its message is looked for."""
TOKENLESS = 50
"""Pieces of a stream after which no first token is expected any more."""


class Recorded(Protocol):
    """A request, as far as it is recorded when it has ended."""

    request: Request
    model: str

    @property
    def metadata(self) -> Mapping[str, str]:
        """What is known of it beside."""
        ...


def endpoint_of(path: bytes) -> Endpoint | None:
    """The route whose requests are recorded, by the path as the client wrote it; below `/upstream/MODEL` the rest."""
    return POST_ENDPOINTS.get(path) or GET_ENDPOINTS.get(path)


class Recorder:
    """Makes rows and captures."""

    def __init__(self, records: Records, world: World, engine: Engine, feed: Feed, clock: Clock) -> None:
        self.records = records
        self.clock = clock
        self._world = world
        self._engine = engine
        self._feed = feed
        self._ended: list[Recording] = []
        self._loads: dict[str, tuple[float, float]] = {}
        """When each model last began to load, and when it was ready; infinite while it loads."""

    def __repr__(self) -> str:
        return f"<Recorder to {self.records!r}>"

    def begin(self, request: Request, requested: str, endpoint: Endpoint, path: bytes) -> Recording:
        """A request that named a model; `path` is what the engine is asked for."""
        return Recording(self, request, requested, endpoint, path)

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
        """A request has ended: its row is made soon."""
        if not self._ended:
            asyncio.get_running_loop().call_soon(self.catch_up)
        self._ended.append(recording)

    def catch_up(self) -> None:
        """Make the rows of all that has ended."""
        ended, self._ended = self._ended, []
        store, is_watched = self.records.store, self._feed.is_watched
        wall = self.clock.wall() - self.clock.now()
        for recording in ended:
            row = self._row(recording, store.next_id(), wall)
            store.add(row)
            if is_watched:
                self._feed.tell(ACTIVITY, {"id": row.id})

    def _row(self, recording: Recording, number: int, wall: float) -> Row:
        """`wall` is what our clock lacks to that of the wall."""
        request = recording.request
        figures = recording.figures()
        self._capture(recording, number)
        arrived = request.arrived_at
        granted = recording.granted_at
        queued, loaded = self._waits(recording)
        duration = int((recording.ended_at - arrived) * 1000)
        return Row(
            id=number,
            ts_created=int(recording.ended_at + wall),
            model_id=recording.model or recording.requested,
            req_path=unquote_to_bytes(recording.path).decode("utf-8", "replace"),
            resp_content_type=recording.content_type(b"content-type"),
            resp_status_code=recording.status,
            duration_ms=max(duration, figures.engine_ms),
            error_msg=recording.error_message(),
            metadata_json=self._metadata(recording),
            requested_model=recording.requested,
            outcome=recording.outcome,
            started_at=arrived + wall,
            queue_ms=queued,
            load_ms=loaded,
            first_byte_ms=_between(arrived, recording.first_byte_at),
            first_token_ms=_between(arrived, recording.first_token_at),
            serve_ms=_between(granted, recording.ended_at) if granted else -1.0,
            req_bytes=request.body.size,
            resp_bytes=request.body_bytes_sent,
            session=self._session(request),
            client=client_address(request.fields, request.client_address).decode("utf-8", "replace"),
            **token_columns(figures),
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
        return msgspec.json.encode(metadata).decode() if metadata else ""

    def _session(self, request: Request) -> str:
        for name in self._world.config.ui.activity.session_id:
            value = request.fields.get(name.lower().encode("latin-1", "replace"))
            if value:
                return value.decode("utf-8", "replace")
        return ""

    def _capture(self, recording: Recording, number: int) -> None:
        captures = self.records.captures
        if captures.limit and recording.is_worth_capturing:
            captures.add(recording.captured(number))


class Recording:
    """One request that is worked on, as far as it is recorded; the tap on its exchange."""

    __slots__ = (
        "_awaits_token", "_body", "_body_size", "_endpoint", "_error", "_limit", "_reader", "_recorder", "_single",
        "_tokenless", "_too_large", "at_once", "ended_at", "first_byte_at", "first_token_at", "granted_at",
        "metadata", "model", "outcome", "path", "request", "requested", "was_local",
    )  # fmt: skip

    def __init__(self, recorder: Recorder, request: Request, requested: str, endpoint: Endpoint, path: bytes) -> None:
        self._recorder = recorder
        self._endpoint = endpoint
        self._limit = recorder.records.captures.limit
        self._body: list[bytes] | None = None
        self._body_size = 0
        self._reader: AnswerReader | None = None
        self._single: bytes | None = None
        """The answer, while it is a single piece."""
        self._awaits_token = False
        self._tokenless = 0
        self._too_large = False
        """Whether its body is more than may be captured."""
        self._error = ""
        self.request = request
        self.requested = requested
        self.path = path
        self.model = ""
        self.metadata: Mapping[str, str] = {}
        self.outcome = ""
        self.at_once = False
        """Whether it was forwarded without any wait."""
        self.was_local = False
        """Whether it reached a model of ours."""
        self.granted_at = 0.0
        self.first_byte_at = 0.0
        self.first_token_at = 0.0
        self.ended_at = 0.0

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
        self.outcome = outcome.value
        self._error = reason

    def refused(self, message: str, *, cancelled: bool) -> None:
        """We answer it ourselves, with this error."""
        self._error = message
        self.outcome = self.outcome or (Outcome.CANCELLED.value if cancelled else REJECTED)
        if not self.granted_at:
            self._hold_body()

    def ended(self, model: str, metadata: Mapping[str, str]) -> None:
        """It is over, whatever the reason."""
        self.ended_at = self._recorder.clock.now()
        self.model = model
        self.metadata = metadata
        if not self.outcome:
            self.outcome = Outcome.CLIENT_GONE.value
        elif self.outcome == Outcome.OK and self.request.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            self.outcome = Outcome.UPSTREAM_ERROR.value  # it answered, but only that it can't
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

    def content_type(self, name: bytes) -> str:
        """A header of the answer, empty where there is none."""
        return self._header(name).decode("latin-1")

    def _header(self, name: bytes) -> bytes:
        head = self.request.response
        return b"" if head is None else find(head.headers, name) or b""

    def _make_reader(self) -> AnswerReader:
        keep = self._limit if self._endpoint.kept.response_body else 0
        if not self._succeeded:
            keep = MAX_ERROR_BODY
        encoding = self._header(b"content-encoding")
        return AnswerReader(self._header(b"content-type"), encoding, self.path, keep=keep)

    def figures(self) -> Figures:
        """What the answer says of its tokens. To be asked once, before what follows."""
        if self._single is None:
            return NOTHING
        if self._reader is None:
            head = self.request.response
            if head is not None and self._succeeded and not head.traits.is_encoded and not head.traits.is_event_stream:
                return figures_of_json(self._single, listed=self.path.startswith(b"/infill"))
            self._reader = self._make_reader()
            self._reader.take(self._single)
        figures = self._reader.finish()
        return figures if self._succeeded else NOTHING

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

    def captured(self, number: int) -> RawCapture:
        """What was said."""
        kept, head = self._endpoint.kept, self.request.response
        return RawCapture(
            id=number,
            req_path=unquote_to_bytes(self.path).decode("utf-8", "replace"),
            req_headers=self.request.headers,
            req_body=None if self._body is None or not kept.request_body else b"".join(self._body),
            resp_headers=None if head is None else head.headers,
            resp_body=self._answer_body() if self._succeeded and kept.response_body else None,
        )


def _between(begin: float, end: float) -> float:
    """Milliseconds; -1 where the end never came."""
    return round((end - begin) * 1000, 3) if end else -1.0


def _status_text(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return f"HTTP {status}"
