"""Filters as they act: split, sorted, and never on `model` (spec config 15)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from modelyard.config.document import Filters, ModelFilters
from modelyard.config.notes import Notes, Path
from modelyard.config.schema import EffectiveFilters

_PROTECTED = "model"
_NO_NAME = {"*": "a wildcard", "?": "a wildcard", "#": "a query", "@": "a modifier", "|": "a pipe"}
"""What paths of the JSON library that these keys come from may hold beside names, which is not supported."""


def effective_filters(filters: Filters) -> EffectiveFilters:
    """What the filters come down to."""
    return EffectiveFilters(
        strip_params=tuple(sorted(set(_stripped(filters)))),
        set_params=_params(filters.set_params),
        set_params_by_id={name: _params(params) for name, params in filters.set_params_by_id.items()},
    )


def check_filters(filters: Filters, path: Path, notes: Notes) -> None:
    """Refuse wildcards and the like: a list that seems to remove much and removes nothing is no protection."""
    for name in sorted(set(_stripped(filters))):
        found = next((what for character, what in _NO_NAME.items() if character in name), None)
        if found is not None:
            key = "stripParams" if filters.strip_params else "strip_params"
            notes.problem((*path, key), f'"{name}" has {found}, which is not possible', "name each parameter")


def _stripped(filters: Filters) -> list[str]:
    text = filters.strip_params
    if not text and isinstance(filters, ModelFilters):
        text = filters.legacy_strip_params
    names = (name.strip() for name in text.split(","))
    return [name for name in names if name and name != _PROTECTED]


def _params(params: Mapping[str, Any]) -> dict[str, Any] | None:
    return {name: params[name] for name in sorted(params) if name != _PROTECTED} or None
