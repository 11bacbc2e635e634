"""Reading an answer beside the client: piece by piece as it passes, for the figures in it and nothing else.

How an answer is cut into pieces makes no difference to what is found, but to what it costs: whether something is in
many kilobytes is a search in C, and asking it of every event would not be. So whoever feeds a reader gathers first.
"""

from __future__ import annotations

from typing import Protocol

from modelyard.wire.events import EventScanner
from modelyard.wire.members import MemberScanner
from modelyard.wire.unpacking import Unpacker, UnpackingError, unpacker_of
from modelyard.wire.usage import MARKERS, NOTHING, Figures, Said, Tally, plain_figures, said_in, said_last_in

SHORT = 64 * 1024
"""Bytes of a JSON text that are decoded in one go."""
MAX_LISTED = 4 << 20
"""Bytes of a JSON text that may be a list; a longer one is not looked at."""
EVENT_STREAM = b"text/event-stream"


class Scanner(Protocol):
    """Looks for what an answer says of its tokens."""

    def feed(self, data: bytes) -> None:
        """More of the answer, decoded."""
        ...

    def figures(self) -> Figures:
        """What was found; the answer is complete."""
        ...


class JsonScanner:
    """One JSON text. A short one is decoded when it is complete, a long one scanned on the way."""

    def __init__(self, *, listed: bool = False) -> None:
        """`listed`: it may be a list, whose last element counts (`/infill`)."""
        self._listed = listed
        self._parts: list[bytes] = []
        self._size = 0
        self._members: MemberScanner | None = None

    def feed(self, data: bytes) -> None:
        """More of the text."""
        if self._members is not None:
            self._members.feed(data)
            return
        self._size += len(data)
        self._parts.append(data)
        if self._listed:
            if self._size > MAX_LISTED:
                self._parts = []
        elif self._size > SHORT:
            self._members = MemberScanner((b"usage", b"timings", b"metrics"))
            for part in self._parts:
                self._members.feed(part)
            self._parts = []

    def figures(self) -> Figures:
        """What it says, if it is complete and JSON."""
        return _figures_of(self._said())

    def _said(self) -> Said | None:
        if self._members is not None:
            found = self._members.found()
            return None if not found else said_in(b"{%b}" % b",".join(b'"%b":%b' % item for item in found.items()))
        text = b"".join(self._parts)
        return said_last_in(text) if self._listed else said_in(text)


class Allowance:
    """What answers that are not complete may keep of their texts, all of them together (bytes)."""

    __slots__ = ("limit", "used")

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.used = 0

    def __repr__(self) -> str:
        return f"<Allowance {self.used} of {self.limit} bytes used>"

    def grant(self, size: int) -> bool:
        """So many more, if there is room for them."""
        if self.used + size > self.limit:
            return False
        self.used += size
        return True

    def take_back(self, size: int) -> None:
        """So many are kept no longer, or are somebody else's concern."""
        self.used -= size


class AnswerReader:
    """One answer: undoes its content coding, hands it to who looks, and keeps the text where that is wanted."""

    __slots__ = (
        "_allowance",
        "_granted",
        "_keep",
        "_kept",
        "_scanner",
        "_unpacker",
        "failure",
        "kept_too_little",
        "size",
    )

    def __init__(
        self,
        content_type: bytes,
        content_encoding: bytes,
        path: bytes,
        *,
        keep: int = 0,
        allowance: Allowance | None = None,
    ) -> None:
        """`keep`: up to how many bytes the decoded answer is kept, as long as `allowance` grants them."""
        self._scanner: Scanner
        if EVENT_STREAM in content_type:
            self._scanner = EventScanner()
        else:
            self._scanner = JsonScanner(listed=path.startswith(b"/infill"))
        self._unpacker: Unpacker | None = unpacker_of(content_encoding) if content_encoding else None
        self._keep = keep
        self._allowance = allowance or Allowance(keep)
        self._kept: list[bytes] = []
        self._granted = 0
        self.kept_too_little = False
        """Whether the answer was to be kept, and there was no room for it."""
        self.size = 0
        """Bytes that were taken, as they came."""
        self.failure = ""
        """Why the answer could not be decoded, if so."""

    def __repr__(self) -> str:
        return f"<AnswerReader of {self.size} bytes>"

    def take(self, data: bytes) -> None:
        """More of the answer, as it came."""
        self.size += len(data)
        if self.failure:
            return
        try:
            if self._unpacker is None:
                self._see(data)
            else:
                for piece in self._unpacker.unpack(data):
                    self._see(piece)
        except UnpackingError as error:
            self._fail(error)

    def finish(self) -> Figures:
        """The answer has ended, as it should or not: what it said. What was kept of it is the caller's concern now."""
        if self._unpacker is not None and not self.failure:
            try:
                self._unpacker.finish()
            except UnpackingError as error:
                self._fail(error)
        self._give_back()
        return NOTHING if self.failure else self._scanner.figures()

    @property
    def body(self) -> bytes | None:
        """The decoded answer as it was kept; None where it was not, or was too long."""
        return None if self.kept_too_little or self.failure else b"".join(self._kept)

    def _see(self, data: bytes) -> None:
        self._scanner.feed(data)
        if self._keep and not self.kept_too_little:
            size = len(data)
            if self._granted + size <= self._keep and self._allowance.grant(size):
                self._kept.append(data)
                self._granted += size
            else:
                self.kept_too_little = True
                self._forget()

    def _fail(self, error: UnpackingError) -> None:
        self.failure = f"response decompression failed: {error}"
        self._forget()

    def _forget(self) -> None:
        self._kept.clear()
        self._give_back()

    def _give_back(self) -> None:
        self._allowance.take_back(self._granted)
        self._granted = 0


def figures_of_json(text: bytes, *, listed: bool = False) -> Figures:
    """What a whole JSON text says; the same as `AnswerReader` would find, for answers that come in one piece."""
    if not listed and len(text) <= SHORT and (figures := plain_figures(text)) is not None:
        return figures
    if not any(marker in text for marker in MARKERS):
        return NOTHING
    scanner = JsonScanner(listed=listed)
    scanner.feed(text)
    return scanner.figures()


def _figures_of(said: Said | None) -> Figures:
    if said is None:
        return NOTHING
    tally = Tally()
    tally.add(said, nested=False)
    return tally.figures()
