"""`modelyard check FILE`: say what is wrong with a configuration, and where."""

from __future__ import annotations

import argparse
import os
import sys
import textwrap
from collections.abc import Iterable, Sequence

import msgspec

from modelyard.app.cli.paint import Paint, paint_for
from modelyard.app.cli.reading import add_source_arguments, read_sources, shown_sources
from modelyard.app.policies import installed
from modelyard.app.world import refuse_unusable
from modelyard.config.errors import ConfigError, Problem
from modelyard.config.schema import Config
from modelyard.config.sources import parse_config
from modelyard.config.view import resolved_view

DESCRIPTION = """Say what is wrong with a configuration, and where. Nothing is started.

The status is 0 when it can be used, 1 when not, 2 when the command line can't be understood.
"""
EXIT_REFUSED = 1
NOTE_WIDTH = 110
NOTE_INDENT = "      "


def run(argv: Sequence[str]) -> int:
    """Check a configuration; 0 when it can be used, 1 when not."""
    arguments = _arguments(argv)
    try:
        config = parse_config(read_sources(arguments.config, arguments.config_dir), os.environ, installed=installed)
        refuse_unusable(config)
    except ConfigError as error:
        return _say_refused(error.problems, error.warnings, as_json=arguments.json)
    if arguments.json:
        view = resolved_view(config, reveal=arguments.reveal)
        print_json({"ok": True, "problems": [], "warnings": config.warnings, "config": view})
    else:
        _say_fine(config, shown_sources(arguments.config, arguments.config_dir), paint_for(sys.stdout))
    return 0


def _arguments(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="modelyard check",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add_source_arguments(parser)
    parser.add_argument("files", nargs="*", metavar="FILE", help="the same as -config FILE")
    parser.add_argument("--json", action="store_true", help="print the outcome, and what the file means, for programs")
    parser.add_argument("--reveal", action="store_true", help="with --json: show API keys instead of hiding them")
    arguments = parser.parse_args(argv)
    if len(arguments.files) > 1:
        parser.error("more than one FILE: a configuration of several files is read with -config-dir DIR")
    if arguments.files and arguments.config:
        parser.error("FILE and -config FILE mean the same: give one of them")
    arguments.config = arguments.config or "".join(arguments.files)
    if not arguments.config and not arguments.config_dir:
        parser.error("a FILE or -config-dir DIR is required")
    return arguments


def print_json(value: object) -> None:
    """Print a value for programs."""
    print(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())


def print_refusal(problems: Iterable[Problem], warnings: Sequence[str], paint: Paint) -> None:
    """Print what is wrong, then what is doubtful, then how much there is of both."""
    found = list(problems)
    for problem in found:
        print(problem.render(paint.on))
    _print_warnings(warnings, paint)
    print(", ".join(filter(None, (_counted(len(found), "problem"), _counted(len(warnings), "warning")))))


def _say_refused(problems: Sequence[Problem], warnings: Sequence[str], *, as_json: bool) -> int:
    if as_json:
        print_json({"ok": False, "problems": [_problem(problem) for problem in problems], "warnings": warnings})
    else:
        print_refusal(problems, warnings, paint_for(sys.stdout))
    return EXIT_REFUSED


def _problem(problem: Problem) -> dict[str, object]:
    names = ("file", "line", "column", "path", "message", "remedy")
    return {name: getattr(problem, name) for name in names}


def _print_warnings(warnings: Iterable[str], paint: Paint) -> None:
    for warning in warnings:
        print(f"{paint.yellow('warning:')} {warning}")


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}" if count else ""


def _say_fine(config: Config, shown: str, paint: Paint) -> None:
    _print_warnings(config.warnings, paint)
    if config.without_effect:
        note = f"not supported yet, checked and without effect: {', '.join(config.without_effect)}"
        print(f"{paint.dim('note:')} {textwrap.fill(note, NOTE_WIDTH, subsequent_indent=NOTE_INDENT)}")
    warnings = f", {_counted(len(config.warnings), 'warning')}" if config.warnings else ""
    print(f"{shown} is fine: {_counted(len(config.models), 'model') or 'no models'}{warnings}")
    for model in config.models.values():
        aliases = f"  (also {', '.join(model.aliases)})" if model.aliases else ""
        print(f"  {paint.bold(model.id)}{aliases}  → {model.proxy}")
