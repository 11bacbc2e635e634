"""Does a log show that a start goes on? Some loads take as long as they take: a download, a conversion (R1)."""

from __future__ import annotations

import re

REMEMBERED = 4096
"""Lines that are known again. One that comes back after as many others counts as new."""

_LINE_END = re.compile(rb"[\r\n]+")
LONGEST_LINE = 64 * 1024
"""Bytes of an unfinished line that are kept."""


class Progress:
    """Reads what a starting process prints, and counts the lines that are news.

    A line that was printed before is none: whoever tries the same thing for ever says the same for ever. Nor is one
    about our own probes, which many a server logs.
    """

    def __init__(self, probed_path: str) -> None:
        self.news = 0
        self._probed = probed_path.encode()
        self._seen: dict[bytes, None] = {}
        self._unfinished = b""

    def __repr__(self) -> str:
        return f"<Progress {self.news} new lines>"

    def take(self, data: bytes) -> bool:
        """Read on; whether there was news. A progress bar that is drawn over (by a carriage return) is one, too."""
        *lines, rest = _LINE_END.split(self._unfinished + data)
        self._unfinished = rest[-LONGEST_LINE:]
        news = sum(1 for line in lines if self._is_news(line))
        self.news += news
        return news > 0

    def _is_news(self, line: bytes) -> bool:
        if not line.strip() or (self._probed and b"GET" in line and self._probed in line) or line in self._seen:
            return False
        self._seen[line] = None
        if len(self._seen) > REMEMBERED:
            del self._seen[next(iter(self._seen))]
        return True
