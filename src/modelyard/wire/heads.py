"""Parsed heads, and how one is known again that comes anew with every message of a connection.

Clients and engines say the same with every message but its length. What such a head means is then known without
parsing it: it is compared with the bytes of the one before, all but the digits of its Content-Length.
"""

from __future__ import annotations

from modelyard.wire.headers import Header, response_head, survey

LONGEST = 4000
"""Bytes of a head that are worth keeping."""
MISSES = 4
"""After so many heads in a row that were not the one before, a connection's heads are not worth remembering."""
_LENGTH = b"\r\ncontent-length:"
_MAX_DIGITS = 12


class HeadPattern:
    """The bytes of a head with exactly one Content-Length, in which only the digits of the length may differ."""

    __slots__ = ("_after", "_after_size", "_before", "_digits_at", "_digits_until")

    def __init__(self, before: bytes, after: bytes) -> None:
        self._before = before
        self._after = after
        self._after_size = len(after)
        self._digits_at = len(before)
        self._digits_until = len(before) + _MAX_DIGITS + 1

    def __repr__(self) -> str:
        return f"<HeadPattern {self._before!r} … {self._after!r}>"

    @classmethod
    def of(cls, message: bytes, body_size: int, begin: bytes) -> HeadPattern | None:
        """The pattern of a message's head; None where it is none that could be known again.

        `message` is what one read brought. It must be a single message, from its first byte to its last: so it has to
        start with `begin`, as the parser understood it, and its first empty line must be followed by `body_size`
        bytes. Otherwise it might begin in the middle of a head, and another one that looks alike would be taken for
        something that nobody sent.
        """
        head = message[: len(message) - body_size]
        if not head.startswith(begin) or head.find(b"\r\n\r\n") != len(head) - 4 or len(head) > LONGEST:
            return None
        lower = head.lower()
        at = lower.find(_LENGTH)
        if at < 0 or lower.find(_LENGTH, at + 1) >= 0:
            return None
        at += len(_LENGTH)
        if head.startswith(b" ", at):
            at += 1
        end = head.index(b"\r\n", at)
        return cls(head[:at], head[end:]) if head[at:end] == b"%d" % body_size else None

    def body_of(self, message: bytes) -> bytes | None:
        """The body, if `message` is this head (of whatever length) and exactly the body that it announces."""
        if not message.startswith(self._before):
            return None
        end = message.find(b"\r", self._digits_at, self._digits_until)
        start = end + self._after_size
        # Where `end` is -1, what comes behind the digits can't match either.
        if message[self._digits_at : end] != b"%d" % (len(message) - start) or not message.startswith(self._after, end):
            return None
        return message[start:]


def _of_length(headers: list[Header], length: bytes) -> list[Header]:
    return [(lower, name, length if lower == b"content-length" else value) for lower, name, value in headers]


class RequestHead:
    """A request's head. The requests of a connection that differ in nothing but their length share what follows."""

    __slots__ = (
        "admission", "fields", "forwarded", "headers", "http10", "keep_alive", "logged", "method", "path", "query",
        "target",
    )  # fmt: skip

    def __init__(
        self, method: bytes, target: bytes, headers: list[Header], *, http10: bool = False, keep_alive: bool = True
    ) -> None:
        self.method = method
        self.target = target
        self.path, _, self.query = target.partition(b"?")
        self.headers = headers
        self.fields = {lower: value for lower, _, value in reversed(headers)}
        """The first value of each header, by lower-case name."""
        self.http10 = http10
        self.keep_alive = keep_alive
        self.forwarded: tuple[bytes, bytes] | None = None
        """A target, and the head that an upstream gets for it, but for its framing and its end."""
        self.logged: tuple[bytes, bytes] | None = None
        """What the request log says before the figures, and between them."""
        self.admission: object | None = None
        """What was found out about who asks, by whoever looks at keys."""

    def __repr__(self) -> str:
        return f"<RequestHead {self.method.decode()} {self.target.decode('latin-1')}>"

    def of_length(self, size: int) -> RequestHead:
        """The same head for a body of that size; the head must have a Content-Length."""
        length = b"%d" % size
        if self.fields[b"content-length"] == length:
            return self
        headers = _of_length(self.headers, length)
        other = RequestHead(self.method, self.target, headers, http10=self.http10, keep_alive=self.keep_alive)
        other.forwarded = self.forwarded
        other.logged = self.logged
        other.admission = self.admission
        return other

    def without(self, lower_names: frozenset[bytes]) -> RequestHead:
        """The same head, less some headers."""
        kept = [header for header in self.headers if header[0] not in lower_names]
        return RequestHead(self.method, self.target, kept, http10=self.http10, keep_alive=self.keep_alive)


class ResponseHead:
    """An answer's head."""

    __slots__ = ("headers", "reason", "status", "traits", "written")

    def __init__(self, status: int, reason: bytes, headers: list[Header]) -> None:
        self.status = status
        self.reason = reason
        self.headers = headers
        self.traits = survey(headers)
        self.written = b""
        """What `write` said; empty until then."""

    def __repr__(self) -> str:
        return f"<ResponseHead {self.status}>"

    def write(self) -> bytes:
        """Its bytes for a client who needs no other framing than the answer's own."""
        self.written = response_head(self.status, self.reason, self.headers, self.traits, b"")
        return self.written

    def of_length(self, size: int) -> ResponseHead:
        """The same head for a body of that size; the head must have a Content-Length."""
        length = b"%d" % size
        if self.traits.length == length:
            return self
        return ResponseHead(self.status, self.reason, _of_length(self.headers, length))
