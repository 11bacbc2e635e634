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

RETRY_SECONDS = 0.1
READ_SIZE = 64 * 1024

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
        target = self._target
        server_name = target.host if self._tls is not None else None
        reader, writer = await asyncio.open_connection(address, target.port, ssl=self._tls, server_hostname=server_name)
        try:
            writer.write(self._head() + (self._request.body or b""))
            answer = _Answer()
            while not answer.is_whole:
                if not (data := await reader.read(READ_SIZE)):
                    answer.ended()
                    break
                answer.take(data)
            return answer.status
        finally:
            writer.close()

    def _head(self) -> bytes:
        target, body = self._target, self._request.body
        framing = "" if body is None else f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        return (
            f"{'GET' if body is None else 'POST'} {target.path} HTTP/1.1\r\nHost: {target.authority}\r\n"
            f"User-Agent: modelyard\r\nAccept: */*\r\n{framing}Connection: close\r\n\r\n"
        ).encode("ascii", "replace")


class _Answer:
    """The status of an answer, and whether all of it is there. Interim ones do not count."""

    def __init__(self) -> None:
        self.status = 0
        self.is_whole = False
        self._parser = httptools.HttpResponseParser(self)

    def take(self, data: bytes) -> None:
        """Read on. Raises `HttpParserError` where this is no HTTP."""
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            if not self.is_whole:  # what comes behind the answer is nothing to us
                raise

    def ended(self) -> None:
        """The connection has ended. Raises EOFError where the answer needed more."""
        if not self.status or self._declares_its_end:
            raise EOFError("connection closed before the end of the answer")

    # What the parser calls

    _declares_its_end = False

    def on_header(self, name: bytes, _value: bytes) -> None:
        """Note whether the answer ends by itself or with its connection."""
        self._declares_its_end |= name.lower() in (b"content-length", b"transfer-encoding")

    def on_headers_complete(self) -> None:
        """Note the status."""
        status = self._parser.get_status_code()
        self.status = status if status >= 200 else 0

    def on_message_complete(self) -> None:
        """Note the end of what is no interim answer."""
        self.is_whole = self.status != 0
