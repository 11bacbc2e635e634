"""`modelyard explain`: what a request for a model would meet if it came now."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from modelyard.app.cli.check import print_json
from modelyard.app.cli.client.server import Server, in_path
from modelyard.app.cli.client.talking import in_words, parser_for, talk

_VERDICTS = {
    "serve": "would be served at once",
    "join": "would join those that wait for its load",
    "queue": "would wait",
    "swap": "would be loaded now",
    "refuse": "would be refused",
}


def explain(argv: Sequence[str]) -> int:
    """Say what a request would meet."""
    parser = parser_for(
        "explain", "Say what a request for a model would meet if it came now, and why. Changes nothing."
    )
    parser.add_argument("model")
    return talk(parser, argv, _explain)


def _explain(server: Server, arguments: argparse.Namespace) -> None:
    found = server.get(f"/api/explain/{in_path(arguments.model)}")
    if arguments.json:
        print_json(found)
        return
    print(f"{found['model']} {_VERDICTS[found['verdict']]}")
    for sentence in found["sentences"]:
        print(f"  {sentence}")
    for title, models in (("evicts", found["evicts"]), ("behind", found["behind"])):
        if models:
            print(f"  {title}: {', '.join(models)}")
    if found["endsIn"] is not None:
        print(f"  that ends in {in_words(found['endsIn'])}")
    if found["wait"]:
        print(f"  expected to wait {in_words(found['wait'])}")
