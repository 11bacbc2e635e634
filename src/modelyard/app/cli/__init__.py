"""The command line: `modelyard -config FILE`, and subcommands for what is not serving."""

from modelyard.app.cli.main import main

__all__ = ["main"]
