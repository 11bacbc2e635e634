"""A WebSocket that sends back what it is sent (RFC 6455, as far as an echo needs it)."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable

from modelyard.demo.exchange import Request

PATH = "/ws"
_ACCEPT_SUFFIX = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455 section 1.3
_FIN, _MASKED = 0x80, 0x80
_CLOSE, _PING, _PONG = 0x8, 0x9, 0xA


def is_handshake(request: Request) -> bool:
    """Whether the request asks for the echo."""
    return request.path == PATH and request.header("upgrade").lower() == "websocket"


def handshake_answer(request: Request) -> bytes:
    """The bytes that switch protocols (RFC 6455 section 4.2.2)."""
    import hashlib  # here, since it loads OpenSSL, which an engine that echoes nothing need not wait for

    key = request.header("sec-websocket-key").encode("latin-1")
    accept = base64.b64encode(hashlib.sha1(key + _ACCEPT_SUFFIX, usedforsecurity=False).digest())
    return (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n"
    )


class Echo:
    """Sends every frame back unmasked, pings as pongs; a close frame is answered and ends the connection."""

    def __init__(self, transport: asyncio.Transport, on_end: Callable[[bool], None]) -> None:
        """`on_end` is told, once, whether the connection ended without a close frame."""
        self._transport = transport
        self._on_end = on_end
        self._buffer = bytearray()
        self._was_closed = False

    def feed(self, data: bytes) -> None:
        """Take bytes from the client."""
        self._buffer += data
        while not self._was_closed and (frame := self._take_frame()) is not None:
            first, payload = frame
            opcode = first & 0x0F
            if opcode == _PING:
                first = _FIN | _PONG
            elif opcode == _PONG:
                continue
            self._transport.write(_head(first, len(payload)) + payload)
            if opcode == _CLOSE:
                self._was_closed = True
                self._transport.close()

    def ended(self) -> None:
        """The connection is gone."""
        self._on_end(not self._was_closed)

    def _take_frame(self) -> tuple[int, bytes] | None:
        """The first byte and the unmasked payload of the next frame, once all of it is there."""
        buffer = self._buffer
        if len(buffer) < 2:
            return None
        length, start = buffer[1] & 0x7F, 2
        if length >= 126:
            start = 4 if length == 126 else 10
            if len(buffer) < start:
                return None
            length = int.from_bytes(buffer[2:start], "big")
        mask_length = 4 if buffer[1] & _MASKED else 0
        end = start + mask_length + length
        if len(buffer) < end:
            return None
        mask, payload = buffer[start : start + mask_length], bytes(buffer[start + mask_length : end])
        first = buffer[0]
        del buffer[:end]
        return first, _unmask(payload, bytes(mask))


def _unmask(payload: bytes, mask: bytes) -> bytes:
    if not mask or not payload:
        return payload
    repeated = mask * (len(payload) // 4 + 1)
    return (int.from_bytes(payload, "big") ^ int.from_bytes(repeated[: len(payload)], "big")).to_bytes(
        len(payload), "big"
    )


def _head(first: int, length: int) -> bytes:
    if length < 126:
        return bytes((first, length))
    if length < 1 << 16:
        return bytes((first, 126)) + length.to_bytes(2, "big")
    return bytes((first, 127)) + length.to_bytes(8, "big")
