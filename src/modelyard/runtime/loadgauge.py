"""How far has a model loaded? Some engines say so while they start (ours).

llama.cpp prints a dot for each percent that it has read, on a line of their own. vLLM, SGLang, Transformers and MLX
draw bars with a percentage, for the parts of a checkpoint or of a download. stable-diffusion.cpp counts tensors.
"""

from __future__ import annotations

import re

_LINE_END = re.compile(rb"[\r\n]+")
_PERCENT = re.compile(
    rb"(?:load|fetch|download)[^%]{0,160}(?::|\xe2\x94\x81|\xe2\x95\xb8)[ \t]+([0-9]{1,3})%", re.IGNORECASE
)
"""`Loading safetensors checkpoint shards:  45% Completed | 5/11`, `Loading model modules ━━━━━ 45% 12/33`."""
_COUNT = re.compile(rb"\|[=> ]*\|[ \t]+([0-9]{1,7})/([0-9]{1,7})\b")
"""`  |==========>          | 210/1131 - 500.00it/s`."""
_DOTS = re.compile(rb"\.{3,}")
_ALL_DOTS = 100
LONGEST_LINE = 1024
"""Bytes of an unfinished line that are kept."""


class LoadGauge:
    """Reads what a starting process prints."""

    def __init__(self) -> None:
        self.share: float | None = None
        """From 0 to 1, in whole percents, of what the engine loads now; None as long as it has said nothing.

        It may fall: a download is followed by a load.
        """
        self._unfinished = b""

    def __repr__(self) -> str:
        return f"<LoadGauge {self.share}>"

    def take(self, data: bytes) -> bool:
        """Read on; whether the share is another one now."""
        before = self.share
        *lines, rest = _LINE_END.split(self._unfinished + data)
        self._unfinished = rest[-LONGEST_LINE:]
        for line in lines:
            self._look_at(line, is_whole=True)
        self._look_at(rest, is_whole=False)
        return self.share != before

    def _look_at(self, line: bytes, *, is_whole: bool) -> None:
        if _DOTS.fullmatch(line):
            self.share = 1.0 if is_whole else min(len(line), _ALL_DOTS - 1) / _ALL_DOTS
        elif (percent := _PERCENT.search(line)) is not None:
            self.share = min(int(percent[1]), 100) / 100
        elif (count := _COUNT.search(line)) is not None and int(count[2]):
            self.share = min(100, 100 * int(count[1]) // int(count[2])) / 100
