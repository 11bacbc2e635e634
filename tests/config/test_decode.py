"""Conversions to the types of keys (the table of spec config 7)."""

from __future__ import annotations

import pytest

from tests.config.helpers import load, load_model, the_problem


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes", True),
        ("Off", False),
        ('"on"', True),
        ("'N'", False),
        ("true", True),
        ("FALSE", False),
        ("~", False),
    ],
)
def test_booleans(text: str, value: bool) -> None:
    assert load_model(f'{{proxy: "http://u", unlisted: {text}}}').unlisted is value


@pytest.mark.parametrize("text", ['"true"', "1", "0.0", "[yes]", "YeS", "2031-01-01"])
def test_what_is_no_boolean(text: str) -> None:
    problem = the_problem(f'models: {{alpha: {{proxy: "http://u", unlisted: {text}}}}}')
    assert problem.path == "models.alpha.unlisted"
    assert "expected a boolean" in problem.message


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0x20", 32),
        ("0o20", 16),
        ("020", 16),
        ("08", 8),
        ("2_500", 2500),
        ("2.5e2", 250),
        ("7.9", 7),
        ("~", 0),
        ("9223372036854775807", 2**63 - 1),
    ],
)
def test_integers(text: str, value: int) -> None:
    assert load(f"globalTTL: {text}").global_ttl == value


def test_floats_are_cut_off_towards_zero() -> None:
    assert load_model('{proxy: "http://u", concurrencyLimit: -7.9}').concurrency_limit == -7


@pytest.mark.parametrize(
    "text", ['"250"', "true", "1:30", ".inf", ".nan", "9223372036854775808", "1e30", "[1]", "{a: 1}", "2031-01-01"]
)
def test_what_is_no_integer(text: str) -> None:
    problem = the_problem(f"globalTTL: {text}")
    assert "expected an integer number of seconds, found" in problem.message


def test_the_remedy_shows_the_number_that_was_meant() -> None:
    assert the_problem('globalTTL: "250"').remedy == "write globalTTL: 250"
    assert the_problem("startPort: abc").remedy == "write startPort: 5800"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12", "12"),
        ("2.50", "2.5"),
        ("3.0", "3"),
        ("0x1F", "31"),
        ("TRUE", "true"),
        ("Yes", "Yes"),
        ("2031-05-06", "2031-05-06T00:00:00Z"),
        ("4000000.0", "4e+06"),
        ("", "info"),
        ('""', ""),
        ("!custom 5", "5"),
    ],
)
def test_strings(text: str, value: str) -> None:
    assert load(f"logLevel: {text}").log_level == value


@pytest.mark.parametrize("text", ["[debug]", "{a: b}"])
def test_what_is_no_string(text: str) -> None:
    assert "expected a string" in the_problem(f"logLevel: {text}").message


@pytest.mark.parametrize(("text", "value"), [("[k1, ~, 7, 1.50]", ("k1", "7", "1.5")), ("~", ()), ("[]", ())])
def test_lists(text: str, value: tuple[str, ...]) -> None:
    assert load_model(f'{{proxy: "http://u", env: {text}}}').env == value


@pytest.mark.parametrize(
    ("text", "path", "fragment"),
    [
        ("k1", "env", "a list of strings ([]string)"),
        ("{A: 1}", "env", "[]string"),
        ("[a, [b]]", "env[1]", "expected a string, found a sequence"),
    ],
)
def test_what_is_no_list_of_strings(text: str, path: str, fragment: str) -> None:
    problem = the_problem(f'models: {{alpha: {{proxy: "http://u", env: {text}}}}}')
    assert problem.path == f"models.alpha.{path}"
    assert fragment in problem.message


@pytest.mark.parametrize(
    ("text", "path", "found"),
    [
        ("models: [alpha]", "models", "a sequence"),
        ("models: {alpha: run}", "models.alpha", 'the string "run"'),
        ("groups: {g: [beta]}", "groups.g", "a sequence"),
        ("routing: 5", "routing", "the number 5"),
        ("routing: {router: true}", "routing.router", "the boolean true"),
        ("upstream: 2031-01-01", "upstream", "the date 2031-01-01T00:00:00Z"),
        ("upstream: " + "x" * 60, "upstream", 'the string "' + "x" * 40 + '…"'),
    ],
)
def test_what_is_no_mapping(text: str, path: str, found: str) -> None:
    problem = the_problem(text)
    assert problem.path == path
    assert problem.message == f"expected a mapping, found {found}"


def test_unknown_keys_are_warned_of_at_their_place_with_a_suggestion() -> None:
    text = """modles: 1
models:
  alpha:
    proxy: http://u
    cmd: run
    alias: [a]
x-mine: 1
groups: {g: {swapp: 1}}
"""
    assert load(text).warnings == (
        'models.yaml:1:1: modles: unknown key, ignored (did you mean "models"?)',
        'models.yaml:6:5: models.alpha.alias: unknown key, ignored (did you mean "aliases"?)',
        'models.yaml:8:14: groups.g.swapp: unknown key, ignored (did you mean "swap"?)',
    )


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ('models: {alpha: {cmd: "${PORT}", sleep: {after: 5}}}', "models.alpha.sleep"),
        ('models: {alpha: {cmd: "${PORT}", hooks: {ready: x}}}', "models.alpha.hooks"),
    ],
)
def test_what_is_not_supported_yet_is_ignored_with_one_warning(text: str, path: str) -> None:
    (warning,) = load(text).warnings
    assert warning.endswith(f": {path}: not supported yet, ignored")


@pytest.mark.parametrize("text", ["hooks:", "peers: {}", "ui: ~", "stateDir: ~", "maxBody: ~"])
def test_nothing_is_said_where_nothing_is_lost(text: str) -> None:
    config = load(text)
    assert config.warnings == config.without_effect == ()


def test_what_has_no_effect_yet_is_listed_once_for_all_models() -> None:
    config = load(
        "logRequests: true\nmodels:\n"
        '  alpha: {cmd: "${PORT}", healthCheckTimeout: 20, filters: {}}\n'
        '  beta: {cmd: "${PORT}", healthCheckTimeout: 30}\n'
        '  gamma: {cmd: "${PORT}", compat: {ignoreWebsockets: true}}\n'
    )
    assert config.without_effect == (
        "logRequests",
        "models.alpha.healthCheckTimeout (and of 1 more)",
    )
    assert config.warnings == ()
