"""Figures for people."""

from __future__ import annotations

import pytest

from modelyard.simulate.compare import compare
from modelyard.simulate.machine import Machine
from modelyard.simulate.policies import parse_policies
from modelyard.simulate.table import duration, render
from tests.simulate.setting import asks, setting


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0, "0.0 s"),
        (9.94, "9.9 s"),
        (9.96, "10 s"),
        (59.4, "59 s"),
        (59.6, "1 min 0 s"),
        (245.0, "4 min 5 s"),
        (3599.6, "1 h 0 min"),
        (7380.0, "2 h 3 min"),
    ],
)
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_a_table() -> None:
    results = compare(setting(asks("abab")), parse_policies("fifo,plain-fifo"))
    lines = render([result.figures for result in results]).splitlines()
    cells = [[cell for cell in line.split("  ") if cell] for line in lines[:4]]
    assert [cell.strip() for cell in cells[0]][:3] == ["policy", "requests", "swaps"]
    assert [cell.strip() for cell in cells[2]] == [
        "fifo",
        "4",
        "2",
        "0",
        "20 s",
        "10 s",
        "23 s",
        "23 s",
        "1 min 6 s",
        "1.00",
        "25 s",
        "0.89",
        "5 min 13 s, held",
    ]
    assert cells[3][0] == "plain-fifo"
    assert lines[-1] == "plain-fifo: no longest wait is promised, because maxWait is off"


def test_what_must_be_known_to_read_it_is_said() -> None:
    results = compare(setting(asks("ab" * 10, patience=30.0), queue_limit=1), parse_policies("fifo"))
    text = render([result.figures for result in results])
    assert "waits are those of the" in text
    assert "≤: the trace is too long to be searched" not in text
    long = compare(setting(asks("ab" * 10)), parse_policies("fifo"))
    assert "≤: the trace is too long to be searched" in render([result.figures for result in long])


def test_memory_is_shown_where_it_is_known() -> None:
    (result,) = compare(setting(asks("ab"), machine=Machine(memory=24.5)), parse_policies("fifo"))
    assert "fifo: at most 24.5 GB were occupied" in render([result.figures])


def test_who_needed_no_wait_needs_no_optimum() -> None:
    (result,) = compare(setting(()), parse_policies("fifo"))
    assert "1.00" in render([result.figures])
    (unasked,) = compare(setting(asks("a")), parse_policies("fifo"), with_optimum=False)
    assert render([unasked.figures]).splitlines()[2].count("1.00") == 1
