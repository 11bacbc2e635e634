"""An exchange whose answer goes on with an event stream that its client reads already."""

from __future__ import annotations

from modelyard.runtime.http.exchange import Exchange
from modelyard.wire.heads import ResponseHead
from modelyard.wire.loading import answer_as_event

MAX_FOREIGN = 64 * 1024
"""Bytes of an answer that is no event stream: an error, as a rule."""


class JoinedExchange(Exchange):
    """The client was sent a head, and perhaps some events: what the upstream says has to fit behind them.

    Its events pass as they come. Any other answer becomes one event. A failure is an event of the route's dialect and
    a broken body, as always behind a head (R37, R38).
    """

    _speaks_events = True
    _answer: ResponseHead | None = None
    _foreign: bytes | None = None
    """An answer that is no event stream, as far as it has come."""

    @property
    def _has_answered(self) -> bool:
        return self._answer is not None

    def connect_failed(self, reason: str) -> None:
        """There is no connection to be had."""
        if not self._ended:
            self._break_off(reason)
        super().connect_failed(reason)

    def response_started(self, head: ResponseHead) -> None:
        """The upstream's head; its status and its headers can no longer be passed on."""
        self._answer = head
        if head.status != 200 or not head.traits.is_event_stream or head.traits.is_encoded:
            self._foreign = b""

    def response_body(self, data: bytes) -> None:
        """What one read brought of the body."""
        if self._foreign is not None:
            self._foreign = (self._foreign + data)[:MAX_FOREIGN]
        elif data:
            super().response_body(data)

    def response_ended(self, data: bytes) -> None:
        """The rest of the body: the answer is complete."""
        if self._foreign is not None and self._answer is not None:
            data = answer_as_event(self._answer.status, self._foreign + data, self._dialect)
        super().response_ended(data)

    def response_whole(self, head: ResponseHead, data: bytes) -> None:
        """All of the answer at once."""
        self.response_started(head)
        self.response_ended(data)
