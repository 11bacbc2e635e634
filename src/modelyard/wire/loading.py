"""What a streaming client is told while its model loads: words in the form of the answer's own events (spec http 19).

The words come as reasoning, in small pieces as if somebody typed them; clients show them and then forget them. What
an engine says behind them that is no event is made one, since the client reads nothing else any more.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from modelyard.wire.endpoints import Dialect
from modelyard.wire.errors import HttpError, event

RULE = "━━━━━"
"""Stands before and behind the words: programs cut there."""
TICK = 0.75
"""Seconds between two signs of life."""
REMARK_EVERY = (5, 9)
"""Whole seconds from one remark, or from a position in the queue, to the next remark: from, to."""
HEARTBEAT = b": waiting\n\n"
"""A comment: keeps what is in between from closing the connection, and is nothing to who reads events."""
_PIECE = 5
_BYTES_PER_SECOND = 75

REMARKS = (
    "Carrying the weights up from the cellar",
    "Counting layers; there are always more than on the box",
    "Asking the disk nicely",
    "Warming up the matrix multipliers",
    "Unrolling the long carpet of attention",
    "Looking for the other half of the checkpoint",
    "Teaching silicon to think, page by page",
    "Sweeping the memory clean first",
    "Putting the tokens in alphabetical order, then back",
    "The model is tying its shoes",
    "Polishing the logits",
    "Waiting for the fans to find their pitch",
    "Reading the manual; it is mostly numbers",
    "Moving tensors by wheelbarrow",
    "Good answers are worth a queue",
    "Whoever said instant never met a 70B",
    "Adjusting the temperature to room temperature",
    "Stacking experts in the mixture",
    "The previous tenant is still packing",
    "Checking behind the sofa for spare gigabytes",
    "Brewing context",
    "Stretching before the heavy lifting",
    "Sharding responsibly",
    "Untangling the residual stream",
    "Almost there, for generous values of almost",
    "Rehearsing the first token",
    "Explaining to the bus that it is not the bottleneck",
    "Finding a comfortable chair for every parameter",
    "Making room on the shelf",
    "Feeding the cache",
    "Rounding to the nearest four bits",
    "Rotating the embeddings, clockwise this time",
    "The weights send their regards; they are on their way",
    "Nobody has ever regretted a short coffee break",
    "Convincing the page cache to remember",
    "Switching on the lights in all the layers",
    "Listening for the hum",
    "Folding the laundry of the last conversation",
    "Spinning up; mind the gap",
    "Loading the part that knows about loading",
)
"""Our own."""


def frame(text: str) -> bytes:
    """One event that says `text` as reasoning. `<`, `>` and `&` are escaped, as clients have always seen them."""
    quoted = msgspec.json.encode(text)
    for character in (b"<", b">", b"&"):
        quoted = quoted.replace(character, b"\\u%04x" % ord(character))
    return b'data: {"choices":[{"delta":{"reasoning_content":%b}}]}\n\n' % quoted


def pause_after(piece: str) -> float:
    """Seconds until the next piece is typed."""
    return len(piece.encode()) / _BYTES_PER_SECOND


def _pieces(*texts: str) -> Iterator[str]:
    for text in texts:
        for start in range(0, len(text), _PIECE):
            yield text[start : start + _PIECE]


def opening(model: str) -> list[str]:
    """The first words, in pieces."""
    return list(_pieces(RULE, "\n", f"modelyard loading model: {model}", "\n"))


def remark(text: str) -> list[str]:
    """A line of its own, in pieces."""
    return list(_pieces("\n", text, " "))


def position(place: int) -> list[str]:
    """The place in the queue (1 = next), in pieces."""
    return remark(f"Queue position: #{place}")


def progress(share: float) -> list[str]:
    """How much is loaded (from 0 to 1), in pieces, behind whatever was said."""
    return list(_pieces(f" {share:.0%} "))


def closing(seconds: float) -> list[str]:
    """The last words, in pieces; `seconds` is how long it took."""
    return list(_pieces("\n", f"Done! ({seconds:.2f}s)", "\n", RULE, "\n", " ", "\n"))


def answer_as_event(status: int, body: bytes, dialect: Dialect) -> bytes:
    """An engine's answer that is no event stream, as one event of the stream that the client reads instead.

    JSON stays what it is, on one line. Of anything else the status is told.
    """
    try:
        line = msgspec.json.format(body, indent=-1)
    except msgspec.MsgspecError:
        return event(HttpError(502, f"upstream error: it answered {status}, and no event stream"), dialect)
    kind = b"event: error\n" if dialect is Dialect.ANTHROPIC and status >= 400 else b""
    return b"%bdata: %b\n\n" % (kind, line)
