"""What a name means, and every value of it with its origins."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelyard.app.meaning.facts import Explanation, Fact
from modelyard.app.meaning.model import part
from modelyard.app.meaning.names import explain, known_names
from modelyard.config.document import ModelEntry
from modelyard.config.origins import Origins
from modelyard.config.sources import Source, parse_config

EXAMPLE = Path(__file__).parents[3] / "examples" / "complete.yaml"
ENVIRONMENT = {"HOME": "/home/me", "HF_TOKEN": "hf_example", "MODELYARD_KEY": "k-1"}


def explained(text: str, name: str) -> Explanation:
    sources = [Source("m.yaml", text)]
    found = explain(parse_config(sources, ENVIRONMENT), Origins(sources, ENVIRONMENT), name)
    assert found is not None
    return found


def facts(explanation: Explanation) -> dict[str, Fact]:
    return {fact.key: fact for section in explanation.sections.values() for fact in section}


def fact(text: str, name: str, key: str) -> tuple[object, list[str]]:
    """A value, and where it comes from."""
    found = facts(explained(text, name))[key]
    return found.value, [str(origin) for origin in found.origins]


def model(body: str, before: str = "") -> str:
    return f"{before}\nmodels:\n  a: {{cmd: 'run ${{PORT}}', {body}}}\n"


def test_a_model_and_its_alias() -> None:
    text = model("aliases: [small]")
    assert explained(text, "a").summary == "a model"
    found = explained(text, "small")
    assert (found.kind, found.name) == ("model", "a")
    assert found.summary == 'a model, which "small" is an alias of'


def test_what_nobody_knows() -> None:
    sources = [Source("m.yaml", model("aliases: [small]"))]
    config = parse_config(sources, {})
    assert explain(config, Origins(sources, {}), "large") is None
    assert known_names(config) == ["a", "small"]


def test_the_command_is_that_which_is_started() -> None:
    text = "macros: {S: 'run --port ${PORT}'}\nmodels:\n  b: {cmd: \"${PORT} ${S} 'two words'\"}\n"
    value, origins = fact(text, "b", "cmd")
    assert value == ["5800", "run", "--port", "5800", "two words"]
    assert origins == ["m.yaml:3:12", "macro S at m.yaml:1:13", "the port that is handed out"]


def test_the_port_says_whose_turn_it_was() -> None:
    text = "startPort: 6000\nmodels: {b: {cmd: 'x ${PORT}'}, a: {cmd: 'x ${PORT}'}, c: {cmd: x, proxy: http://u}}\n"
    assert fact(text, "b", "port") == (
        6001,
        ["handed out: 2nd of the 2 models that ask for one, by id", "startPort at m.yaml:1:12"],
    )
    assert facts(explained(text, "c"))["port"].note == "cmd does not ask for one by ${PORT}"


def test_the_default_proxy_has_the_port() -> None:
    assert fact(model(""), "a", "proxy") == ("http://localhost:5800", ["default", "the port that is handed out"])


@pytest.mark.parametrize(
    ("body", "before", "value", "origins"),
    [
        ("ttl: 60", "globalTTL: 5", 60, ["m.yaml:3:32"]),
        ("", "globalTTL: 5", 5, ["globalTTL at m.yaml:1:12"]),
        ("ttl: -1", "globalTTL: 5", 5, ["m.yaml:3:32", "globalTTL at m.yaml:1:12"]),
        ("", "", 0, ["default of globalTTL"]),
    ],
)
def test_the_ttl_may_be_that_of_all(body: str, before: str, value: int, origins: list[str]) -> None:
    assert fact(model(body, before), "a", "ttl") == (value, origins)


def test_the_unload_timeout_may_be_that_of_all() -> None:
    assert fact(model("unloadTimeout: 0", "unloadTimeout: 7"), "a", "unloadTimeout") == (
        7,
        ["m.yaml:3:42", "unloadTimeout at m.yaml:1:16"],
    )


def test_a_start_timeout_of_its_own() -> None:
    assert fact(model("startTimeout: 9", "healthCheckTimeout: 60"), "a", "startTimeout") == (9, ["m.yaml:3:41"])


def test_a_health_check_timeout_that_is_raised_says_so() -> None:
    assert fact(model("", "healthCheckTimeout: 3"), "a", "startTimeout") == (
        15,
        ["healthCheckTimeout at m.yaml:1:21", "raised to 15, the least there is"],
    )
    assert fact(model("", "healthCheckTimeout: 15"), "a", "startTimeout")[1] == ["healthCheckTimeout at m.yaml:1:21"]


@pytest.mark.parametrize(
    ("name", "body", "value", "origin"),
    [
        ("a", "", 10, "default"),
        ("a", "parallel: 3, concurrencyLimit: 5", 3, "m.yaml:3:37"),
        ("a", "concurrencyLimit: 5", 5, "as many as concurrencyLimit"),
        ("comfyui_auto", "", 50, "the allowance of comfyui_auto"),
    ],
)
def test_how_many_requests_at_a_time(name: str, body: str, value: int, origin: str) -> None:
    found, origins = fact(model(body).replace("  a:", f"  {name}:"), name, "parallel")
    assert (found, origins[0]) == (value, origin)


def test_what_one_model_is_granted_is_no_default() -> None:
    text = "models: {comfyui_auto: {cmd: 'run ${PORT}', concurrencyLimit: 7}}\n"
    assert fact(text, "comfyui_auto", "concurrencyLimit") == (50, ["m.yaml:1:63", "the allowance of comfyui_auto"])
    assert fact(text, "comfyui_auto", "compat.ignoreWebsockets") == (True, ["default", "the allowance of comfyui_auto"])


def test_a_priority_may_be_that_of_an_alias() -> None:
    routing = "routing: {scheduler: {settings: {fifo: {priority: {NAME: 5}}}}}"
    assert fact(model("", routing.replace("NAME", "a")), "a", "priority") == (5, ["m.yaml:1:55"])
    assert fact(model("aliases: [al]", routing.replace("NAME", "al")), "a", "priority") == (
        5,
        ["m.yaml:1:56", 'that of its alias "al"'],
    )
    assert fact(model(""), "a", "priority") == (0, ["default"])


def test_aliases_that_come_from_filters_say_so() -> None:
    text = model("aliases: [one], filters: {setParamsByID: {two: {t: 1}}}")
    assert fact(text, "a", "aliases[0]") == ("one", ["m.yaml:3:37"])
    value, origins = fact(text, "a", "aliases[1]")
    assert (value, origins[-1]) == ("two", "a name of setParamsByID")


def test_filters_are_what_they_come_down_to() -> None:
    value, origins = fact(model("filters: {strip_params: 'seed, model, best_of'}"), "a", "filters.stripParams")
    assert value == ["best_of", "seed"]
    assert origins == ["m.yaml:3:51"]


def test_every_key_of_a_model_is_explained() -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    found = {part(key) for key in facts(explained(text, "qwen"))}
    fields = {field for field in ModelEntry.__struct_encode_fields__ if field != "macros"}
    assert fields <= found


def test_a_selector_says_what_its_targets_are() -> None:
    text = """
models: {a: {cmd: 'x ${PORT}', aliases: [b]}}
peers: {p: {proxy: 'https://u', models: [m]}}
selectors: {s: {strategy: pin, targets: [a, b, m]}}
"""
    found = explained(text, "s")
    assert found.kind == "selector"
    assert [facts(found)[f"targets[{index}]"].note for index in range(3)] == [
        "a model",
        'an alias of "a"',
        'a model of the peer "p"',
    ]
    assert fact(text, "s", "strategy") == ("pin", ["m.yaml:4:27"])
    assert facts(found)["settings.spillover"].quiet


def test_a_model_of_a_peer_hides_the_key() -> None:
    text = "peers:\n  p: {proxy: 'https://u', apiKey: secret, models: [m, n]}\n"
    for name in ("n", "p/n"):
        found = explained(text, name)
        assert (found.kind, found.name) == ("peer model", "p/n")
    assert fact(text, "n", "model") == ("n", ["m.yaml:2:55"])
    assert fact(text, "n", "apiKey") == ("(hidden)", ["m.yaml:2:35"])
    assert fact(text, "n", "timeouts.responseHeader") == (60, ["default"])
    assert "secret" not in repr(explained(text, "n"))
