"""The subcommands are found, and the help lists them."""

from __future__ import annotations

import io
import json
import os
import sys
from pathlib import Path

import pytest

from modelyard.app.cli.main import SUBCOMMANDS, main


@pytest.mark.parametrize("flag", ["-h", "-help", "--help"])
def test_the_help_lists_the_commands(flag: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([flag]) == 0
    text = capsys.readouterr().err
    assert "-watch-config" in text
    for command in SUBCOMMANDS.values():
        assert f"  modelyard {command.usage}" in text
        assert command.summary in text


@pytest.mark.parametrize("name", sorted(SUBCOMMANDS))
def test_each_command_has_a_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main([name, "-h"])
    assert caught.value.code == 0
    assert capsys.readouterr().out.startswith(f"usage: modelyard {name} ")


def test_the_schema_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema"]) == 0
    assert json.loads(capsys.readouterr().out)["title"] == "Modelyard"


def test_what_the_encoding_of_stdout_does_not_have_is_printed_as_an_escape(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "llamas.yaml"
    path.write_text('models: {"\U0001f999": {cmd: "run ${PORT}"}}', encoding="utf-8")
    printed = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(printed, encoding="latin-1"))
    assert main(["check", str(path)]) == 0
    assert b"  \\U0001f999  \\u2192 http://localhost:5800" in printed.getvalue()


def test_mistakes_in_a_file_whose_name_is_no_utf_8_are_told_as_json(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / os.fsdecode(b"\xff.yaml")).write_text("startPort: 0")
    assert main(["check", "--json", "-config-dir", str(tmp_path)]) == 1
    (problem,) = json.loads(capsys.readouterr().out)["problems"]
    assert problem["file"] == f"{tmp_path}/\ufffd.yaml"
