"""What the commands that talk to a server share: flags, errors, tables."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Sequence

from modelyard.app.cli.client.server import Server, ServerError, find_server
from modelyard.app.cli.paint import paint_for

EXIT_REFUSED = 1
EXIT_INTERRUPTED = 130
ENDING = """The server is found by --url, else MODELYARD_URL, else http://127.0.0.1:8080; its key by --api-key, else
MODELYARD_API_KEY, else in the configuration that -config names.
"""

Command = Callable[[Server, argparse.Namespace], None]


def parser_for(name: str, description: str) -> argparse.ArgumentParser:
    """A parser with the flags that all commands have."""
    parser = argparse.ArgumentParser(
        prog=f"modelyard {name}",
        description=description,
        epilog=ENDING,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--url", default="", help="where the server listens")
    parser.add_argument("--api-key", default="", metavar="KEY", help="a key that it accepts")
    parser.add_argument("-config", "--config", default="", metavar="FILE", help="its configuration, for the key")
    parser.add_argument("--json", action="store_true", help="print what the server answers, for programs")
    return parser


def talk(parser: argparse.ArgumentParser, argv: Sequence[str], command: Command) -> int:
    """Run a command against the server; 0 when it did what was asked, 1 when not, 130 when somebody had enough."""
    arguments = parser.parse_args(argv)
    try:
        command(find_server(arguments.url, arguments.api_key, arguments.config), arguments)
    except ServerError as error:
        print(paint_for(sys.stderr).red(str(error)), file=sys.stderr)
        return EXIT_REFUSED
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    return 0


def print_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print rows in columns as wide as they must be."""
    lines = [tuple(head), *map(tuple, rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def in_words(seconds: float | None) -> str:
    """A length of time, as short as it can be said: `3s`, `12m`, `5h`; `?` where it is not known."""
    if seconds is None:
        return "?"
    for unit, size in (("d", 86_400), ("h", 3_600), ("m", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f}{unit}"
    return f"{seconds:.0f}s"
