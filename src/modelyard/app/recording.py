"""What is noted of a request while it is worked on (spec http 17.1): the tap of its exchange.

Noting costs a few stores, and of an event of a stream an entry in a list. What has ended is looked at when the loop
comes round again, after the answer has been handed to the socket: nobody waits for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import TYPE_CHECKING

from modelyard.runtime.http.exchange import Outcome
from modelyard.runtime.http.request import Request
from modelyard.runtime.records.captures import RawCapture
from modelyard.wire.answers import Allowance, AnswerReader, figures_of_json
from modelyard.wire.endpoints import Endpoint
from modelyard.wire.headers import find
from modelyard.wire.usage import NOTHING, Figures, brings_a_token, error_message, shortened

if TYPE_CHECKING:
    from modelyard.app.recorder import Recorder

REJECTED = "rejected"
"""The outcome of a request that was forwarded to nobody."""
_SERVER_ERROR = 500
MAX_ERROR_BODY = 64 * 1024
"""Bytes of a failed answer in which its message is looked for."""
LOT = 16 * 1024
"""Bytes of an answer that are held before they are looked at."""
TOKENLESS = 50
"""Pieces of a stream after which no first token is expected any more."""


class Recording:
    """One request that is worked on, as far as it is recorded."""

    # Defaults of the class: most requests are done with a few of these.
    _body: list[bytes] | None = None
    _body_size = 0
    _too_large = False
    """Whether its body is more than may be captured."""
    _reader: AnswerReader | None = None
    _whole: bytes | None = None
    """The answer, if it was plain and short enough to be read in one go."""
    _looked_at = 0
    """How much of the answer had been sent when the reader last got what was heard."""
    _awaits_token = False
    _tokenless = 0
    model = ""
    caller = ""
    """The name of the key that was shown."""
    metadata: Mapping[str, str] = MappingProxyType({})
    outcome: str = ""
    """How its exchange ended; empty while it has not, or where there is none."""
    reason = ""
    """Why it ended so."""
    captures = True
    """Whether its key lets what is said be captured."""
    at_once = False
    """Whether it was forwarded without any wait."""
    was_local = False
    """Whether it reached a model of ours."""
    granted_at = 0.0
    """When it was forwarded; 0 where it was not. All times are those of the clock."""
    first_byte_at = 0.0
    first_token_at = 0.0
    ended_at = 0.0

    def __init__(self, recorder: Recorder, request: Request, requested: str, endpoint: Endpoint, target: bytes) -> None:
        """It is about to be forwarded, or refused: its body, which is gone when the answer is complete, is held.

        `target` is what the engine is asked for.
        """
        self._recorder = recorder
        self._endpoint = endpoint
        self._limit = limit = recorder.records.captures.limit
        self.request = request
        self.requested = requested
        self.path = target.partition(b"?")[0] if b"?" in target else target
        """What the engine is asked for, without the query."""
        self.heard: list[bytes] = []
        body = request.body
        size = body.size
        if limit and endpoint.kept.request_body:
            if size > limit:
                self._too_large = True
            else:
                self._body = body.parts if body.complete and body.parts else list(body.pieces())
                self._body_size = size

    def __repr__(self) -> str:
        return f"<Recording of {self.request!r}>"

    # ---------------------------------------------------------------- while it is worked on

    def request_data(self, data: bytes) -> None:
        """More of the client's body, live."""
        if self._body is not None:
            self._body_size += len(data)
            if self._body_size > self._limit:
                self._drop_body()
            else:
                self._body.append(data)

    def listen(self) -> int:
        """Note when the first byte and the first token came; later, hand what was heard to the reader, in lots."""
        if not self.first_byte_at:
            self._hear_first(self._recorder.clock.now())
        elif self._awaits_token:
            self._look_for_token(self._recorder.clock.now())
        sent = self.request.body_bytes_sent
        if sent - self._looked_at >= LOT:
            self._looked_at = sent
            self._read()
        return 0 if self._awaits_token else self._looked_at + LOT

    def _hear_first(self, now: float) -> None:
        self.first_byte_at = now
        head = self.request.response
        if head is not None and head.traits.is_event_stream and not head.traits.is_encoded:
            self._awaits_token = True
            self._look_for_token(now)

    def _look_for_token(self, now: float) -> None:
        if brings_a_token(self.heard[-1]):
            self.first_token_at = now
            self._awaits_token = False
        else:
            self._tokenless += 1
            self._awaits_token = self._tokenless < TOKENLESS

    def _read(self) -> None:
        reader = self._reader
        if reader is None:
            reader = self._reader = self._make_reader()
        reader.take(b"".join(self.heard))
        self.heard.clear()

    def refused(self, message: str, *, cancelled: bool) -> None:
        """We answer it ourselves, with this error."""
        self.reason = message
        self.outcome = self.outcome or (Outcome.CANCELLED if cancelled else REJECTED)

    def ended(self, model: str, metadata: Mapping[str, str], caller: str) -> None:
        """It is over, whatever the reason."""
        self.ended_at = self._recorder.clock.now()
        if self.heard and not self.first_byte_at:  # all of the answer has come at once
            self._hear_first(self.ended_at)
        self.model = model
        self.metadata = metadata
        self.caller = caller
        if not self.outcome:
            self.outcome = Outcome.CLIENT_GONE
        elif self.request.status >= _SERVER_ERROR and self.outcome == Outcome.OK:
            self.outcome = Outcome.UPSTREAM_ERROR  # it answered, but only that it can't
        self._recorder.note(self)

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
    def _is_plain(self) -> bool:
        """Whether its answer is a success that can be read as it is, and in one go."""
        head = self.request.response
        if head is None or not 200 <= head.status < 300:
            return False
        return not (head.traits.is_encoded or head.traits.is_event_stream)

    def _header(self, name: bytes) -> bytes:
        head = self.request.response
        return b"" if head is None else find(head.headers, name) or b""

    def _make_reader(self) -> AnswerReader:
        keep = self._limit if self._endpoint.kept.response_body else 0
        allowance: Allowance | None = self._recorder.records.captures.unfinished
        if not self._succeeded:
            keep, allowance = MAX_ERROR_BODY, None  # its message is wanted, whatever is captured
        encoding = self._header(b"content-encoding")
        return AnswerReader(self._header(b"content-type"), encoding, self.path, keep=keep, allowance=allowance)

    def figures(self) -> Figures:
        """Read the answer to its end: what it says of its tokens. Asked once, before what follows."""
        if self._reader is None:
            if not self.heard:
                return NOTHING
            if self._is_plain:
                whole = self._whole = self.heard[0] if len(self.heard) == 1 else b"".join(self.heard)
                return figures_of_json(whole, listed=self.path.startswith(b"/infill"))
        if self.heard:
            self._read()
        assert self._reader is not None
        figures = self._reader.finish()
        return figures if self._succeeded else NOTHING

    def error_message(self) -> str:
        """Why it failed, in words; empty where it did not (spec http 17.3)."""
        if self.outcome == Outcome.OK and self._whole is not None:
            return ""
        failure = "" if self._reader is None else self._reader.failure
        if self.reason and self.outcome != Outcome.CLIENT_GONE:
            return shortened(self.reason)
        if self._succeeded:
            return failure
        if failure:
            return failure.replace("decompression", "decode")
        return error_message(self._answer_body() or b"") or _status_text(self.status)

    def _answer_body(self) -> bytes | None:
        """The decoded answer, where it was kept."""
        return self._whole if self._reader is None else self._reader.body

    def capture(self, number: int) -> RawCapture | None:
        """What was said; `number` is that of its row.

        None for what is too large, and where a success has no body, or none that can be read (spec http 18).
        """
        reader, request, kept = self._reader, self.request, self._endpoint.kept
        if self._too_large or (reader is not None and reader.kept_too_little):
            return None
        answer = self._whole
        if answer is None and self._succeeded:
            if reader is None or reader.failure:
                return None
            answer = reader.body
        if not kept.response_body:
            answer = None
        head = request.response
        return RawCapture(
            number,
            self._body_size + request.body_bytes_sent,
            self.path,
            request.headers,
            self._body if kept.request_body else None,
            None if head is None else head.headers,
            answer,
        )


def _status_text(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return f"HTTP {status}"
