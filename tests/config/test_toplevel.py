"""The plain keys of the top level (spec config 12)."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelyard.config.schema import Config
from tests.config.helpers import load, the_problem

AB = """
models:
  alpha: {cmd: run, proxy: "http://u", aliases: [al]}
  beta: {cmd: run, proxy: "http://u"}
groups: {all: {swap: false, members: [alpha, beta]}}
"""


def test_an_empty_file_means_the_defaults() -> None:
    config = load("")
    assert (config.health_check_timeout, config.start_port, config.unload_timeout) == (120, 5800, 10)
    assert (config.log_level, config.log_to_stdout, config.log_time_format) == ("info", "proxy", "")
    assert (config.metrics_max_in_memory, config.capture_buffer, config.store) == (1000, 5, None)
    assert (config.warnings, config.without_effect, config.unbuildable) == ((), (), ())


@pytest.mark.parametrize(
    ("text", "attribute", "value"),
    [
        ("healthCheckTimeout: 4", "health_check_timeout", 15),
        ("healthCheckTimeout: -1", "health_check_timeout", 15),
        ("startPort: 1", "start_port", 1),
        ("startPort: 70000", "start_port", 70000),
        ("unloadTimeout: 0", "unload_timeout", 10),
        ("logLevel: shout", "log_level", "shout"),
        ("logToStdout: ~", "log_to_stdout", "proxy"),
        ("captureBuffer: -3", "capture_buffer", -3),
        ("metricsMaxInMemory: -3", "metrics_max_in_memory", -3),
        ("logRequests: on", "log_requests", True),
        ("includeAliasesInList: y", "include_aliases_in_list", True),
    ],
)
def test_what_is_accepted(text: str, attribute: str, value: object) -> None:
    assert getattr(load(text), attribute) == value


@pytest.mark.parametrize(
    ("text", "path", "fragment"),
    [
        ("startPort: 0", "startPort", "at least 1"),
        ("globalTTL: -1", "globalTTL", "at least 0"),
        ("unloadTimeout: -1", "unloadTimeout", "at least 0"),
        ("logToStdout: stderr", "logToStdout", '"stderr" is none of proxy, upstream, both, none'),
        ("logToStdout: Both", "logToStdout", 'did you mean "both"?'),
        ('logToStdout: ""', "logToStdout", "none of"),
        ('apiKeys: [one, ""]', "apiKeys[1]", "API key must not be empty"),
        ('apiKeys: [~, one, "t wo"]', "apiKeys[1]", "must not contain a space"),
        ("apiKeys: [{key: a b}]", "apiKeys[0].key", "must not contain a space"),
        ("apiKeys: [{name: nobody}]", "apiKeys[0]", "must not be empty"),
        ("apiKeys: [{key: a, keyHash: b}]", "apiKeys[0].keyHash", "either key or keyHash"),
        ("apiKeys: [{keyHash: sha256:abc}]", "apiKeys[0].keyHash", "64 hexadecimal digits"),
        ("apiKeys: [{key: a, routes: [all]}]", "apiKeys[0].routes[0]", "inference"),
        ("apiKeys: [{key: a, maxConcurrent: -1}]", "apiKeys[0].maxConcurrent", "at least 0"),
        ("apiKeys: [a, {key: a}]", "apiKeys[1].key", "already in the list"),
        ("apiKeys: [{key: a}, a]", "apiKeys[1]", "already in the list"),
    ],
)
def test_what_is_refused(text: str, path: str, fragment: str) -> None:
    problem = the_problem(text)
    assert problem.path == path
    assert fragment in str(problem)


@pytest.mark.parametrize(
    ("text", "fragment"),
    [
        ("healthCheckTimeout: 4", "healthCheckTimeout: raised to 15"),
        ("logLevel: wran", '"wran" means info'),
        ("logTimeFormat: rfc333", 'did you mean "rfc3339"?'),
    ],
)
def test_what_is_doubtful(text: str, fragment: str) -> None:
    (warning,) = load(text).warnings
    assert fragment in warning


def test_a_key_with_a_mistake_is_shown_where_it_stands_also_behind_nulls() -> None:
    problem = the_problem('apiKeys:\n  - ~\n  - fine\n  - "not fine"')
    assert (problem.line, problem.path) == (4, "apiKeys[1]")


@pytest.mark.parametrize(
    ("text", "headers"),
    [
        ("", ("X-Session-ID", "X-Litellm-Session-Id")),
        ("ui: {activity: ~}", ("X-Session-ID", "X-Litellm-Session-Id")),
        ("ui: {activity: {session_id: ~}}", ()),
        ("ui: {activity: {session_id: []}}", ()),
        ('ui: {activity: {session_id: [" X-One ", x-one, "", X-Two]}}', ("X-One", "X-Two")),
    ],
)
def test_headers_that_name_a_session(text: str, headers: tuple[str, ...]) -> None:
    assert load(text).ui.activity.session_id == headers


@pytest.mark.parametrize(
    ("preload", "models"),
    [
        ('[" alpha ", al, "", beta, alpha]', ("alpha", "alpha", "beta", "alpha")),
        ("[]", ()),
        ("~", ()),
    ],
)
def test_what_is_loaded_at_the_start(preload: str, models: tuple[str, ...]) -> None:
    config = load(AB + f"hooks: {{on_startup: {{preload: {preload}}}}}")
    assert (config.preload, config.warnings) == (models, ())


def test_unknown_names_to_preload_are_dropped_with_a_warning() -> None:
    config = load(AB + "hooks: {on_startup: {preload: [aplha, beta]}}")
    assert config.preload == ("beta",)
    (warning,) = config.warnings
    assert 'preload[0]: "aplha" is no model of this machine, ignored (did you mean "alpha"?)' in warning


def test_models_that_take_turns_are_not_all_there_after_preloading() -> None:
    config = load(AB.partition("groups")[0] + "hooks: {on_startup: {preload: [alpha, beta]}}")
    assert config.preload == ("alpha", "beta")
    (warning,) = config.warnings
    assert 'their group "(default)" has swap: true' in warning


def test_a_preload_that_is_no_list() -> None:
    assert "[]string" in the_problem(AB + "hooks: {on_startup: {preload: alpha}}").message


def test_a_store_that_can_be_made(tmp_path: Path) -> None:
    config: Config = load(f"store: {{path: {tmp_path}/activity.db}}")
    assert config.store is not None
    assert config.store.path == f"{tmp_path}/activity.db"
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("text", "path", "fragment"),
    [
        ("store: {}", "store.path", "must not be empty"),
        ("store: {captures: true}", "store.path", "must not be empty"),
        ('store: {path: "  "}', "store.path", "must not be empty"),
        ("store: {path: /usr}", "store.path", "is a directory"),
        ("store: {path: /no/such/place/a.db}", "store.path", "/no/such/place does not exist"),
        ("store: {path: /etc/passwd/a.db}", "store.path", "can't be used"),
        ("store: /tmp/a.db", "store", "expected a mapping"),
        ("store: {path: [a]}", "store.path", "expected a string"),
    ],
)
def test_a_store_that_can_not(text: str, path: str, fragment: str) -> None:
    problem = the_problem(text)
    assert problem.path == path
    assert fragment in problem.message
