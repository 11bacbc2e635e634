"""The shape of an explanation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from modelyard.config.origins import Origin

NOT_YET = "not acted upon yet"
"""Noted beside what is read, checked and kept for what comes."""


class Fact(Struct, frozen=True, kw_only=True):
    """One value. A quiet one is of interest only to those who ask for everything."""

    key: str
    value: Any
    origins: tuple[Origin, ...] = ()
    note: str = ""
    quiet: bool = False


class Explanation(Struct, frozen=True, kw_only=True):
    """All that there is to say of a name."""

    asked: str
    kind: str
    """`model`, `selector` or `peer model`."""
    name: str
    """The id of the model, the name of the selector, or the qualified name of the peer's model."""
    summary: str
    sections: Mapping[str, Sequence[Fact]]
