"""Which command was meant. Without a subcommand the flags are llama-swap's and the command is to serve."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Sequence
from typing import NamedTuple

from modelyard.app.cli import check, config, demo, lint, schema, serve, simulate
from modelyard.app.cli.client import explain, logs, models, queue


class Subcommand(NamedTuple):
    """What `modelyard NAME` does."""

    run: Callable[[Sequence[str]], int]
    """From the arguments behind the name to the exit code."""
    usage: str
    summary: str


SUBCOMMANDS = {
    "check": Subcommand(check.run, "check FILE", "say what is wrong with a configuration, and where"),
    "config": Subcommand(
        config.run, "config explain MODEL -config FILE", "what a name means, and where each value comes from"
    ),
    "lint": Subcommand(lint.run, "lint FILE", "what a configuration that loads asks for and can't get"),
    "schema": Subcommand(schema.run, "schema", "the JSON Schema of the configuration, for editors"),
    "simulate": Subcommand(
        simulate.run, "simulate --config FILE", "what the scheduler does with traffic that is described or recorded"
    ),
    "status": Subcommand(models.status, "status", "how the running server is"),
    "ps": Subcommand(models.ps, "ps", "the models that run"),
    "load": Subcommand(models.load, "load MODEL", "load a model"),
    "unload": Subcommand(models.unload, "unload MODEL ...", "unload models"),
    "explain": Subcommand(explain.explain, "explain MODEL", "what a request would meet if it came now, and why"),
    "queue": Subcommand(queue.queue, "queue", "the requests that wait"),
    "hold": Subcommand(queue.hold, "hold MODEL", "let nobody take a model's place"),
    "logs": Subcommand(logs.logs, "logs [-f] [MODEL]", "what the server and its models print"),
    "demo": Subcommand(demo.run, "demo", "five small models on loopback, and what to try"),
}
EXIT_UNHEARD = 1
STANDARD_STREAMS = 3


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    _open_standard_streams()
    _print_whatever_comes()
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
        return SUBCOMMANDS[arguments[0]].run(arguments[1:])
    return serve.run(arguments, commands=list_of_commands())


def list_of_commands() -> str:
    """The subcommands, one a line, for the help."""
    width = max(len(command.usage) for command in SUBCOMMANDS.values())
    lines = (f"  modelyard {command.usage:<{width}}  {command.summary}" for command in SUBCOMMANDS.values())
    return "\n".join(["Commands:", *lines, "", "modelyard COMMAND -h says more of each."])


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


def _print_whatever_comes() -> None:
    """What stdout's encoding does not have, the name of a model or an arrow, is printed as an escape."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def _look_away() -> None:
    """Nobody reads stdout any more; let the interpreter's last flush go nowhere instead of complaining."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
