"""The shape of an explanation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct

from modelyard.config.origins import DEFAULT, Origin, Origins

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


def plain_facts(
    values: Mapping[str, Any], defaults: Mapping[str, Any], origins: Origins, path: tuple[str, ...]
) -> Iterator[Fact]:
    """One fact for each key of a section, and of the sections in it that have fixed keys."""
    for key, value in values.items():
        if isinstance(value, dict) and defaults.get(key):
            yield from (
                Fact(key=f"{key}.{fact.key}", value=fact.value, origins=fact.origins, quiet=fact.quiet)
                for fact in plain_facts(value, defaults[key], origins, (*path, key))
            )
        else:
            found = origins.of(*path, key) or (DEFAULT,)
            yield Fact(key=key, value=value, origins=found, quiet=found == (DEFAULT,))
