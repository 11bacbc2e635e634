"""`modelyard check FILE`: say what is wrong with a configuration, and where."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

import msgspec

from modelyard.config.errors import ConfigError
from modelyard.config.schema import Config
from modelyard.config.sources import load_config
from modelyard.config.view import resolved_view

DESCRIPTION = "Say what is wrong with a configuration, and where. The status is 0 when it can be used, 1 when not."


def run(argv: Sequence[str]) -> int:
    """Check a file; 0 when it can be used, 1 when not."""
    parser = argparse.ArgumentParser(prog="modelyard check", description=DESCRIPTION)
    parser.add_argument("file", help="the configuration")
    parser.add_argument("--json", action="store_true", help="print the outcome for programs")
    arguments = parser.parse_args(argv)
    try:
        config = load_config(arguments.file)
    except ConfigError as error:
        if arguments.json:
            problems = [_problem(problem) for problem in error.problems]
            _print_json({"ok": False, "problems": problems, "warnings": list(error.warnings)})
        else:
            print(error.render(color=sys.stdout.isatty()))
        return 1
    if arguments.json:
        _print_json(
            {
                "ok": not config.unbuildable,
                "problems": [{"message": reason} for reason in config.unbuildable],
                "warnings": list(config.warnings),
                "config": resolved_view(config, reveal=False),
            }
        )
    else:
        _print_summary(arguments.file, config)
    return 1 if config.unbuildable else 0


def _problem(problem: object) -> dict[str, object]:
    names = ("file", "line", "column", "path", "message", "remedy")
    return {name: getattr(problem, name) for name in names}


def _print_json(value: object) -> None:
    print(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())


def _print_summary(file: str, config: Config) -> None:
    for warning in config.warnings:
        print(f"warning: {warning}")
    for path in config.without_effect:
        print(f"{path}: not supported yet: checked, and without effect")
    for reason in config.unbuildable:
        print(reason)
    if config.unbuildable:
        return
    count = len(config.models)
    print(f"{file} is fine: {count} model{'' if count == 1 else 's'}")
    for model in config.models.values():
        aliases = f"  (also {', '.join(model.aliases)})" if model.aliases else ""
        print(f"  {model.id}{aliases}  → {model.proxy}")
