"""The examples of the user's guide mean what the guide says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from modelyard.core.dsl.program import MatrixProgram, compile_matrix

TEXT = (Path(__file__).parents[3] / "docs" / "matrix.md").read_text(encoding="utf-8")
EXAMPLE = re.compile(r"```yaml\n(?P<file>.*?)```\n+\| asked for [^\n]*\n\|[-|]+\n(?P<rows>(?:\|[^\n]*\n)+)", re.DOTALL)
ROWS = [
    pytest.param(example["file"], row, id=f"{number}-{line}")
    for number, example in enumerate(EXAMPLE.finditer(TEXT), start=1)
    for line, row in enumerate(example["rows"].splitlines(), start=1)
]


def compiled(file: str) -> MatrixProgram:
    document = yaml.safe_load(file)
    matrix = document["matrix"]
    return compile_matrix(document["models"], matrix.get("vars", {}), matrix.get("evict_costs", {}), matrix["sets"])


@pytest.mark.parametrize(("file", "row"), ROWS)
def test_the_table_under_an_example_is_what_happens(file: str, row: str) -> None:
    asked, running, going = (re.findall(r"`([^`]+)`", cell) for cell in row.strip("|").split("|"))
    assert running == sorted(running)
    assert compiled(file).solve(asked[0], running).evict == tuple(going)


def test_the_guide_has_three_examples() -> None:
    assert len(EXAMPLE.findall(TEXT)) == 3
    assert len(ROWS) == 12
