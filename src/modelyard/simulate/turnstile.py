"""Strict order of arrival, as the baseline that everything else is compared with."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

from modelyard.core.commands import Command, Grant, Reject
from modelyard.core.events import Event, RequestArrived, RequestGone
from modelyard.core.model import RequestId


class Turnstile:
    """Stands before the scheduler and lets one waiting request through at a time: the next when it has been granted.

    So nobody overtakes, and nothing is served together that did not come together: A B A B costs four loads. Whoever
    stands before it is in nobody's queue, so `queueLimit` refuses none of them.
    """

    def __init__(self) -> None:
        self._outside: OrderedDict[RequestId, RequestArrived] = OrderedDict()
        self._inside: RequestId | None = None

    def take(self, event: Event) -> Event | None:
        """What the scheduler is to be told of this; None for nothing yet."""
        if isinstance(event, RequestGone):
            if self._outside.pop(event.request, None) is not None:
                return None
            if event.request == self._inside:
                self._inside = None
        if not isinstance(event, RequestArrived):
            return event
        self._outside[event.request] = event
        return self._next()

    def after(self, commands: Sequence[Command]) -> Event | None:
        """Who may come through, now that the scheduler has answered this."""
        for command in commands:
            if isinstance(command, Grant | Reject) and command.request == self._inside:
                self._inside = None
        return self._next()

    def _next(self) -> RequestArrived | None:
        if self._inside is not None or not self._outside:
            return None
        self._inside, event = self._outside.popitem(last=False)
        return event
