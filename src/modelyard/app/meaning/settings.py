"""What a configuration says beside its models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from modelyard.app.meaning.facts import NOT_YET, Fact
from modelyard.config.comparing import leaves
from modelyard.config.keys import WITHOUT_EFFECT
from modelyard.config.origins import DEFAULT, Origin, Origins
from modelyard.config.schema import Config
from modelyard.config.view import resolved_view

_SECTIONS = {"macros": "Macros", "routing": "Routing", "profiles": "Profiles", "peers": "Peers"}
_GENERAL = "General"
_ELSEWHERE = frozenset({"models", "selectors", "aliases"})
"""What has explanations of its own."""
_WRITTEN: Mapping[tuple[str, ...], tuple[str, ...]] = {("performance", "every_seconds"): ("performance", "every")}
"""Where the view has other names than the file."""
_ROUTER_SETTINGS = ("routing", "router", "settings")


def settings_sections(config: Config, origins: Origins) -> Mapping[str, Sequence[Fact]]:
    """All keys but those of models and selectors, without secrets."""
    sections: dict[str, list[Fact]] = {_GENERAL: [], **{title: [] for title in _SECTIONS.values()}}
    for path, value in leaves(_view(config)):
        sections[_SECTIONS.get(path[0], _GENERAL)].append(_fact(_WRITTEN.get(path, path), value, origins))
    return {title: facts for title, facts in sections.items() if facts}


def _view(config: Config) -> dict[str, Any]:
    """Without what is told elsewhere, and without the empty sections."""
    view = resolved_view(config, reveal=False)
    kept = {key: value for key, value in view.items() if key not in _ELSEWHERE}
    settings = view["routing"]["router"]["settings"]
    if settings["matrix"] is None:
        del settings["matrix"]
    return {key: value for key, value in kept.items() if value not in ({}, []) or key not in _SECTIONS}


def _fact(path: tuple[str, ...], value: Any, origins: Origins) -> Fact:
    found = _origins(path, origins) or (DEFAULT,)
    is_default = found == (DEFAULT,)
    note = NOT_YET if path[0] in WITHOUT_EFFECT and not is_default else ""
    return Fact(key=".".join(path), value=value, origins=found, note=note, quiet=is_default)


def _origins(path: tuple[str, ...], origins: Origins) -> tuple[Origin, ...]:
    """Groups and the matrix have an older place, too."""
    found = origins.of(*path)
    return origins.of(*path[3:]) if not found and path[:3] == _ROUTER_SETTINGS else found
