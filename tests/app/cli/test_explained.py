"""An explanation on paper: 80 columns, commands that can be pasted, no colours unless they are wanted."""

from __future__ import annotations

import json
import re
import shlex

import msgspec
import pytest

from modelyard.app.cli.explained import WIDTH, as_data, as_text
from modelyard.app.cli.paint import Paint
from tests.app.meaning.test_names import EXAMPLE, explained

PLAIN = Paint(on=False)
TEXT = EXAMPLE.read_text(encoding="utf-8")
NAMES = ["qwen", "gpt-4o-mini", "gemma", "embeddings", "assistant", "cloud/openai/gpt-oss-120b"]


@pytest.mark.parametrize("name", NAMES)
def test_it_fits_into_80_columns(name: str) -> None:
    for line in as_text(explained(TEXT, name), PLAIN).splitlines():
        assert len(line) <= WIDTH or "  " not in line.strip(), line  # one long word has nowhere to break


def test_a_command_can_be_pasted() -> None:
    text = "models: {a: {cmd: \"run --port ${PORT} 'two words' '$x'\"}}\n"
    shown = as_text(explained(text, "a"), PLAIN)
    command = re.search(r"^  cmd +((?:.*\\\n)*.*)$", shown, re.MULTILINE)
    assert command is not None
    assert shlex.split(command[1].replace("\\\n", " ")) == ["run", "--port", "5800", "two words", "$x"]
    assert len(command[1].splitlines()) == 5


def test_defaults_that_are_empty_are_left_out() -> None:
    shown = as_text(explained("models: {a: {cmd: 'run ${PORT}'}}\n", "a"), PLAIN)
    assert "capabilities" not in shown
    assert "timeouts" not in shown
    assert "For clients" not in shown
    assert "startTimeout" in shown


def test_many_names_are_counted() -> None:
    models = ", ".join(f"m{number}: {{cmd: 'x ${{PORT}}'}}" for number in range(100))
    shown = as_text(explained(f"models: {{{models}}}\n", "m0"), PLAIN)
    assert "and 79 more" in shown


def test_colours_change_no_text() -> None:
    explanation = explained(TEXT, "qwen")
    colored = as_text(explanation, Paint(on=True))
    assert "\x1b[1mqwen\x1b[0m" in colored
    assert re.sub(r"\x1b\[\d+m", "", colored) == as_text(explanation, PLAIN)


@pytest.mark.parametrize("name", NAMES)
def test_programs_get_everything(name: str) -> None:
    explanation = explained(TEXT, name)
    data = json.loads(msgspec.json.encode(as_data(explanation)))
    assert (data["asked"], data["name"]) == (name, explanation.name)
    assert len(data["values"]) == sum(len(section) for section in explanation.sections.values())


def test_an_origin_has_its_place_as_numbers() -> None:
    data = as_data(explained("models: {a: {cmd: 'run ${PORT}'}}\n", "a"))
    (command,) = (value for value in data["values"] if value["key"] == "cmd")
    assert command["from"][0] == {
        "kind": "file",
        "name": "",
        "file": "m.yaml",
        "line": 1,
        "column": 19,
        "text": "m.yaml:1:19",
    }
    assert command["value"] == ["run", "5800"]
