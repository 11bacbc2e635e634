"""`modelyard demo`: five small models behind Modelyard on loopback, and what to try."""

from __future__ import annotations

import argparse
import os
import socket
import sys
from collections.abc import Sequence

from modelyard.app.cli.serve import fatal, serve
from modelyard.app.daemon import Options
from modelyard.app.listen import Address, parse_address
from modelyard.config.sources import Source, parse_config
from modelyard.demo.config import MODELS, demo_config

DESCRIPTION = "Run five small models behind Modelyard on loopback, and say what to try."
WELCOME = """
Modelyard runs at {url} with five small models; `writer`, `poet` and `painter` take turns, `embedder` and
`speaker` stay. Its web UI is at {url}/ui/.

See it in a browser: {url}/ui/

Try, in another terminal:

  # `writer` starts, then answers
  curl {url}/v1/chat/completions -H 'Content-Type: application/json' \\
    -d '{{"model": "writer", "messages": [{{"role": "user", "content": "Tell me of the sea."}}]}}'

  # the swap: `writer` leaves, `poet` starts, the answer streams
  curl -N {url}/v1/chat/completions -H 'Content-Type: application/json' \\
    -d '{{"model": "poet", "stream": true, "messages": [{{"role": "user", "content": "And of the rabbit?"}}]}}'

  curl {url}/running          # what is loaded now
  curl {url}/v1/models        # what could be
  curl -N {url}/logs/stream   # what happens
  modelyard ps                          # the same for people; modelyard --help names more

Ctrl-C stops everything.
"""


def run(argv: Sequence[str]) -> int:
    """Run the demo; returns the exit code."""
    parser = argparse.ArgumentParser(prog="modelyard demo", description=DESCRIPTION)
    parser.add_argument(
        "-listen",
        "--listen",
        default="127.0.0.1:8080",
        metavar="HOST:PORT",
        help="where to listen (default: %(default)s)",
    )
    arguments = parser.parse_args(argv)
    try:
        address = parse_address(arguments.listen)
    except ValueError as error:
        return fatal(str(error))
    text = demo_config(sys.executable, _free_ports(MODELS))
    source = Source("demo.yaml", text)
    config = parse_config([source], os.environ)
    options = Options(
        address=_free(address),
        texts=(source,),
        on_listening=lambda url: print(WELCOME.format(url=url), flush=True),
    )
    return serve(config, options)


def _free(address: Address) -> Address:
    """The address, or one with a port that the system picks where that one is taken."""
    with socket.socket(socket.AF_INET6 if ":" in address.host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address.host, address.port))
        except OSError:
            print(f"{address} is in use; picking another port", file=sys.stderr)
            return Address(address.host, 0)
    return address


def _free_ports(count: int) -> int:
    """The first of `count` neighbouring free ports."""
    for first in range(5800, 60000, count):
        if all(_is_free(port) for port in range(first, first + count)):
            return first
    raise OSError("no free ports on loopback")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
