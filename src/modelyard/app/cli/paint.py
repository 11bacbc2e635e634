"""Colours for a terminal, none for anything else."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TextIO

_PLAIN = "\x1b[0m"


@dataclass(frozen=True, slots=True)
class Paint:
    """Paints texts, or leaves them as they are."""

    on: bool

    def bold(self, text: str) -> str:
        """What a reader looks for first."""
        return self._in("\x1b[1m", text)

    def dim(self, text: str) -> str:
        """What a reader may skip."""
        return self._in("\x1b[2m", text)

    def yellow(self, text: str) -> str:
        """A warning."""
        return self._in("\x1b[33m", text)

    def red(self, text: str) -> str:
        """A mistake."""
        return self._in("\x1b[31m", text)

    def _in(self, color: str, text: str) -> str:
        return f"{color}{text}{_PLAIN}" if self.on and text else text


def paint_for(stream: TextIO) -> Paint:
    """Paint for a stream: only for a terminal, and not where NO_COLOR is set to anything."""
    return Paint(stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb")
