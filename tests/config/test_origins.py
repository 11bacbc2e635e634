"""Where a value comes from: its place, the detours on the way, and what was filled in."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from modelyard.config.origins import DEFAULT, Origins, rule
from modelyard.config.sources import Source, parse_config

FILE = "m.yaml"


def origins(text: str, environment: Mapping[str, str] | None = None) -> Origins:
    """The origins of a text that loads."""
    sources = [Source(FILE, text)]
    parse_config(sources, environment or {})
    return Origins(sources, environment or {})


def told(text: str, *path: str | int, environment: Mapping[str, str] | None = None) -> list[str]:
    return [str(origin) for origin in origins(text, environment).of(*path)]


def test_a_value_stands_somewhere() -> None:
    text = "models:\n  a:\n    cmd: run\n    proxy: http://u\n    env: [A=1, B=2]\n"
    assert told(text, "models", "a", "cmd") == ["m.yaml:3:10"]
    assert told(text, "models", "a", "env", 1) == ["m.yaml:5:16"]


@pytest.mark.parametrize("value", ["", " ~", " null"])
def test_null_is_nowhere(value: str) -> None:
    assert told(f"globalTTL:{value}\n", "globalTTL") == []


@pytest.mark.parametrize("path", [("globalTTL",), ("models", "a", "ttl"), ("models", "b"), ("globalTTL", "x", 1)])
def test_what_is_not_written_is_nowhere(path: tuple[str | int, ...]) -> None:
    assert told("models: {a: {proxy: http://u}}", *path) == []


def test_nulls_in_a_list_are_not_counted() -> None:
    assert told("apiKeys: [~, one, ~, two]", "apiKeys", 1) == ["m.yaml:1:22"]


def test_macros_are_named_in_the_order_in_which_they_are_filled_in() -> None:
    text = """
macros:
  ROOT: /models
  UNUSED: 1
  SERVER: run --port ${PORT} -m ${ROOT}/${MODEL_ID}
models:
  a:
    cmd: ${SERVER}
"""
    assert told(text, "models", "a", "cmd") == [
        "m.yaml:8:10",
        "macro SERVER at m.yaml:5:11",
        "macro ROOT at m.yaml:3:9",
        "the model's id",
        "the port that is handed out",
    ]


def test_a_macro_of_the_model_comes_before_the_global_one() -> None:
    text = """
macros: {IDLE: 900}
models:
  a: {cmd: "run ${PORT}", ttl: "${IDLE}", macros: {IDLE: 60}}
  b: {cmd: "run ${PORT}", ttl: "${IDLE}"}
"""
    assert told(text, "models", "a", "ttl") == ["m.yaml:4:32", "macro IDLE at m.yaml:4:58"]
    assert told(text, "models", "b", "ttl") == ["m.yaml:5:32", "macro IDLE at m.yaml:2:16"]


def test_macros_in_comment_lines_of_a_command_do_not_count() -> None:
    text = "macros: {A: 1, B: 2}\nmodels:\n  m:\n    proxy: http://u\n    cmd: |\n      run ${A}\n      # ${B}\n"
    assert told(text, "models", "m", "cmd") == ["m.yaml:5:10", "macro A at m.yaml:1:13"]


def test_macros_of_a_list_or_a_mapping_are_those_in_it() -> None:
    text = "macros: {A: 1}\nmodels: {m: {proxy: http://u, filters: {setParams: {x: [{y: '${A}'}]}}}}\n"
    found = told(text, "models", "m", "filters", "setParams")
    assert found == ["m.yaml:2:52", "macro A at m.yaml:1:13"]


def test_a_merge_key_is_a_detour() -> None:
    text = """
x-base: &base
  ttl: 60
  timeouts: {connect: 5}
models:
  a:
    <<: *base
    proxy: http://u
"""
    assert told(text, "models", "a", "ttl") == ["m.yaml:3:8", "merge key << at m.yaml:7:5"]
    assert told(text, "models", "a", "timeouts", "connect") == ["m.yaml:4:23", "merge key << at m.yaml:7:5"]
    assert told(text, "models", "a", "proxy") == ["m.yaml:8:12"]


def test_an_alias_of_an_anchor_is_a_detour() -> None:
    text = "x-env: &env [A=1]\nmodels:\n  a:\n    proxy: http://u\n    env: *env\n"
    assert told(text, "models", "a", "env") == ["m.yaml:1:8", "alias of an anchor at m.yaml:5:5"]
    assert told(text, "models", "a", "env", 0) == ["m.yaml:1:14", "alias of an anchor at m.yaml:5:5"]


def test_environment_variables_are_named() -> None:
    text = "macros:\n  HOME: ${env.HOME}\nmodels:\n  a:\n    proxy: http://u\n    cmd: ${HOME}/run ${env.FLAGS}\n"
    assert told(text, "models", "a", "cmd", environment={"HOME": "/home/me", "FLAGS": "-v"}) == [
        "m.yaml:6:10",
        "macro HOME at m.yaml:2:9",
        "environment variable HOME",
        "environment variable FLAGS",
    ]


def test_environment_variables_that_make_the_yaml_are_not_guessed_at() -> None:
    text = "globalTTL: ${env.TTL}\nmodels: ${env.MODELS}\napiKeys: [${env.KEYS}]\n"
    environment = {"TTL": "7", "MODELS": "{a: {proxy: http://u}}", "KEYS": "one, two"}
    assert told(text, "apiKeys", 1, environment=environment) == ["m.yaml:3:11"]


def test_a_key_that_passes_its_value_on_is_named() -> None:
    found = origins("globalTTL: 60\n")
    assert [str(origin) for origin in found.inherited("globalTTL")] == ["globalTTL at m.yaml:1:12"]
    assert [str(origin) for origin in found.inherited("unloadTimeout")] == ["default of unloadTimeout"]


def test_the_place_of_a_key() -> None:
    found = origins("groups:\n  g:\n    members: []\n")
    assert [str(origin) for origin in found.of_key("groups", "g")] == ["m.yaml:2:3"]
    assert found.of_key("groups", "h") == ()
    assert found.of_key("matrix", "sets") == ()


def test_what_a_value_comes_to() -> None:
    found = origins("macros: {N: 7}\nglobalTTL: ${N}\nstartPort: 6000\n")
    assert found.value("globalTTL") == 7
    assert found.value("startPort") == 6000
    assert found.value("unloadTimeout") is None


def test_of_several_files_each_value_has_its_own() -> None:
    sources = [
        Source("a.yaml", "models: {a: {proxy: http://u}}\n"),
        Source("b.yaml", "models: {b: {proxy: http://u}}\n"),
    ]
    found = Origins(sources, {})
    assert str(found.of("models", "a", "proxy")[0]) == "a.yaml:1:21"
    assert str(found.of("models", "b", "proxy")[0]) == "b.yaml:1:21"


def test_reasons_in_words() -> None:
    assert str(DEFAULT) == "default"
    assert str(rule("raised to 15")) == "raised to 15"
