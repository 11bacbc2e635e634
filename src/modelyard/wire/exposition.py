"""The text in which Prometheus reads figures, version 0.0.4.

Whole numbers are written as whole numbers, however large, as clients of llama-swap know them; Prometheus' own client
library would write the larger ones with an exponent.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

Labels = Mapping[str, str]
Kind = Literal["gauge", "counter", "histogram"]

_LABEL_ESCAPES = {ord("\\"): "\\\\", ord('"'): '\\"', ord("\n"): "\\n"}
_HELP_ESCAPES = {ord("\\"): "\\\\", ord("\n"): "\\n"}


class Family:
    """All figures of one name. Without a figure nothing is written, not even its name."""

    def __init__(self, name: str, kind: Kind, meaning: str) -> None:
        self.name = name
        self._head = f"# HELP {name} {meaning.translate(_HELP_ESCAPES)}\n# TYPE {name} {kind}\n"
        self._lines: list[str] = []

    def __repr__(self) -> str:
        return f"<Family {self.name} of {len(self._lines)}>"

    def add(self, value: float, labels: Labels = {}) -> None:  # noqa: B006 - a Mapping that nobody changes
        """One figure. Labels keep their order."""
        self._add(self.name, value, labels)

    def add_histogram(self, bounds: Sequence[float], counts: Sequence[int], total: float, labels: Labels) -> None:
        """How many were within each bound, and beyond the last one: one count more than bounds. `total` is their
        sum."""
        seen = 0
        for bound, count in zip((*bounds, float("inf")), counts, strict=True):
            seen += count
            self._add(f"{self.name}_bucket", seen, {**labels, "le": _number(bound)})
        self._add(f"{self.name}_sum", total, labels)
        self._add(f"{self.name}_count", seen, labels)

    def _add(self, name: str, value: float, labels: Labels) -> None:
        pairs = ",".join(f'{label}="{text.translate(_LABEL_ESCAPES)}"' for label, text in labels.items())
        self._lines.append(f"{name}{{{pairs}}} {_number(value)}\n" if pairs else f"{name} {_number(value)}\n")

    def text(self) -> str:
        """Its lines, below what they mean."""
        return self._head + "".join(self._lines) if self._lines else ""


def write(families: Iterable[Family]) -> bytes:
    """All of them, in their order."""
    return "".join(family.text() for family in families).encode()


def _number(value: float) -> str:
    if value == float("inf"):
        return "+Inf"
    return repr(value)
