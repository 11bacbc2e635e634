"""Colours are for terminals, and for those who do not mind them."""

from __future__ import annotations

import io

import pytest

from modelyard.app.cli.paint import Paint, paint_for


class Terminal(io.StringIO):
    """A stream that says it is one."""

    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")


def test_a_terminal_gets_colours() -> None:
    assert paint_for(Terminal()).bold("x") == "\x1b[1mx\x1b[0m"


def test_a_pipe_gets_none() -> None:
    assert paint_for(io.StringIO()).red("x") == "x"


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_those_who_mind_get_none(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)
    assert paint_for(Terminal()).yellow("x") == "x"


def test_nothing_stays_nothing() -> None:
    assert Paint(on=True).dim("") == ""
