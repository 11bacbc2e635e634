"""`modelyard config explain`: its arguments, its status, and what it says of names that nobody knows."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from modelyard.app.cli.config import run


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "models.yaml"
    path.write_text("models: {writer: {cmd: 'run ${PORT}', aliases: [w]}}\n", encoding="utf-8")
    return str(path)


def test_people_get_text(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "w", "-config", file]) == 0
    text = capsys.readouterr().out
    assert text.startswith('writer: a model, which "w" is an alias of\n')
    assert f"← {file}:1:24" in text
    assert "\x1b" not in text


def test_programs_get_json(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "writer", "--config", file, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["asked"], found["kind"], found["name"]) == ("writer", "model", "writer")


def test_a_directory(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "writer", "-config-dir", str(Path(file).parent)]) == 0
    assert capsys.readouterr().out.startswith("writer: a model\n")


def test_a_name_that_nobody_knows(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "wrter", "-config", file]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == 'no model, alias, selector or model of a peer is called "wrter", did you mean "writer"?\n'


def test_a_configuration_that_can_not_be_used(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text("startPort: high\n", encoding="utf-8")
    assert run(["explain", "a", "-config", str(path)]) == 1
    assert capsys.readouterr().out.endswith("1 problem\n")


@pytest.mark.parametrize("arguments", [[], ["explain"], ["explain", "a"], ["expound", "a"]])
def test_command_lines_that_make_no_sense(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        run(arguments)
    assert caught.value.code == 2
    assert "usage: modelyard config" in capsys.readouterr().err
