"""What a new configuration changes (DESIGN section 4)."""

from __future__ import annotations

import pytest

from modelyard.config.diff import Changes, changes_between
from modelyard.config.schema import HeldPorts
from modelyard.config.sources import Source, parse_config
from tests.config.helpers import load

BASE = """
startPort: 6000
models:
  alpha: {cmd: "run ${PORT}", aliases: [al]}
  beta: {cmd: "run ${PORT} b", env: [A=1]}
"""


def changes(text: str) -> Changes:
    """What a reload from BASE to the text changes; ports are held as a reload holds them."""
    old = load(BASE)
    held = HeldPorts(by_model={model.id: model.port for model in old.models.values() if model.port is not None})
    return changes_between(old, parse_config([Source("c.yaml", text)], {}, held=held))


def test_the_same_file_changes_nothing() -> None:
    assert not changes(BASE)
    assert str(changes(BASE)) == "nothing changed"
    assert not changes(BASE + "# a comment\nx-notes: 5\n")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("run ${PORT} b", "run ${PORT} c"),
        ("A=1", "A=2"),
        ("env: [A=1]", "env: [A=1], proxy: 'http://127.0.0.1:${PORT}'"),
    ],
)
def test_what_the_process_is_made_of_restarts_it(old: str, new: str) -> None:
    assert changes(BASE.replace(old, new)) == Changes(restarted=("beta",))


@pytest.mark.parametrize(
    "key",
    [
        "ttl: 5",
        "cmdStop: 'kill ${PID}'",
        "checkEndpoint: /ok",
        "parallel: 3",
        "filters: {stripParams: a}",
        "unlisted: yes",
    ],
)
def test_everything_else_applies_to_the_process_that_runs(key: str) -> None:
    assert changes(BASE.replace("env: [A=1]", f"env: [A=1], {key}")) == Changes(updated=("beta",))


def test_a_model_that_sorts_before_the_others_restarts_nobody() -> None:
    """Its port would be the first one on a fresh start, and everybody else's the next."""
    assert changes(BASE + '  aaa: {cmd: "run ${PORT}"}\n') == Changes(added=("aaa",))


def test_settings_are_named_by_their_keys_and_secrets_are_not_shown() -> None:
    found = changes("globalTTL: 5\napiKeys: [secret-key]\n" + BASE)
    assert found.settings == ("globalTTL", "apiKeys")
    assert "secret-key" not in str(found)


def test_all_of_it_in_one_sentence() -> None:
    text = BASE.replace("alpha", "gamma").replace("A=1", "A=2").replace("6000", "6100")
    assert str(changes(text)) == (
        "added gamma; removed alpha; changed, to be started anew when idle: beta; settings: startPort"
    )
