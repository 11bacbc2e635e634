"""What the demo engine can be told on its command line."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from typing import Literal, get_args

LoadMode = Literal["503", "refuse", "hang"]
CrashPoint = Literal["start", "load", "ready", "mid-stream"]
Reasoning = Literal["field", "tags"]

CRASH_PIECES = 3
"""Pieces of text that a stream sends before `--crash mid-stream` without `--crash-after`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """One engine's behaviour. Times are seconds."""

    port: int
    host: str = "127.0.0.1"
    name: str = ""
    """What answers say in `model`; empty echoes the model that the request named."""
    load: float = 0.0
    load_mode: LoadMode = "503"
    memory: int = 0
    """Megabytes (2**20) to hold while running."""
    tps: float = 0.0
    """Tokens per second of one answer; 0 is as fast as it goes."""
    tokens: int = 48
    """Length of an answer whose request does not limit it."""
    reasoning: Reasoning | None = None
    """Whether answers begin with thoughts: in fields of their own, or in the text between tags."""
    echo: bool = False
    """Answer with the words of the last message."""
    draw: float = 0.0
    """Seconds that each picture takes beyond the drawing itself."""
    crash: CrashPoint | None = None
    crash_after: float | None = None
    """Seconds after the point; for `mid-stream`, pieces of text sent."""
    ignore_term: bool = False
    fork: bool = False
    setsid: bool = False
    slow_body: float = 0.0
    chatter: float = 0.0
    """Extra log lines per second."""
    echo_headers: bool = False

    @property
    def alias(self) -> str:
        """The name of the model where no request gives one."""
        return self.name or "demo"


def parse(arguments: list[str] | None = None) -> Options:
    """The options of a command line; ends the process with a usage message when they are wrong."""
    return Options(**vars(_parser().parse_args(arguments)))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="modelyard.demo.engine",
        description="A small inference server with real protocols and switchable misfortunes.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("--port", type=int, required=True, help="port to listen on; 0 takes a free one and logs it")
    add("--host", default="127.0.0.1", help="address to listen on")
    add("--name", default="", help="what answers call the model; empty echoes the request's")
    add("--tps", type=float, default=0.0, help="tokens per second of one answer; 0 is unpaced")
    add("--tokens", type=int, default=48, help="length of an answer whose request sets no limit")
    add(
        "--reasoning",
        choices=get_args(Reasoning),
        nargs="?",
        const="field",
        default=None,
        help="think before each answer: in fields of its own (field), or in the text between <think> tags (tags)",
    )
    add("--echo", action="store_true", help="answer with the words of the last message")
    add("--draw", type=float, default=0.0, help="seconds that each picture takes")
    load = parser.add_argument_group("loading")
    load.add_argument("--load", type=float, default=0.0, help="seconds until ready")
    load.add_argument("--load-mode", choices=get_args(LoadMode), default="503", help="what clients see until then")
    load.add_argument("--memory", type=int, default=0, help="megabytes to hold")
    _add_misfortunes(parser)
    return parser


def _add_misfortunes(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("misfortunes").add_argument
    add("--crash", choices=get_args(CrashPoint), default=None, help="exit with status 1 at this point")
    add(
        "--crash-after",
        type=float,
        default=None,
        help=f"seconds later; mid-stream: pieces sent ({CRASH_PIECES})",
    )
    add("--ignore-term", action="store_true", help="survive SIGTERM")
    add("--fork", action="store_true", help="serve from a child whose parent only waits")
    add("--setsid", action="store_true", help="like --fork, and the child leaves the session")
    add("--slow-body", type=float, default=0.0, help="seconds before the first byte of an inference answer")
    add("--chatter", type=float, default=0.0, help="extra log lines per second")
    add("--echo-headers", action="store_true", help="tell at /debug/headers which headers arrived")
