"""Swaps and waiting on the benchmark workloads, policy by policy, in virtual time: the table of docs/simulator.md."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from modelyard.app.simulation.setting import make_setting, names_of
from modelyard.config.sources import load_config
from modelyard.simulate.compare import compare
from modelyard.simulate.figures import Figures
from modelyard.simulate.picture import draw_svg
from modelyard.simulate.policies import parse_policies
from modelyard.simulate.room import Setting
from modelyard.simulate.table import duration
from modelyard.simulate.workload import parse_workload

ROOT = Path(__file__).resolve().parent.parent
EXAMPLES = ROOT / "examples" / "workloads"
PAGE = ROOT / "docs" / "simulator.md"
PICTURE = ROOT / "docs" / "images" / "simulator.svg"
START, END = "<!-- scripts/bench swaps: start -->", "<!-- scripts/bench swaps: end -->"
POLICIES = "plain-fifo,fifo,fifo+maxWait=60,fifo+minResidency=20,fifo+economics=on"
_HEAD = ("workload", "policy", "swaps", "total waiting", "longest wait", "allowed by `maxWait`", "makespan")


class Case(NamedTuple):
    """One workload of the benchmark."""

    file: str
    meaning: str


CASES = (
    Case("abcabc.yaml", "bursts of A B C A B C"),
    Case("agents.yaml", "two agents in turns"),
    Case("rare.yaml", "a stream against a rare model"),
    Case("streams.yaml", "two streams"),
    Case("zipf.yaml", "20 models, Zipf"),
)


def main(words: Sequence[str] | None = None) -> int:
    """Print the table, or write it into the page."""
    parser = argparse.ArgumentParser(prog="scripts/bench swaps", description=__doc__)
    parser.add_argument("--write", action="store_true", help="renew the table of docs/simulator.md, and its picture")
    written = parser.parse_args(words).write
    table = make_table()
    if written:
        PAGE.write_text(with_table(PAGE.read_text(), table))
        PICTURE.write_text(draw_picture())
    else:
        print(table)
    return 0


def with_table(page: str, table: str) -> str:
    """The page with this table between its marks."""
    before, _, rest = page.partition(START)
    _, _, after = rest.partition(END)
    return f"{before}{START}\n\n{table}\n\n{END}{after}"


def make_table() -> str:
    """Run everything. Raises `SimulationError` where a law does not hold."""
    rows: list[Sequence[str]] = [_HEAD, ("---", "---", *["--:"] * (len(_HEAD) - 2))]
    for case in CASES:
        rows += _rows(case)
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def draw_picture() -> str:
    """The picture of the page: what `minResidency` does for two agents."""
    results = compare(_setting(CASES[1]), parse_policies("fifo,fifo+minResidency=20"), with_optimum=False)
    return draw_svg([result.record for result in results], [result.figures for result in results])


def _setting(case: Case) -> Setting:
    config = load_config(str(EXAMPLES / "models.yaml"))
    path = EXAMPLES / case.file
    return make_setting(config, parse_workload(path.read_text(), path.name, names_of(config)), (), None)


def _rows(case: Case) -> list[Sequence[str]]:
    figures = [result.figures for result in compare(_setting(case), parse_policies(POLICIES), with_optimum=False)]
    plain = figures[0]
    return [
        (
            case.meaning if one is plain else "",
            f"`{one.policy}`",
            f"{one.swaps}{_against(one.swaps, plain.swaps)}",
            f"{duration(one.total_wait)}{_against(one.total_wait, plain.total_wait)}",
            duration(one.max_wait),
            _allowed(one),
            duration(one.makespan),
        )
        for one in figures
    ]


def _against(value: float, plain: float) -> str:
    percent = (value / plain - 1) * 100
    digits = 1 if percent <= -99.5 else 0  # all but nothing is not nothing
    return "" if value == plain else f" ({percent:+.{digits}f} %)".replace("-", "−")


def _allowed(one: Figures) -> str:
    wait = one.longest_wait
    return "–" if wait.bound is None else duration(wait.bound) + ("" if wait.held else " BROKEN")


if __name__ == "__main__":
    sys.exit(main())
