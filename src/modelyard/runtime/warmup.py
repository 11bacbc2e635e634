"""The request that warms a model up: sent once its check passes, before the model counts as ready (R2).

A check may pass before the weights are where they are computed with, and the first real answer takes kernels, caches
and graphs that no check asks for. What the engine says to the request is told and changes nothing: a model that is
healthy stays (R8).
"""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass

import httptools

from modelyard.runtime.health import ProbeTarget, in_words
from modelyard.runtime.plainhttp import exchange_with

RETRY_SECONDS = 0.1

LOADING = 503
"""What an engine says that loads although its check has passed. Asked again, like one that does not listen yet."""


@dataclass(frozen=True, slots=True)
class WarmUp:
    """What is sent, and for how many seconds it is waited for."""

    path: str
    body: bytes | None = None
    """JSON, sent by POST; without it the path is asked for by GET."""
    seconds: float = 60.0


class WarmingUp:
    """One warm-up of one engine."""

    def __init__(self, target: ProbeTarget, request: WarmUp) -> None:
        """`target` has the path of the request."""
        self._target = target
        self._request = request
        self._tls = ssl.create_default_context() if target.scheme == "https" else None
        self.outcome = "no answer"
        """What came of it so far, in words: `status 200`, or why there is no whole answer."""

    def __repr__(self) -> str:
        return f"<WarmingUp by {self._target}: {self.outcome}>"

    @property
    def succeeded(self) -> bool:
        """Whether the engine has answered with a status of success, and its answer was whole."""
        return self.outcome.startswith("status 2")

    async def wait_done(self) -> None:
        """Return once the engine has answered, or the time is up. Raises nothing."""
        try:
            async with asyncio.timeout(self._request.seconds):
                while not await self._has_answered():
                    await asyncio.sleep(RETRY_SECONDS)
        except TimeoutError:
            self.outcome = f"no answer within {self._request.seconds:g}s ({self.outcome})"

    async def _has_answered(self) -> bool:
        """Ask once. False where asking again may help."""
        words = []
        for address in self._target.addresses:
            try:
                status = await self._status(address)
            except (ValueError, httptools.HttpParserError):
                self.outcome = "an answer that is not HTTP"
                return True
            except (OSError, EOFError) as error:
                words.append(in_words(error))
            else:
                self.outcome = f"status {status}"
                return status != LOADING
        self.outcome = words[0]
        return False

    async def _status(self, address: str) -> int:
        """The status of an answer that was read to its end: an engine may break off what nobody reads any more."""
        request = self._head() + (self._request.body or b"")
        return (await exchange_with(self._target, address, request, self._tls)).status

    def _head(self) -> bytes:
        target, body = self._target, self._request.body
        framing = "" if body is None else f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        return (
            f"{'GET' if body is None else 'POST'} {target.path} HTTP/1.1\r\nHost: {target.authority}\r\n"
            f"User-Agent: modelyard\r\nAccept: */*\r\n{framing}Connection: close\r\n\r\n"
        ).encode("ascii", "replace")
