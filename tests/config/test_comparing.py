"""The values that a new configuration changes."""

from __future__ import annotations

from typing import Any

from modelyard.config.comparing import value_changes
from tests.config.helpers import load

BASE = """
apiKeys: [first-secret-key]
macros: {engine: run}
models:
  a: {cmd: '${engine} ${PORT}', ttl: 5, env: [HF_TOKEN=first, X=1], aliases: [one]}
  b: {cmd: 'run b', proxy: 'http://u'}
routing: {scheduler: {settings: {fifo: {maxWait: 30}}}}
"""


def changed(*edits: tuple[str, str]) -> list[tuple[str, Any, Any]]:
    """What differs after some words were replaced."""
    text = BASE
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    return [(one.path, one.before, one.after) for one in value_changes(load(BASE), load(text))]


def test_nothing_differs_from_itself() -> None:
    assert changed() == []


def test_a_value_is_told_with_the_one_before() -> None:
    assert changed(("ttl: 5", "ttl: 60")) == [("models.a.ttl", 5, 60)]
    assert changed(("maxWait: 30", "maxWait: 60")) == [("routing.scheduler.settings.fifo.maxWait", 30, 60)]
    assert changed((", aliases: [one]", "")) == [("models.a.aliases", ["one"], [])]


def test_a_macro_is_told_with_all_that_it_changes() -> None:
    assert changed(("engine: run", "engine: serve")) == [
        ("macros.engine", "run", "serve"),
        ("models.a.cmd", "run 5800", "serve 5800"),
    ]


def test_models_that_come_and_go_are_not_told_value_by_value() -> None:
    assert changed(("  b: {", "  c: {")) == []


def test_all_models_may_go_and_come() -> None:
    full, empty = load(BASE), load("")
    assert {one.path for one in value_changes(full, empty)} == {
        "apiKeys",
        "macros.engine",
        "macros",
        "routing.scheduler.settings.fifo.maxWait",
    }
    assert len(value_changes(empty, full)) == 4


def test_secrets_are_not_told() -> None:
    assert changed(("first-secret-key", "second-secret-key")) == []
    assert changed(("HF_TOKEN=first, X=1", "HF_TOKEN=second, X=2")) == [
        ("models.a.env", ["HF_TOKEN=(hidden)", "X=1"], ["HF_TOKEN=(hidden)", "X=2"])
    ]
