"""The subcommands are found, and the help lists them."""

from __future__ import annotations

import json

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
