"""Doubts about configurations that load."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from modelyard.app.cli.main import main
from modelyard.app.lint import lint
from tests.config.helpers import load

MODELS = """
models:
  a: {cmd: run, proxy: "http://u"}
  b: {cmd: run, proxy: "http://u"}
  c: {cmd: run, proxy: "http://u"}
"""


def doubts(text: str) -> list[str]:
    """What is said about three models and these lines."""
    return [f"{doubt.path}: {doubt.message}" for doubt in lint(load(MODELS + text))]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "groups: {g: {swap: false, members: [a, b]}}",
        "groups: {g: {exclusive: false, persistent: true, members: [a]}}",
        "matrix: {sets: {s: a & b, t: c}}",
        "matrix: {sets: {s: a & b, t: +s & c}}",
        "hooks: {on_startup: {preload: [a]}}",
        "groups: {g: {swap: false, members: [a, b, c]}}\nhooks: {on_startup: {preload: [a, b, c]}}",
    ],
)
def test_nothing_to_say(text: str) -> None:
    assert doubts(text) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("groups: {g: {members: []}}", "groups.g: has no members, so it has no effect"),
        (
            "groups: {g: {members: [a]}, h: {persistent: true, members: [b, c]}}",
            "groups.g.exclusive: is exclusive, and all other groups are persistent: it can stop nobody",
        ),
        (
            "groups: {g: {exclusive: false, members: [a]}}",
            "groups.g.exclusive: leaves others alone, but each of them stops its members when it starts",
        ),
        (
            "matrix: {sets: {s: a & b}}",
            'matrix.sets: model "c" is in no set: whenever it is wanted, everything else stops',
        ),
        ("matrix: {vars: {v: a}, sets: {s: a | b | c}}", 'matrix.vars.v: means "a" and is used by no set'),
        (
            "matrix: {sets: {s: a & b & c, t: a & (b | c)}}",
            "matrix.sets.t: allows nothing that the other sets do not allow",
        ),
        (
            "matrix: {vars: {v: a}, sets: {s: v & b & c, r: b | c, t: v & +r}}",
            "matrix.sets.t: allows nothing that the other sets do not allow",
        ),
        (
            "hooks: {on_startup: {preload: [a, b, a]}}",
            'hooks.on_startup.preload: "a" can\'t be loaded beside the others of the list',
        ),
        (
            "profiles: {work: {pins: {one: a, two: b, off: ''}}}",
            'profiles.work.pins: "a" can\'t run beside the others that it pins: they will take turns',
        ),
    ],
)
def test_a_doubt(text: str, said: str) -> None:
    assert said in doubts(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("store: {path: FILE, captures: true}", ""),
        ("captureBuffer: 0\nstore: {path: FILE}", ""),
        ("captureBuffer: 0\nstore: {path: FILE, captures: true}", "has no effect: captureBuffer is 0"),
        ("recordRequests: false\nstore: {path: FILE, captures: true}", "has no effect: recordRequests is false"),
        ("store: {path: ':memory:', captures: true}", "has no effect: :memory: is no file"),
    ],
)
def test_captures_that_can_not_be_kept(text: str, said: str, tmp_path: Path) -> None:
    assert doubts(text.replace("FILE", str(tmp_path / "a.db"))) == ([f"store.captures: {said}"] if said else [])


def test_a_model_that_is_never_evicted_shuts_others_out() -> None:
    text = MODELS.replace('a: {cmd: run, proxy: "http://u"}', 'a: {cmd: run, proxy: "http://u", evictable: never}')
    (doubt,) = lint(load(text))
    assert doubt.path == "models.a.evictable"
    assert doubt.message == 'once it runs, requests for "b", "c" are refused'
    assert lint(load(text + "groups: {g: {swap: false, members: [a, b, c]}}")) == []


def test_large_sets_are_left_alone() -> None:
    """Their combinations double with each model; nobody waits for a doubt."""
    models = [f"m{number}" for number in range(40)]
    text = "models:\n" + "".join(f'  {model}: {{cmd: run, proxy: "http://u"}}\n' for model in models)
    assert lint(load(text + f"matrix: {{sets: {{s: {' & '.join(models)}, t: {' | '.join(models)}}}}}")) == []


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "models.yaml"
    path.write_text(MODELS, encoding="utf-8")
    assert main(["lint", str(path)]) == 0
    assert capsys.readouterr().out == f"{path}: nothing to say\n"
    path.write_text(MODELS + "groups: {g: {members: []}}\n", encoding="utf-8")
    assert main(["lint", "--config", str(path)]) == 1
    assert "groups.g: has no members, so it has no effect (name its members, or remove it)" in capsys.readouterr().out
    assert main(["lint", "--json", str(path)]) == 1
    assert json.loads(capsys.readouterr().out)["doubts"][0]["path"] == "groups.g"
    path.write_text("models: [", encoding="utf-8")
    assert main(["lint", str(path)]) == 1
    assert "not YAML" in capsys.readouterr().err


def test_a_model_that_leaves_when_idle_and_never_is() -> None:
    text = MODELS.replace('a: {cmd: run, proxy: "http://u"}', 'a: {cmd: run, proxy: "http://u", evictable: idle}')
    assert [doubt.path for doubt in lint(load(text))] == ["models.a.evictable"]
    assert lint(load("globalTTL: 60\n" + text)) == []
