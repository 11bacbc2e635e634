"""The configuration that a subcommand is about: named like the server's, or by its file alone, or on stdin."""

from __future__ import annotations

import argparse
import sys

from modelyard.config.errors import ConfigError, Place, Problem
from modelyard.config.sources import Source, config_sources

STDIN = "-"
STDIN_NAME = "<stdin>"


def add_source_arguments(parser: argparse.ArgumentParser) -> None:
    """Let a subcommand take `-config FILE` and `-config-dir DIR`, with one dash or two."""
    parser.add_argument(
        "-config", "--config", default="", metavar="FILE", help="the configuration file; - reads standard input"
    )
    parser.add_argument(
        "-config-dir", "--config-dir", default="", metavar="DIR", help="a directory of *.yml and *.yaml files"
    )


def read_sources(config: str, directory: str) -> list[Source]:
    """The texts, in the order in which they are merged. Raises `ConfigError` when one can't be read."""
    if config != STDIN:
        return config_sources(config, directory)
    piped = Source(STDIN_NAME, _standard_input())
    return [piped, *(config_sources(None, directory) if directory else [])]


def shown_sources(config: str, directory: str) -> str:
    """The sources in words."""
    return " and ".join(name for name in (STDIN_NAME if config == STDIN else config, directory) if name)


def _standard_input() -> str:
    try:
        return sys.stdin.buffer.read().decode("utf-8")
    except UnicodeDecodeError as error:
        problem = Problem(place=Place(STDIN_NAME), path="", message="not UTF-8", remedy="encode it as UTF-8")
        raise ConfigError([problem]) from error
