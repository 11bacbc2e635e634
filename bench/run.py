"""Runs the benchmarks and prints what they found. It is no test: a slow result is a result."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path

from yardstick import dataplane, figures, readiness, report, targets
from yardstick.processes import Servers
from yardstick.program import run, say
from yardstick.tools import BENCH

_QUICK = dataplane.Settings(rounds=2, seconds=2, stream_repeats=1, memory_requests=0)
_LOADS, _QUICK_LOADS = 40, 4


def main(words: Sequence[str] | None = None) -> int:
    """Measure what was asked for. Returns the exit code: 0, or 1 when it could not be measured."""
    asked = _parse(words)
    return run(lambda: _run(asked))


def _parse(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("what", nargs="?", choices=("dataplane", "readiness", "all"), default="all")
    parser.add_argument("--rounds", type=_positive, help="rounds of the data plane (default 7)")
    parser.add_argument("--seconds", type=_positive, help="length of each run of wrk (default 5)")
    parser.add_argument("--loads", type=_positive, help=f"loads of each kind of engine (default {_LOADS})")
    parser.add_argument("--only", type=_target_names, default=list(targets.STARTERS), metavar="TARGET,…")
    parser.add_argument("--quick", action="store_true", help="two short rounds: does everything still run?")
    parser.add_argument("--json", type=Path, metavar="FILE", help="default: bench/results/DATE.json")
    return parser.parse_args(words)


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return value


def _target_names(text: str) -> list[str]:
    names = list(dict.fromkeys(text.split(",")))
    if unknown := [name for name in names if name not in targets.STARTERS]:
        raise argparse.ArgumentTypeError(f"no target {', '.join(unknown)}; there are {', '.join(targets.STARTERS)}")
    return names


def _run(asked: argparse.Namespace) -> None:
    started = datetime.now(UTC)
    content: dict[str, object] = {"started": started.isoformat(), "machine": report.machine()}
    say(", ".join(f"{name} {value}" for name, value in report.machine().items()))
    if asked.what != "readiness":
        content["dataplane"] = _dataplane(asked)
    if asked.what != "dataplane" and figures.SUBJECT in asked.only:
        content["readiness"] = _readiness(asked)
    path = asked.json or BENCH / "results" / f"{started:%Y-%m-%dT%H-%M-%SZ}.json"
    report.write_json(path, content)
    say(f"written to {path}")


def _dataplane(asked: argparse.Namespace) -> dict[str, object]:
    given = {name: value for name in ("rounds", "seconds") if (value := getattr(asked, name)) is not None}
    settings = replace(_QUICK if asked.quick else dataplane.Settings(), **given)
    with Servers() as servers:
        started = [targets.STARTERS[name](servers) for name in asked.only]
        found = dataplane.measure(started, settings, say)
    rows = figures.dataplane_rows(found)
    print(f"\nData plane, rounds: {settings.rounds}\n{report.table(rows)}\n", flush=True)
    return {"settings": asdict(settings), **asdict(found), "rows": [asdict(row) for row in rows]}


def _readiness(asked: argparse.Namespace) -> dict[str, object]:
    loads = asked.loads or (_QUICK_LOADS if asked.quick else _LOADS)
    with Servers() as servers:
        found = readiness.measure(servers, loads, say)
    rows = figures.readiness_rows(found)
    print(f"\nReadiness, loads of each kind: {loads}\n{report.table(rows)}\n", flush=True)
    return {"loads": [asdict(load) for load in found], "rows": [asdict(row) for row in rows]}


if __name__ == "__main__":
    sys.exit(main())
