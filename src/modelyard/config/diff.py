"""What a new configuration changes, for people: who reads it sees at once whether an edit did what it should."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from modelyard.config.schema import DEFAULT_GROUP, Config

_NOT_SETTINGS = frozenset(
    {"models", "aliases", "peer_names", "macros", "warnings", "unbuildable", "without_effect", "matrix_program"}
)
"""Fields of a configuration that follow from others, or are told of in their own way."""


class Changes(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The models that differ, by what it means for them; `settings` are the other keys of the file that differ."""

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    restarted: tuple[str, ...] = ()
    """Whose command, environment or proxy is another: a process that runs ends when it is idle."""
    updated: tuple[str, ...] = ()
    """Whose other keys differ: they apply at once, to the process that runs as well."""
    settings: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return any(msgspec.structs.astuple(self))

    def __str__(self) -> str:
        return "; ".join(self._parts()) or "nothing changed"

    def _parts(self) -> Iterator[str]:
        if self.added:
            yield f"added {', '.join(self.added)}"
        if self.removed:
            yield f"removed {', '.join(self.removed)}"
        if self.restarted:
            yield f"changed, to be started anew when idle: {', '.join(self.restarted)}"
        if self.updated:
            yield f"changed, applied at once: {', '.join(self.updated)}"
        if self.settings:
            yield f"settings: {', '.join(self.settings)}"


def changes_between(old: Config, new: Config) -> Changes:
    """Compare two configurations."""
    both = [model for model in new.models if model in old.models]
    differ = [model for model in both if new.models[model] != old.models[model]]
    restarted = [model for model in differ if new.models[model].process != old.models[model].process]
    return Changes(
        added=tuple(model for model in new.models if model not in old.models),
        removed=tuple(model for model in old.models if model not in new.models),
        restarted=tuple(restarted),
        updated=tuple(model for model in differ if model not in restarted),
        settings=tuple(_settings_that_differ(old, new)),
    )


def _settings_that_differ(old: Config, new: Config) -> Iterator[str]:
    for field in msgspec.structs.fields(Config):
        if field.name not in _NOT_SETTINGS and _setting(old, field.name) != _setting(new, field.name):
            yield field.encode_name


def _setting(config: Config, name: str) -> object:
    """A value as it was written: those in no group are in the default one, which no file speaks of."""
    if name == "groups":
        return {group: entry for group, entry in config.groups.items() if group != DEFAULT_GROUP}
    return getattr(config, name)
