"""`docs/reliability.md` says what the tests say: which known failures are covered, and by which tests."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1]
PAGE = PROJECT / "docs" / "reliability.md"
LAST_FAILURE = 60

_ROW = re.compile(r"^\| (?P<failure>R\d+) \|.*\| (?P<tests>[^|]*) \|$", re.MULTILINE)
_TEST = re.compile(r"`(tests/[\w/]+\.py::test_\w+)`")


def documented() -> Iterator[tuple[str, list[str]]]:
    """The rows of the page's tables: a failure, and the tests that it names."""
    for row in _ROW.finditer(PAGE.read_text(encoding="utf-8")):
        yield row["failure"], _TEST.findall(row["tests"])


def described() -> dict[str, list[str]]:
    """Every test there is, by path and name, with the failures that its description begins with."""
    found = {}
    for path in sorted((PROJECT / "tests").rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
                name = f"{path.relative_to(PROJECT).as_posix()}::{node.name}"
                found[name] = failures(ast.get_docstring(node) or "")
    return found


def failures(description: str) -> list[str]:
    """The failures at the beginning of a description, as `R25` in `H23, R25: a wrapper ...`."""
    if not re.match(r"[RHS]\d", description):
        return []
    summary = description.partition("\n\n")[0]
    return re.findall(r"\bR\d+\b", summary.partition(":")[0])


def cited() -> dict[str, list[str]]:
    """The tests that cover a failure, by its number."""
    tests = defaultdict(list)
    for test, numbers in described().items():
        for number in numbers:
            tests[number].append(test)
    return dict(tests)


@pytest.mark.parametrize(
    ("description", "found"),
    [
        ("R25: a wrapper forks; see R24.", ["R25"]),
        ("R10, R12 and R23 in thousands of variations; a failure says its seed.", ["R10", "R12", "R23"]),
        ("H23, R11: the request is not forgotten.", ["R11"]),
        ("S07b.", []),
        ("The way out that R24 needs.", []),
        ("", []),
    ],
)
def test_what_a_description_begins_with(description: str, found: list[str]) -> None:
    assert failures(description) == found


def test_every_failure_has_one_row_in_order() -> None:
    assert [failure for failure, _ in documented()] == [f"R{number}" for number in range(1, LAST_FAILURE + 1)]


def test_every_failure_that_a_test_covers_names_one() -> None:
    tests = cited()
    without = {failure: tests[failure] for failure, named in documented() if not named and failure in tests}
    assert without == {}, f"{PAGE.name} has no test for these, and there are some"
    assert set(tests) <= {failure for failure, _ in documented()}, f"{PAGE.name} does not know these failures"


def test_every_test_that_is_named_exists() -> None:
    tests = described()
    gone = [test for _, named in documented() for test in named if test not in tests]
    assert gone == [], f"{PAGE.name} names tests that are gone"
