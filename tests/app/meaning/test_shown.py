"""What the API tells of a configuration: every value with its origins, and no secret."""

from __future__ import annotations

from typing import Any

import msgspec

from modelyard.app.meaning.names import explain
from modelyard.app.meaning.shown import FactShown, shown_config, shown_name
from modelyard.config.origins import Origins
from modelyard.config.secrets import HIDDEN
from modelyard.config.sources import Source, parse_config
from tests.app.meaning.test_names import ENVIRONMENT, EXAMPLE

TEXT = """\
apiKeys: [a-long-secret]
logLevel: debug
macros: {engine: run, HUB_TOKEN: abc}
performance: {every: 7s}
models:
  a: {cmd: '${engine} --api-key peer-secret ${PORT}', env: ['PASSWORD=x', 'SAME=a-long-secret'], aliases: [one]}
  b: {cmd: 'run', proxy: 'http://u'}
groups: {g: {members: [a], swap: false}}
peers: {far: {proxy: 'http://far', apiKey: peer-secret, models: [m]}}
selectors: {any: {strategy: warm, targets: [a, b]}}
"""


def settings(text: str) -> dict[str, FactShown]:
    sources = [Source("c.yaml", text)]
    shown = shown_config(parse_config(sources, ENVIRONMENT), Origins(sources, ENVIRONMENT))
    return {fact.key: fact for section in shown.sections for fact in section.facts}


def of_name(text: str, name: str) -> dict[str, FactShown]:
    sources = [Source("c.yaml", text)]
    config = parse_config(sources, ENVIRONMENT)
    explanation = explain(config, Origins(sources, ENVIRONMENT), name)
    assert explanation is not None
    return {fact.key: fact for section in shown_name(config, explanation).sections for fact in section.facts}


def test_what_is_written_says_where() -> None:
    facts = settings(TEXT)
    level = facts["logLevel"]
    assert (level.value, level.quiet) == ("debug", False)
    (origin,) = level.origins
    assert (origin.kind, origin.file, origin.line, origin.column) == ("file", "c.yaml", 2, 11)
    assert origin.text == "c.yaml:2:11"


def test_what_is_not_written_is_quiet() -> None:
    fact = settings(TEXT)["startPort"]
    assert (fact.value, fact.quiet, [one.kind for one in fact.origins]) == (5800, True, ["default"])


def test_keys_that_are_called_otherwise_and_older_places_are_found() -> None:
    facts = settings(TEXT)
    assert (facts["performance.every"].value, facts["performance.every"].origins[0].line) == (7.0, 4)
    assert facts["routing.router.settings.groups.g.swap"].origins[0].line == 8


def test_no_secret_is_told() -> None:
    told = msgspec.json.encode([settings(TEXT), of_name(TEXT, "a"), of_name(TEXT, "m")]).decode()
    for secret in ("a-long-secret", "peer-secret", "abc", "PASSWORD=x"):
        assert secret not in told
    assert settings(TEXT)["apiKeys"].value == [HIDDEN]
    assert of_name(TEXT, "a")["cmd"].value == ["run", "--api-key", HIDDEN, "5800"]


def test_every_name_is_told_once() -> None:
    sources = [Source("c.yaml", TEXT)]
    names = shown_config(parse_config(sources, {}), Origins(sources, {})).names
    assert [(one.name, one.kind) for one in names] == [
        ("a", "model"),
        ("b", "model"),
        ("any", "selector"),
        ("m", "peer model"),
        ("far/m", "peer model"),
    ]


def test_the_example_of_everything() -> None:
    facts = settings(EXAMPLE.read_text(encoding="utf-8"))
    written: Any = facts["ui.editConfig"]
    assert (written.value, written.quiet) == (True, False)
