"""The JSON Schema accepts what the loader accepts, refuses typical mistakes, and tells editors of unknown keys."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator

from modelyard.config import document
from modelyard.config.convert import free_value
from modelyard.config.environment import Text
from modelyard.config.errors import Report
from modelyard.config.jsonschema import LATER, UNKNOWN, document_schema, schema_text
from modelyard.config.keys import later_keys
from modelyard.config.nodes import Unparsable, compose

PROJECT = Path(__file__).parents[2]
SCHEMA = document_schema()
VALIDATOR = Draft7Validator(SCHEMA)


def data(text: str) -> Any:
    """The values of a text before anything is filled in, as the loader reads them."""
    source = Text.of("models.yaml", text)
    node = compose(source.content, source.place_of, Report())
    return {} if node is None else free_value(node)


def mistakes(text: str) -> list[str]:
    return [f"{error.json_path}: {error.message}" for error in VALIDATOR.iter_errors(data(text))]


def is_yaml(text: str) -> bool:
    """Whether it is YAML before anything is filled in; what the loader reads may be YAML only afterwards."""
    try:
        data(text)
    except Unparsable:
        return False
    return True


CASES = yaml.safe_load((PROJECT / "tests/conformance/config/cases.yaml").read_text(encoding="utf-8"))
ACCEPTED = [
    pytest.param(case["yaml"], id=case["id"])
    for case in CASES
    if case["kind"] == "load" and case["expect"]["ok"] and is_yaml(case["yaml"])
]


def test_it_is_a_schema() -> None:
    Draft7Validator.check_schema(SCHEMA)


def test_the_committed_one_is_not_stale() -> None:
    committed = PROJECT / "docs" / "modelyard.schema.json"
    assert committed.read_text(encoding="utf-8") == schema_text(), "run scripts/configuration-reference"


def test_there_are_cases() -> None:
    assert len(ACCEPTED) >= 160


@pytest.mark.parametrize("text", ACCEPTED)
def test_it_accepts_what_the_loader_accepts(text: str) -> None:
    assert mistakes(text) == []


@pytest.mark.parametrize("path", sorted((PROJECT / "examples").glob("*.yaml")), ids=lambda path: path.name)
def test_it_accepts_the_examples(path: Path) -> None:
    assert mistakes(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "text",
    [
        "globalTTL:",
        "globalTTL: ${IDLE}",
        "globalTTL: 1.5e2",
        "globalTTL: -0.5",
        "globalTTL: '5_800'",  # without quotes a number; editors that read YAML 1.2 see the same text
        "sendLoadingState: ${env.QUIET}",
        "sendLoadingState: Off",
        "maxBody: 2GB",
        "maxBody: 1.5 MiB",
        "maxBody: 4096",
        "maxBody: ~",
        "models: {a: {name: 7, description: true, cmd: ~}}",
        "models:\n  a:",
        "models: {a: {aliases: [one, ~, 2]}}",
        "performance: {every: 1m30s}",
        "performance: {every: '${EVERY}'}",
        "routing: {router: {use: '${ROUTER}'}, scheduler: ~}",
        "macros: {A: 1, b-c: true, D_E: text}",
        "x-anchors: [1, 2]\nmodels: {a: {x-mine: 3}}",
        "misspelled: 1",
    ],
)
def test_it_accepts_every_spelling(text: str) -> None:
    assert mistakes(text) == []


def test_it_accepts_keys_that_are_still_to_come() -> None:
    model = dict.fromkeys(later_keys(document.ModelEntry), 1)
    assert (
        list(VALIDATOR.iter_errors({**dict.fromkeys(later_keys(document.Document), 1), "models": {"a": model}})) == []
    )


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("- models", "$"),
        ("models: [a]", "$.models"),
        ("models: {a: llama-server}", "$.models.a"),
        ("models: {a: {cmd: [llama-server, --port]}}", "$.models.a.cmd"),
        ("models: {a: {ttl: '300'}}", "$.models.a.ttl"),
        ("models: {a: {ttl: 5m}}", "$.models.a.ttl"),
        ("models: {a: {ttl: -2}}", "$.models.a.ttl"),
        ("models: {a: {env: {A: 1}}}", "$.models.a.env"),
        ("models: {a: {aliases: b}}", "$.models.a.aliases"),
        ("models: {a: {unlisted: 1}}", "$.models.a.unlisted"),
        ("models: {a: {unlisted: 'true'}}", "$.models.a.unlisted"),
        ("models: {a: {parallel: 0}}", "$.models.a.parallel"),
        ("models: {a: {capabilities: {in: [video]}}}", "$.models.a.capabilities.in[0]"),
        ("models: {a: {filters: {setParams: [temperature]}}}", "$.models.a.filters.setParams"),
        ("startPort: 0", "$.startPort"),
        ("startPort: high", "$.startPort"),
        ("globalTTL: -1", "$.globalTTL"),
        ("maxBody: lots", "$.maxBody"),
        ("maxBody: -1", "$.maxBody"),
        ("logToStdout: stdout", "$.logToStdout"),
        ("performance: {every: 5}", "$.performance.every"),
        ("performance: {every: 5 s}", "$.performance.every"),
        ("macros: {A: [1]}", "$.macros.A"),
        ("macros: {A: ~}", "$.macros.A"),
        ("macros: {'a b': 1}", "$.macros"),
        ("groups: {g: [a, b]}", "$.groups.g"),
        ("matrix: {sets: [a & b]}", "$.matrix.sets"),
        ("routing: {scheduler: {settings: {fifo: {priority: {a: high}}}}}", "priority.a"),
        ("selectors: {s: {strategy: random}}", "$.selectors.s.strategy"),
        ("profiles: {p: [a, b]}", "$.profiles.p"),
        ("peers: {p: {models: one}}", "$.peers.p.models"),
        ("hooks: {on_startup: [a]}", "$.hooks.on_startup"),
        ("apiKeys: secret", "$.apiKeys"),
    ],
)
def test_it_refuses_typical_mistakes(text: str, where: str) -> None:
    found = mistakes(text)
    assert any(where in mistake.partition(": ")[0] for mistake in found), found


@pytest.mark.parametrize("name", sorted(SCHEMA["definitions"]))
def test_editors_hear_of_unknown_keys(name: str) -> None:
    """Unknown keys are valid; the language server warns where a value's schema has a deprecation message."""
    definition = SCHEMA["definitions"][name]
    assert definition["additionalProperties"] == {"deprecationMessage": UNKNOWN}
    warned = {key for key, value in definition["properties"].items() if value.get("deprecationMessage") == LATER}
    assert warned == later_keys(getattr(document, name))


@pytest.mark.parametrize("name", sorted(SCHEMA["definitions"]))
def test_everything_says_what_it_means(name: str) -> None:
    definition = SCHEMA["definitions"][name]
    assert definition["title"]
    assert definition["description"]
    assert all(value["description"] for value in definition["properties"].values())


def test_defaults_are_shown_as_they_are_written() -> None:
    definitions = SCHEMA["definitions"]
    assert definitions["Performance"]["properties"]["every"]["default"] == "5s"
    assert definitions["Document"]["properties"]["startPort"]["default"] == 5800
    assert definitions["ModelEntry"]["properties"]["proxy"]["default"] == "http://localhost:${PORT}"
