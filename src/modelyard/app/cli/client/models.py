"""`modelyard load`, `unload`, `ps`, `status`: what runs, and what should."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from typing import Any

from modelyard.app.cli.check import print_json
from modelyard.app.cli.client.server import Server, in_path
from modelyard.app.cli.client.talking import in_words, parser_for, print_table, talk

_IDLE = ("stopped", "failed")


def load(argv: Sequence[str]) -> int:
    """Load a model, and wait until it is ready."""
    parser = parser_for("load", "Load a model: others make room for it by the same rules as for a request.")
    parser.add_argument("model")
    parser.add_argument("--no-wait", action="store_true", help="return as soon as it is asked for")
    return talk(parser, argv, _load)


def _load(server: Server, arguments: argparse.Namespace) -> None:
    wait = "?wait=false" if arguments.no_wait else ""
    answer = server.post(f"/api/models/load/{in_path(arguments.model)}{wait}")
    if arguments.json:
        print_json(answer)
    else:
        print(f"{answer['model']} {'is ready' if answer['ready'] else 'is asked for'}")


def unload(argv: Sequence[str]) -> int:
    """Unload models, and wait until they are gone."""
    parser = parser_for("unload", "Unload models. Requests that wait for them are rejected.")
    parser.add_argument("models", nargs="*", metavar="MODEL")
    parser.add_argument("--all", action="store_true", help="every model")
    arguments = parser.parse_args(argv)
    if bool(arguments.models) == arguments.all:
        parser.error("name the models, or give --all")
    return talk(parser, argv, _unload)


def _unload(server: Server, arguments: argparse.Namespace) -> None:
    for path in map(in_path, arguments.models):
        server.post(f"/api/models/unload/{path}")
    if arguments.all:
        server.post("/api/models/unload")
    if arguments.json:
        print_json({"msg": "ok"})
    else:
        print(f"{', '.join(arguments.models) or 'everything'}: unloaded")


def ps(argv: Sequence[str]) -> int:
    """List the models that run."""
    parser = parser_for("ps", "List the models that run, or can't.")
    parser.add_argument("-a", "--all", action="store_true", help="those that are stopped, too")
    return talk(parser, argv, _ps)


def _ps(server: Server, arguments: argparse.Namespace) -> None:
    models = [one for one in server.get("/api/status")["models"] if arguments.all or one["phase"] != "stopped"]
    if arguments.json:
        print_json(models)
        return
    head = ("MODEL", "PHASE", "SINCE", "IN FLIGHT", "WAITING", "WHERE")
    print_table(head, [_row(one) for one in models])


def _row(one: Mapping[str, Any]) -> tuple[str, ...]:
    phase = f"{one['phase']}, held" if one["held"] else one["phase"]
    where = "" if one["phase"] in _IDLE else one["proxy"]
    return (one["model"], phase, in_words(one["since"]), str(one["inFlight"]), str(one["waiting"]), where)


def status(argv: Sequence[str]) -> int:
    """Say how the server is."""
    return talk(parser_for("status", "Say how the server is."), argv, _status)


def _status(server: Server, arguments: argparse.Namespace) -> None:
    answer = server.get("/api/status")
    if arguments.json:
        print_json(answer)
        return
    models = answer["models"]
    running = [one for one in models if one["phase"] not in _IDLE]
    going = ", shutting down" if answer["shuttingDown"] else ""
    print(f"modelyard {answer['version']} at {server.url}, up for {in_words(answer['uptime'])}{going}")
    print(f"models:   {len(models)} configured, {len(running)} running, by the rules of {answer['router']}")
    print(f"requests: {sum(one['inFlight'] for one in models)} in flight, {answer['waiting']} waiting")
    print(f"config:   {' and '.join(answer['config']['sources']) or 'built in'}")
    if answer["config"]["error"]:
        print(f"          what is on disk can't be used: {answer['config']['error']}")
    for one in models:
        if one["phase"] == "failed":
            print(f"failed:   {one['model']}, tried again in {in_words(one['retryIn'])} — {one['failure']}")
