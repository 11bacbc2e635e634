"""`modelyard queue` and `hold`: who waits, and who must not make room."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from modelyard.app.cli.check import print_json
from modelyard.app.cli.client.server import Server, in_path
from modelyard.app.cli.client.talking import in_words, parser_for, print_table, talk


def queue(argv: Sequence[str]) -> int:
    """List the requests that wait."""
    parser = parser_for("queue", "List the requests that wait, in the order in which they will be served.")
    parser.add_argument("--cancel", type=int, metavar="ID", help="end this one instead; its client gets an error")
    return talk(parser, argv, _queue)


def _queue(server: Server, arguments: argparse.Namespace) -> None:
    if arguments.cancel is not None:
        answer = server.delete(f"/api/queue/{arguments.cancel}")
        print_json(answer) if arguments.json else print(f"request {arguments.cancel} has ended")
        return
    waiting = server.get("/api/queue")["queue"]
    if arguments.json:
        print_json(waiting)
        return
    rows = [
        (
            str(one["position"]),
            str(one["id"]),
            one["model"],
            one["caller"] or "-",
            in_words(one["waited"]),
            in_words(one["expectedIn"]),
        )
        for one in waiting
    ]
    print_table(("PLACE", "ID", "MODEL", "CALLER", "WAITED", "EXPECTED IN"), rows)


def hold(argv: Sequence[str]) -> int:
    """Let nobody take a model's place."""
    parser = parser_for("hold", "Let nobody take the place of a model that runs, for so long or until --release.")
    parser.add_argument("model")
    parser.add_argument("--seconds", type=float, metavar="N", help="for how long")
    parser.add_argument("--release", action="store_true", help="end it instead")
    return talk(parser, argv, _hold)


def _hold(server: Server, arguments: argparse.Namespace) -> None:
    path = f"/api/models/hold/{in_path(arguments.model)}"
    if arguments.release:
        answer = server.delete(path)
    else:
        answer = server.post(path if arguments.seconds is None else f"{path}?seconds={arguments.seconds:g}")
    if arguments.json:
        print_json(answer)
    elif answer["held"]:
        until = "until it is released" if answer["seconds"] is None else f"for {in_words(answer['seconds'])}"
        print(f"{answer['model']} is held {until}")
    else:
        print(f"{answer['model']} is not held")
