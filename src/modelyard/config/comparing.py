"""The values that differ between two configurations, key by key, as people may see them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

from modelyard.config.schema import DEFAULT_GROUP, Config
from modelyard.config.view import resolved_view, shown_value

_DERIVED = frozenset({"cmd_argv", "cmdStop_argv", "effective", "empty", "resolved_evict_costs"})
"""Keys of the view that follow from others, as its `aliases` at the top and the default group do."""
_PAIRS = frozenset({"macros", "sets"})
"""Keys with pairs of name and value, since their order counts elsewhere."""


class ValueChange(Struct, frozen=True, kw_only=True):
    """One value that differs. None stands for what is not there."""

    path: str
    before: Any
    after: Any


def value_changes(old: Config, new: Config) -> list[ValueChange]:
    """All values that differ, in the order of the view. Of models that come or go nothing is told but that."""
    before, after = dict(_leaves(old)), dict(_leaves(new))
    paths = [*before, *(path for path in after if path not in before)]
    return [
        ValueChange(path=".".join(path), before=before.get(path), after=after.get(path))
        for path in paths
        if before.get(path) != after.get(path) and not _comes_or_goes(path, old, new)
    ]


def _comes_or_goes(path: tuple[str, ...], old: Config, new: Config) -> bool:
    return path[0] == "models" and (len(path) == 1 or (path[1] in old.models) != (path[1] in new.models))


def _leaves(config: Config) -> Iterator[tuple[tuple[str, ...], Any]]:
    for path, value in leaves(resolved_view(config, reveal=False)):
        yield path, shown_value(config, path[-1], value)


def leaves(view: Mapping[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """The values of a resolved view by their paths, without those that follow from others."""
    for key, value in view.items():
        if key in _DERIVED or (key == "aliases" and not path) or (key == DEFAULT_GROUP and path[-1] == "groups"):
            continue
        below = dict(value) if key in _PAIRS and isinstance(value, list) else value
        if isinstance(below, dict) and below:
            yield from leaves(below, (*path, key))
        else:
            yield (*path, key), below
