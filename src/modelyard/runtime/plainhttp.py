"""One request to an engine by ourselves, and its answer: for what is asked seldom and belongs to no client."""

from __future__ import annotations

import asyncio
import ssl

import httptools

from modelyard.runtime.health import ProbeTarget

READ_SIZE = 64 * 1024


async def exchange_with(
    target: ProbeTarget, address: str, request: bytes, tls: ssl.SSLContext | None, *, keep: int = 0
) -> Answer:
    """Send a request on a connection of its own, and read the answer to its end: an engine may break off what nobody
    reads any more. Of its body, `keep` bytes are kept at most.

    Raises OSError, EOFError, ValueError and httptools.HttpParserError.
    """
    server_name = target.host if tls is not None else None
    reader, writer = await asyncio.open_connection(address, target.port, ssl=tls, server_hostname=server_name)
    try:
        writer.write(request)
        answer = Answer(keep)
        while not answer.is_whole:
            if not (data := await reader.read(READ_SIZE)):
                answer.ended()
                break
            answer.take(data)
        return answer
    finally:
        writer.close()


class Answer:
    """An answer as it comes: its status, its body, and whether all of it is there. Interim ones do not count."""

    def __init__(self, keep: int = 0) -> None:
        self.status = 0
        self.is_whole = False
        self.body = bytearray()
        """What was kept of it."""
        self.is_cut = False
        """Whether there was more of it than is kept."""
        self._keep = keep
        self._parser = httptools.HttpResponseParser(self)

    def __repr__(self) -> str:
        return f"<Answer {self.status}, {len(self.body)} bytes kept{', whole' * self.is_whole}>"

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

    def on_body(self, data: bytes) -> None:
        """Keep what there is room for."""
        room = self._keep - len(self.body)
        self.body += data[:room]
        self.is_cut |= len(data) > room
