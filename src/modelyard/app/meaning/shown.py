"""Explanations as the API tells them: without secrets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from modelyard.app.meaning.facts import Explanation, Fact
from modelyard.app.meaning.names import known_names
from modelyard.app.meaning.settings import settings_sections
from modelyard.config.origins import Origin, Origins
from modelyard.config.schema import Config
from modelyard.config.view import shown_value


class OriginShown(Struct, frozen=True, kw_only=True):
    """One reason why a value is what it is. `text` says it in words; line and column begin at 1, 0 is no place."""

    kind: str
    name: str
    file: str
    line: int
    column: int
    text: str


class FactShown(Struct, frozen=True, kw_only=True):
    """One value of the configuration. A quiet one is of interest only to those who want all."""

    key: str
    value: Any
    origins: tuple[OriginShown, ...]
    note: str
    quiet: bool


class SectionShown(Struct, frozen=True, kw_only=True):
    """Values that belong together."""

    title: str
    facts: tuple[FactShown, ...]


class NameShown(Struct, frozen=True, kw_only=True):
    """A name that can be asked for: of a `model`, a `selector` or a `peer model`."""

    name: str
    kind: str


class ResolvedConfig(Struct, frozen=True, kw_only=True):
    """The configuration that serves: what it says beside its models, and the names that can be asked for."""

    sections: tuple[SectionShown, ...]
    names: tuple[NameShown, ...]


class ResolvedName(Struct, frozen=True, kw_only=True):
    """What a name means."""

    asked: str
    kind: str
    name: str
    summary: str
    sections: tuple[SectionShown, ...]


def shown_config(config: Config, origins: Origins) -> ResolvedConfig:
    """All but the models, and who they are."""
    kinds = {**dict.fromkeys(config.peer_names, "peer model"), **dict.fromkeys(config.selectors, "selector")}
    kinds |= dict.fromkeys(config.models, "model")
    names = tuple(NameShown(name=name, kind=kinds[name]) for name in known_names(config) if name in kinds)
    return ResolvedConfig(sections=_sections(config, settings_sections(config, origins)), names=names)


def shown_name(config: Config, explanation: Explanation) -> ResolvedName:
    """One name."""
    return ResolvedName(
        asked=explanation.asked,
        kind=explanation.kind,
        name=explanation.name,
        summary=explanation.summary,
        sections=_sections(config, explanation.sections),
    )


def _sections(config: Config, sections: Mapping[str, Sequence[Fact]]) -> tuple[SectionShown, ...]:
    return tuple(
        SectionShown(title=title, facts=tuple(_fact(config, fact) for fact in facts))
        for title, facts in sections.items()
    )


def _fact(config: Config, fact: Fact) -> FactShown:
    return FactShown(
        key=fact.key,
        value=shown_value(config, fact.key, fact.value),
        origins=tuple(map(_origin, fact.origins)),
        note=fact.note,
        quiet=fact.quiet,
    )


def _origin(origin: Origin) -> OriginShown:
    place = origin.place
    return OriginShown(
        kind=origin.kind,
        name=origin.name,
        file="" if place is None else place.file,
        line=0 if place is None else place.line,
        column=0 if place is None else place.column,
        text=str(origin),
    )
