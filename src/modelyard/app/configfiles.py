"""The files that the configuration comes from, and what their texts come to."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from modelyard.app.policies import installed
from modelyard.app.world import refuse_unusable
from modelyard.config.schema import Config, HeldPorts
from modelyard.config.sources import Source, config_sources, list_directory, parse_config, shown_name


@dataclass(frozen=True, slots=True)
class ConfigFiles:
    """The files that `-config` and `-config-dir` name."""

    file: str = ""
    directory: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """What they were called, for people."""
        return tuple(shown_name(name) for name in (self.file, self.directory) if name)

    def read(self) -> list[Source]:
        """All texts, in the order in which they are merged. Raises `ConfigError` where one can't be read."""
        return config_sources(self.file, self.directory)

    def paths(self) -> Iterator[str]:
        """The files that there are now. Raises `ConfigError` where the directory can't be read."""
        if self.file:
            yield self.file
        if self.directory:
            yield from list_directory(self.directory)

    def path_of(self, name: str) -> str | None:
        """The one of these files that messages call so. No other file is ever found, whatever the name says."""
        return next((path for path in self.paths() if shown_name(path) == name), None)


def understood(sources: Sequence[Source], held: HeldPorts) -> Config:
    """What the texts mean. Raises `ConfigError` where no server can be built of it."""
    config = parse_config(sources, os.environ, held=held, installed=installed)
    refuse_unusable(config)
    return config
