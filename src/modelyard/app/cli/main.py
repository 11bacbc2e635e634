"""Which command was meant. Without a subcommand the flags are llama-swap's and the command is to serve."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from modelyard.app.cli import check, demo, serve

SUBCOMMANDS = {"check": check.run, "demo": demo.run}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments and arguments[0] in SUBCOMMANDS:
        return SUBCOMMANDS[arguments[0]](arguments[1:])
    return serve.run(arguments)
