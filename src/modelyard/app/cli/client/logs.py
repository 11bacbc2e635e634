"""`modelyard logs`: what the server and its models print."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from modelyard.app.cli.client.server import Server, in_path
from modelyard.app.cli.client.talking import parser_for, talk


def logs(argv: Sequence[str]) -> int:
    """Print a log."""
    parser = parser_for("logs", "Print what the server and its models print, or one model does.")
    parser.add_argument("source", nargs="?", default="", metavar="MODEL", help="or: proxy, upstream")
    parser.add_argument("-f", "--follow", action="store_true", help="go on as more comes")
    return talk(parser, argv, _logs)


def _logs(server: Server, arguments: argparse.Namespace) -> None:
    path = f"/logs/stream/{in_path(arguments.source)}" if arguments.source else "/logs/stream"
    chunks = server.stream(path if arguments.follow else f"{path}?no-follow")
    for data in _as_json(chunks) if arguments.json else chunks:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()


def _as_json(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Each line as an object on a line of its own."""
    rest = b""
    for chunk in chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        yield b"".join(map(_line, lines))
    if rest:
        yield _line(rest)


def _line(line: bytes) -> bytes:
    return msgspec.json.encode({"line": line.decode(errors="replace")}) + b"\n"
