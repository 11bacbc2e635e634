"""`modelyard simulate`: from files to a table, to data, to a picture."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from modelyard.app.cli.simulate import run

CONFIG = """
models:
  a: {cmd: 'run ${PORT}', aliases: [first]}
  b: {cmd: 'run ${PORT}'}
routing: {scheduler: {settings: {fifo: {maxWait: 45, minResidency: 2}}}}
"""
WORKLOAD = """
duration: 60
machine: {load: 5, stop: 1, service: {kind: lognormal, median: 2}}
requests:
  - {kind: bursts, pattern: [first, b, a, b], every: 30}
"""
TRACE = '{"at": 5, "model": "first", "service": 2}\n{"at": 6, "model": "b", "caller": "me", "service": 1}\n'
PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name, text in (("c.yaml", CONFIG), ("w.yaml", WORKLOAD), ("t.jsonl", TRACE)):
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def data(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[dict[str, object]]:
    assert run(["--config", "c.yaml", *arguments, "--json"]) == 0
    figures: list[dict[str, object]] = json.loads(capsys.readouterr().out)
    return figures


@pytest.mark.usefixtures("folder")
class TestFigures:
    def test_a_table_with_a_line_for_each_policy(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert run(["-config", "c.yaml", "--workload", "w.yaml", "--compare", "fifo,plain-fifo"]) == 0
        lines = capsys.readouterr().out.splitlines()
        assert [line.split()[0] for line in lines[2:4]] == ["fifo", "plain-fifo"]

    def test_a_configuration_alone_is_enough(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert run(["-config", "c.yaml"]) == 0
        captured = capsys.readouterr()
        assert captured.out.splitlines()[2].startswith("fifo ")
        assert (
            captured.err == "no --workload and no --trace: twenty requests a minute for all models, ten minutes long\n"
        )

    def test_a_trace(self, capsys: pytest.CaptureFixture[str]) -> None:
        (figures,) = data(capsys, "--trace", "t.jsonl")
        # a is loaded at 10 and serves until 12, b is loaded at 23.
        assert (figures["requests"], figures["swaps"], figures["totalWait"]) == (2, 2, 10.0 + 22.0)

    def test_a_trace_on_the_machine_of_a_workload_and_with_its_requests(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (figures,) = data(capsys, "--trace", "t.jsonl", "--workload", "w.yaml")
        assert figures["requests"] == 2 + 8

    def test_what_the_configuration_says_of_the_scheduler_counts(self, capsys: pytest.CaptureFixture[str]) -> None:
        configured, other, never = data(
            capsys, "--trace", "t.jsonl", "--compare", "fifo,fifo+minResidency=0,fifo+maxWait=0"
        )
        assert configured["longestWait"] == {"bound": 45 + 2 + 1 + 10, "held": True, "reason": ""}
        assert configured["totalWait"] == other["totalWait"]
        assert never["longestWait"] == {"bound": None, "held": None, "reason": "maxWait is off"}

    def test_the_same_seed_gives_the_same_figures(self, capsys: pytest.CaptureFixture[str]) -> None:
        runs = [data(capsys, "--workload", "w.yaml", *seed) for seed in ([], ["--seed", "1"], ["--seed", "2"])]
        assert runs[0] == runs[1]
        assert runs[0] != runs[2]

    def test_a_directory_of_configurations(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        (folder / "conf.d").mkdir()
        (folder / "conf.d" / "c.yml").write_text(CONFIG, encoding="utf-8")
        assert run(["-config-dir", "conf.d", "--trace", "t.jsonl"]) == 0
        assert "fifo" in capsys.readouterr().out


@pytest.mark.usefixtures("folder")
class TestMistakes:
    def complaint(self, capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
        assert run(["-config", "c.yaml", *arguments]) == 1
        captured = capsys.readouterr()
        assert captured.out == ""
        return captured.err

    def test_no_such_file(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert "nothing.yaml" in self.complaint(capsys, "--workload", "nothing.yaml")

    def test_a_configuration_that_cannot_be_used(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        (folder / "c.yaml").write_text("startPort: high\n", encoding="utf-8")
        assert "c.yaml:1:12: startPort" in self.complaint(capsys)

    def test_a_configuration_without_models(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        (folder / "c.yaml").write_text("models: {}\n", encoding="utf-8")
        assert self.complaint(capsys) == "modelyard simulate: the configuration has no model\n"

    def test_a_workload_that_asks_for_nothing(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        (folder / "w.yaml").write_text("machine: {load: 3}\n", encoding="utf-8")
        assert "nobody asks for anything" in self.complaint(capsys, "--workload", "w.yaml")
        assert run(["-config", "c.yaml", "--workload", "w.yaml", "--trace", "t.jsonl"]) == 0

    def test_a_policy_that_nobody_knows(self, capsys: pytest.CaptureFixture[str]) -> None:
        message = 'modelyard simulate: unknown policy "fif" (did you mean "fifo"?)\n'
        assert self.complaint(capsys, "--compare", "fif") == message

    @pytest.mark.parametrize("arguments", [[], ["--config", "c.yaml", "--plot", "picture.gif"]])
    def test_usage(self, arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
        with pytest.raises(SystemExit) as caught:
            run(arguments)
        assert caught.value.code == 2
        assert "usage: modelyard simulate" in capsys.readouterr().err


class TestPictures:
    def draw(self, path: Path) -> bytes:
        assert run(["-config", "c.yaml", "--trace", "t.jsonl", "--plot", str(path)]) == 0
        return path.read_bytes()

    def test_a_page_and_an_svg(self, folder: Path) -> None:
        assert self.draw(folder / "p.html").startswith(b"<!doctype html>")
        assert self.draw(folder / "p.svg").startswith(b"<svg ")

    def test_pixels(self, folder: Path) -> None:
        assert self.draw(folder / "p.png").startswith(PNG)

    def test_without_the_extra_pixels_are_refused_before_the_work(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr("modelyard.app.cli.simulate.find_spec", lambda name: None)
        assert run(["-config", "c.yaml", "--trace", "t.jsonl", "--plot", "p.png"]) == 1
        captured = capsys.readouterr()
        assert captured.out == ""
        assert "pip install 'modelyard[plot]'" in captured.err
        assert not (folder / "p.png").exists()
