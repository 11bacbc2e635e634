"""Server-sent events, as far as they say something of tokens (WHATWG HTML section 9.2).

Events are told apart and decoded only where one of the markers is in them. An event may have several `data` lines,
which belong together; lines end in LF, CRLF or CR. Some engines forget the empty line between events, and then every
line is looked at by itself (spec http 17.2).
"""

from __future__ import annotations

from modelyard.wire.usage import MARKERS, Figures, Tally, said_in

MAX_EVENT = 4 << 20
"""Bytes of an event, about; a longer one is not looked at, and not kept."""
_END = b"\n\n"


class EventScanner:
    """Looks through a stream of events."""

    def __init__(self) -> None:
        self._tally = Tally()
        self._parts: list[bytes] = []
        self._size = 0
        self._looked = 0
        """Bytes at the beginning of the parts in which no event ends."""
        self._after_cr = False
        self._skipping = False
        """Whether we are in the midst of an event that is too long."""

    def __repr__(self) -> str:
        return f"<EventScanner {self._tally!r}>"

    def feed(self, data: bytes) -> None:
        """More of the stream."""
        data = self._with_plain_ends(data)
        self._parts.append(data)
        self._size += len(data)
        if self._size < 2 * self._looked:
            return  # in the midst of a long event: what is joined at each look doubles
        whole = b"".join(self._parts)
        cut = whole.rfind(_END) + len(_END)
        if cut < len(_END):
            self._keep(whole)
        else:
            self._scan(whole[:cut])
            self._keep(whole[cut:])

    def figures(self) -> Figures:
        """What was found; what stands behind the last empty line counts as an event."""
        self._scan(b"".join(self._parts))
        self._keep(b"")
        return self._tally.figures()

    def _keep(self, rest: bytes) -> None:
        if len(rest) > MAX_EVENT:
            self._skipping = True
            rest = rest[-1:]  # it may be the first half of an empty line
        self._parts = [rest] if rest else []
        self._size = self._looked = len(rest)

    def _with_plain_ends(self, data: bytes) -> bytes:
        """LF for CRLF and CR: in JSON none of them stands unescaped."""
        if self._after_cr and data.startswith(b"\n"):
            data = data[1:]
            self._after_cr = False
        if data:
            self._after_cr = data.endswith(b"\r")
        return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if b"\r" in data else data

    def _scan(self, text: bytes) -> None:
        """Whole events, in their order."""
        at = 0
        if self._skipping:
            at = text.find(_END)
            if at < 0:
                return
            self._skipping = False
        # Most texts have none of them, and looking from the end costs half as much.
        places = {marker: text.find(marker, at) for marker in MARKERS if text.rfind(marker, at) >= 0}
        while True:
            for marker, place in places.items():
                if 0 <= place < at:
                    places[marker] = text.find(marker, at)
            found = [(place, marker) for marker, place in places.items() if place >= 0]
            if not found:
                return
            place, marker = min(found)
            if text.startswith((b":null", b": null"), place + len(marker)):
                at = place + len(marker)  # as in every chunk of a stream whose last one has the figures
                continue
            begin = max(text.rfind(_END, 0, place), 0)
            end = text.find(_END, place)
            at = len(text) if end < 0 else end
            if at - begin <= MAX_EVENT:
                self._event(text[begin:at])

    def _event(self, text: bytes) -> None:
        lines = [_value(line) for line in text.split(b"\n") if line.startswith(b"data:")]
        if not self._add(b"\n".join(lines)) and len(lines) > 1:
            for line in lines:
                self._add(line)

    def _add(self, text: bytes) -> bool:
        said = said_in(text)
        if said is None:
            return False
        self._tally.add(said, nested=True)
        return True


def _value(line: bytes) -> bytes:
    return line[6:] if line.startswith(b"data: ") else line[5:]
