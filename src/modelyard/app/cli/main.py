"""Which command was meant. Without a subcommand the flags are llama-swap's and the command is to serve."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from modelyard.app.cli import check, demo, serve

SUBCOMMANDS = {"check": check.run, "demo": demo.run}
EXIT_UNHEARD = 1
STANDARD_STREAMS = 3


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    _open_standard_streams()
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        code = _run(arguments)
        sys.stdout.flush()
    except BrokenPipeError:
        _look_away()
        return EXIT_UNHEARD
    return code


def _run(arguments: Sequence[str]) -> int:
    if arguments and arguments[0] in SUBCOMMANDS:
        return SUBCOMMANDS[arguments[0]](arguments[1:])
    return serve.run(arguments)


def _open_standard_streams() -> None:
    """Point closed standard streams at nothing.

    Otherwise the first files that we open get their numbers: a socket would receive what is printed, and the event
    loop takes a descriptor below 3 for a mistake of its own and aborts.
    """
    while (descriptor := os.open(os.devnull, os.O_RDWR)) < STANDARD_STREAMS:
        os.set_inheritable(descriptor, True)
    os.close(descriptor)
    sys.stdin = sys.stdin or open(0)  # noqa: SIM115
    sys.stdout = sys.stdout or open(1, "w")  # noqa: SIM115
    sys.stderr = sys.stderr or open(2, "w")  # noqa: SIM115


def _look_away() -> None:
    """Nobody reads stdout any more; let the interpreter's last flush go nowhere instead of complaining."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
