"""Answers the judge of the configuration cases with what Modelyard makes of them.

A batch program: a JSON list of requests on stdin, a JSON list of responses in the same order on stdout. The protocol
stands at the head of config/judge.py.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import re2

from modelyard.config.cmdline import EmptyCommand, split_command
from modelyard.config.errors import ConfigError
from modelyard.config.schema import Config
from modelyard.config.sources import Source, load_config, parse_config
from modelyard.config.view import resolved_view


def main() -> None:
    """Answer all requests."""
    json.dump([answer(request) for request in json.load(sys.stdin)], sys.stdout)


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """Answer one request."""
    try:
        if request["kind"] == "split":
            return {"ok": True, "argv": split_command(request["cmd"], windows=request.get("platform") == "windows")}
        return described(load(request), request)
    except (ConfigError, EmptyCommand) as error:
        return {"ok": False, "error": str(error)}


def load(request: dict[str, Any]) -> Config:
    """Load what the request holds."""
    environment = {**os.environ, **{name: str(value) for name, value in request["env"].items()}}
    if request["kind"] == "load":
        return parse_config([Source("config.yaml", request["main"])], environment)
    with tempfile.TemporaryDirectory() as folder:
        main, directory = Path(folder, "main.yaml"), Path(folder, "conf.d")
        if request["main"] is not None:
            write(main, request["main"])
        for name, text in (request["dir"] or {}).items():
            write(directory / name, text)
        return load_config(
            str(main) if main.exists() else None, str(directory) if request["dir"] is not None else None, environment
        )


def write(path: Path, text: str) -> None:
    """Write a file, and the folders that it stands in."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode())


def described(config: Config, request: dict[str, Any]) -> dict[str, Any]:
    """The resolved view, and the answers to the questions of the request."""
    return {
        "ok": True,
        "config": resolved_view(config),
        "solve": [solved(config, query["want"], query["running"]) for query in request["solve"]],
        "together": [
            config.matrix_program is not None and config.matrix_program.together(models)
            for models in request["together"]
        ],
        "resolve": [resolved(config, name) for name in request["resolve"]],
        "ignore_path": [
            any(re2.search(pattern, path) for pattern in config.ignore_paths) for path in request["ignore_path"]
        ],
    }


def solved(config: Config, want: str, running: list[str]) -> dict[str, Any]:
    """What the matrix would evict."""
    assert config.matrix_program is not None
    solution = config.matrix_program.solve(want, running)
    return {"evict": list(solution.evict), "set": solution.set_name}


def resolved(config: Config, name: str) -> str | None:
    """The model that a name means: a local one, or a peer's by its qualified name."""
    peer = config.find_peer(name)
    return config.resolve(name) or (peer.qualified if peer else None)


if __name__ == "__main__":
    main()
