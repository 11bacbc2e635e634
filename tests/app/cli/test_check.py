"""`modelyard check`: everything at once, for people and for programs."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from modelyard.app.cli.check import run

FINE = "models: {a: {cmd: 'run ${PORT}', aliases: [b]}}\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "models.yaml"
    path.write_text(FINE, encoding="utf-8")
    return path


def outcome(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, str]:
    code = run([str(argument) for argument in arguments])
    return code, capsys.readouterr().out


def data(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> Any:
    return json.loads(outcome(capsys, *arguments, "--json")[1])


def test_a_good_file(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert outcome(capsys, file) == (0, f"{file} is fine: 1 model\n  a  (also b)  → http://localhost:5800\n")


@pytest.mark.parametrize("flag", ["-config", "--config"])
def test_the_file_may_be_named_as_for_the_server(flag: str, file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert outcome(capsys, flag, file)[0] == 0


def test_a_directory(file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "more.yaml").write_text("models: {c: {cmd: 'run ${PORT}'}}\n", encoding="utf-8")
    code, text = outcome(capsys, "-config-dir", tmp_path)
    assert code == 0
    assert text.startswith(f"{tmp_path} is fine: 2 models\n")


def test_a_file_and_a_directory(file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    directory = tmp_path / "conf.d"
    directory.mkdir()
    (directory / "more.yaml").write_text("models: {c: {cmd: 'run ${PORT}'}}\n", encoding="utf-8")
    assert f"{file} and {directory} is fine: 2 models\n" in outcome(capsys, file, "-config-dir", directory)[1]


def test_standard_input(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"startPort: high\n")))
    code, text = outcome(capsys, "-")
    assert code == 1
    assert text.startswith("<stdin>:1:12: startPort: expected an integer")


def test_standard_input_that_is_no_text(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"\xff")))
    assert outcome(capsys, "-") == (1, "<stdin>: not UTF-8 (encode it as UTF-8)\n1 problem\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["a.yaml", "b.yaml"], "more than one FILE"),
        (["a.yaml", "-config", "b.yaml"], "mean the same"),
        ([], "a FILE or -config-dir DIR is required"),
        (["--conf", "a.yaml"], "unrecognized arguments"),
    ],
)
def test_command_lines_that_make_no_sense(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        run(arguments)
    assert caught.value.code == 2
    assert message in capsys.readouterr().err


def test_twenty_mistakes_at_once(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    models = "".join(f"  m{number}: {{cmd: 'x ${{PORT}}', ttl: soon}}\n" for number in range(20))
    file.write_text(f"models:\n{models}glbalTTL: 1\n", encoding="utf-8")
    code, text = outcome(capsys, file)
    assert code == 1
    assert text.count("ttl: expected an integer number of seconds") == 20
    assert text.count("^\n") == 20
    assert text.endswith(
        f'warning: {file}:22:1: glbalTTL: unknown key, ignored (did you mean "globalTTL"?)\n20 problems, 1 warning\n'
    )


def test_problems_for_programs(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_text("models: {a: {cmd: 'x ${PORT}', ttl: soon, aliasses: []}}\n", encoding="utf-8")
    found = data(capsys, file)
    assert found["ok"] is False
    assert found["problems"] == [
        {
            "file": str(file),
            "line": 1,
            "column": 37,
            "path": "models.a.ttl",
            "message": 'expected an integer number of seconds, found the string "soon"',
            "remedy": "write ttl: 300",
        }
    ]
    assert len(found["warnings"]) == 1
    assert 'did you mean "aliases"?' in found["warnings"][0]
    assert "config" not in found


def test_the_configuration_for_programs(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = data(capsys, file)
    assert (found["ok"], found["problems"], found["warnings"]) == (True, [], [])
    assert found["config"]["models"]["a"]["cmd_argv"] == ["run", "5800"]


def test_secrets_are_shown_only_on_demand(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_text("peers: {p: {proxy: 'https://u', models: [m], apiKey: secret}}\n", encoding="utf-8")
    assert data(capsys, file)["config"]["peers"]["p"]["apiKey"] == "(hidden)"
    assert data(capsys, file, "--reveal")["config"]["peers"]["p"]["apiKey"] == "secret"


def test_what_loads_and_can_not_be_served_is_a_problem(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_text(FINE + "groups: {g: {members: [c]}}\n", encoding="utf-8")
    code, text = outcome(capsys, file)
    assert code == 1
    assert 'unknown model "c"' in text
    found = data(capsys, file)
    assert found["ok"] is False
    assert 'unknown model "c"' in found["problems"][0]["message"]


def test_a_file_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, text = outcome(capsys, tmp_path / "missing.yaml")
    assert (code, text) == (1, f"{tmp_path}/missing.yaml: can't be read: No such file or directory\n1 problem\n")
