"""How long requests take, one after the other, and a table of that."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass

from yardstick.figures import percentile
from yardstick.tools import BenchError

_REQUEST_SECONDS = 60.0


@dataclass(frozen=True)
class Figure:
    """One row of the table; milliseconds."""

    measure: str
    times: Sequence[float]

    def cells(self) -> tuple[str, ...]:
        """The row, as text."""
        figures = (percentile(self.times, 50), percentile(self.times, 99), max(self.times))
        return (self.measure, str(len(self.times)), *(f"{figure:.1f}" for figure in figures))


def table(figures: Sequence[Figure]) -> str:
    """The rows under their heads; milliseconds."""
    lines = [("milliseconds", "n", "p50", "p99", "max"), *(figure.cells() for figure in figures)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    rows = ([line[0].ljust(widths[0]), *map(str.rjust, line[1:], widths[1:])] for line in lines)
    return "\n".join("  ".join(row) for row in rows)


def chat(port: int, model: str) -> float:
    """One short chat on a connection of its own; how many milliseconds it took."""
    return post(port, "/v1/chat/completions", {"model": model, "messages": [{"role": "user", "content": "hi"}]})


def post(port: int, path: str, body: dict[str, object]) -> float:
    """One request that must be answered 200; how many milliseconds it took."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_REQUEST_SECONDS)
    began = time.monotonic()
    try:
        connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
        answer = connection.getresponse()
        text = answer.read().decode(errors="replace")
    finally:
        connection.close()
    if answer.status != 200:
        raise BenchError(f"POST {path} was answered {answer.status}: {text}")
    return (time.monotonic() - began) * 1000
