"""`modelyard lint`: what a configuration that loads asks for and can't get."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

import msgspec

from modelyard.app.cli.check import print_json
from modelyard.app.cli.reading import add_source_arguments, read_sources, shown_sources
from modelyard.app.lint import lint
from modelyard.app.policies import installed
from modelyard.config.errors import ConfigError
from modelyard.config.sources import parse_config

DESCRIPTION = """Say what is doubtful about a configuration that loads: models that are wanted together and can't run
together, groups and sets that have no effect, models that shut others out. Nothing is started.

The status is 0 when there is nothing to say, 1 when there is, or the configuration can't be used.
"""


def run(argv: Sequence[str]) -> int:
    """Compare a configuration's keys with each other; 0 when there is nothing to say."""
    parser = argparse.ArgumentParser(
        prog="modelyard lint",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add_source_arguments(parser)
    parser.add_argument("file", nargs="?", metavar="FILE", help="the same as -config FILE")
    parser.add_argument("--json", action="store_true", help="print the doubts for programs")
    arguments = parser.parse_args(argv)
    config_file = arguments.config or arguments.file or ""
    try:
        config = parse_config(read_sources(config_file, arguments.config_dir), os.environ, installed=installed)
        doubts = lint(config)
    except ConfigError as error:
        print(error.render(color=sys.stderr.isatty()), file=sys.stderr)
        return 1
    if arguments.json:
        print_json({"doubts": [msgspec.to_builtins(doubt) for doubt in doubts], "warnings": config.warnings})
    else:
        for warning in config.warnings:
            print(f"warning: {warning}")
        for doubt in doubts:
            print(f"{doubt.path}: {doubt.message} ({doubt.remedy})")
        if not doubts and not config.warnings:
            print(f"{shown_sources(config_file, arguments.config_dir)}: nothing to say")
    return 1 if doubts or config.warnings else 0
