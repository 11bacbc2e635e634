"""Keys of the top level (spec config 12)."""

from __future__ import annotations

import pytest
import re2

from modelyard.config.document import ApiKeyEntry
from modelyard.config.schema import Config
from tests.config.helpers import load, the_problem


def test_everything_has_a_default() -> None:
    config = load("")
    assert config == Config(groups=config.groups)


@pytest.mark.parametrize(("seconds", "timeout"), [(4, 15), (-1, 15), (15, 15), (200, 200)])
def test_a_health_check_timeout_has_a_least_value(seconds: int, timeout: int) -> None:
    config = load(f"healthCheckTimeout: {seconds}")
    assert config.health_check_timeout == timeout
    assert bool(config.warnings) is (seconds < 15)


@pytest.mark.parametrize(
    ("text", "key", "fragment"),
    [
        ("startPort: 0", "startPort", "at least 1"),
        ("globalTTL: -1", "globalTTL", "at least 0"),
        ("unloadTimeout: -1", "unloadTimeout", "at least 0"),
    ],
)
def test_what_is_out_of_bounds(text: str, key: str, fragment: str) -> None:
    problem = the_problem(text)
    assert problem.path == key
    assert fragment in problem.message


def test_bounds_that_existing_files_rely_on() -> None:
    assert load("startPort: 1").start_port == 1
    assert load("startPort: 70000").start_port == 70000
    assert load("unloadTimeout: 0").unload_timeout == 10


def test_a_log_level_is_kept_as_written_and_an_unknown_one_is_warned_of() -> None:
    assert load("logLevel: ' Debug '").log_level == " Debug "
    assert load("logLevel: ' Debug '").warnings == ()
    config = load("logLevel: shout")
    assert config.log_level == "shout"
    assert 'logLevel: "shout" means info' in config.warnings[0]


@pytest.mark.parametrize(
    ("text", "path", "ignored"),
    [
        ("", "/app.js", True),
        ("", "/app.JS", False),
        ("", "/i.jpeg", True),
        ("", "/v1/models", False),
        ("upstream: {ignorePaths: []}", "/data.json", True),
        ("upstream: {ignorePaths: ['^/ws$']}", "/ws", True),
        ("upstream: {ignorePaths: ['^/ws$']}", "/ws/1", False),
        ("upstream: {ignorePaths: ['^/ws$']}", "/x.js", False),
        ("upstream: {ignorePaths: [live]}", "/a/live/b", True),
        ("upstream: {ignorePaths: [live]}", "/LIVE", False),
    ],
)
def test_ignored_paths(text: str, path: str, ignored: bool) -> None:
    assert any(re2.search(pattern, path) for pattern in load(text).ignore_paths) is ignored


@pytest.mark.parametrize("pattern", ["(", "a(?!b)", r"(a)\1"])
def test_a_pattern_must_be_one_of_re2(pattern: str, capfd: pytest.CaptureFixture[str]) -> None:
    problem = the_problem(f"upstream:\n  ignorePaths:\n    - fine\n    - '{pattern}'")
    assert (problem.path, problem.line, problem.column) == ("upstream.ignorePaths[1]", 4, 7)
    assert "not an RE2 pattern" in problem.message
    assert capfd.readouterr() == ("", "")


def test_api_keys_are_texts_or_have_bounds() -> None:
    config = load("apiKeys: [secret-key, {key: team-key, name: team, models: [q*], maxConcurrent: 2, priority: 5}]")
    plain, bounded = config.api_keys
    assert plain == "secret-key"
    assert bounded == ApiKeyEntry(key="team-key", name="team", models=("q*",), max_concurrent=2, priority=5)
    assert bounded.routes == ("inference",)
    assert (config.unbuildable, config.warnings) == ((), ())


@pytest.mark.parametrize("text", ["apiKeys:", "apiKeys: []", "apiKeys: [~]"])
def test_no_api_keys_are_no_api_keys(text: str) -> None:
    config = load(text)
    assert (config.warnings, config.unbuildable, config.api_keys) == ((), (), ())
