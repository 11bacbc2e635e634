"""`modelyard config explain MODEL`: what a name means, and where each value comes from."""

from __future__ import annotations

import argparse
import difflib
import os
import sys
from collections.abc import Sequence

from modelyard.app.cli.check import print_json, print_refusal
from modelyard.app.cli.explained import as_data, as_text
from modelyard.app.cli.paint import paint_for
from modelyard.app.cli.reading import add_source_arguments, read_sources
from modelyard.app.meaning.names import explain, known_names
from modelyard.app.policies import installed
from modelyard.config.errors import ConfigError
from modelyard.config.origins import Origins
from modelyard.config.sources import parse_config

EXPLAIN = """Say what a name means: the command as it is started, its port and environment, its times, limits and
filters, what may run beside it, and where each value comes from. Nothing is started.

MODEL is a model, an alias, a selector or a model of a peer.
"""
EXIT_REFUSED = 1


def run(argv: Sequence[str]) -> int:
    """Explain a name; 0 when there is such a one, 1 when not or when the configuration can't be used."""
    arguments = _arguments(argv)
    try:
        sources = read_sources(arguments.config, arguments.config_dir)
        config = parse_config(sources, os.environ, installed=installed)
        explanation = explain(config, Origins(sources, os.environ), arguments.model)
    except ConfigError as error:
        print_refusal(error.problems, error.warnings, paint_for(sys.stdout))
        return EXIT_REFUSED
    if explanation is None:
        close = difflib.get_close_matches(arguments.model, known_names(config), n=1)
        meant = f', did you mean "{close[0]}"?' if close else ""
        print(f'no model, alias, selector or model of a peer is called "{arguments.model}"{meant}', file=sys.stderr)
        return EXIT_REFUSED
    if arguments.json:
        print_json(as_data(explanation))
    else:
        print(as_text(explanation, paint_for(sys.stdout)))
    return 0


def _arguments(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="modelyard config", description="Questions about a configuration.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    explaining = commands.add_parser(
        "explain", help="what a name means, and where each value comes from", description=EXPLAIN, allow_abbrev=False
    )
    explaining.add_argument("model", metavar="MODEL")
    add_source_arguments(explaining)
    explaining.add_argument("--json", action="store_true", help="print everything, for programs")
    arguments = parser.parse_args(argv)
    if not arguments.config and not arguments.config_dir:
        explaining.error("one of -config FILE and -config-dir DIR is required")
    return arguments
