"""Explanations of every configuration of the conformance cases: they say nothing that is not so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml
from msgspec import to_builtins

from modelyard.app.cli.explained import as_data, as_text
from modelyard.app.cli.paint import Paint
from modelyard.app.meaning.names import explain, known_names
from modelyard.config.document import ModelEntry
from modelyard.config.origins import DEFAULT, Origins
from modelyard.config.sources import Source, parse_config

PROJECT = Path(__file__).parents[3]
CASES = [
    pytest.param(case["yaml"], {name: str(value) for name, value in (case.get("env") or {}).items()}, id=case["id"])
    for case in yaml.safe_load((PROJECT / "tests/conformance/config/cases.yaml").read_text(encoding="utf-8"))
    if case["kind"] == "load" and case["expect"]["ok"]
]
RESOLVED = {"parallel", "startTimeout", "filters.stripParams", "filters.setParams"}
"""Keys whose default stands for something else, and filters, which are shown as they act."""


def flat(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in values.items():
        if isinstance(value, dict) and value:
            yield from flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


DEFAULTS = {key: value for key, value in flat(to_builtins(ModelEntry())) if key not in RESOLVED}


@pytest.mark.parametrize(("text", "environment"), CASES)
def test_everything_can_be_explained(text: str, environment: dict[str, str]) -> None:
    sources = [Source("m.yaml", text)]
    config, origins = parse_config(sources, environment), Origins(sources, environment)
    lines = text.split("\n")
    for name in known_names(config):
        explanation = explain(config, origins, name)
        assert explanation is not None
        assert as_text(explanation, Paint(on=False))
        assert msgspec.json.encode(as_data(explanation))
        for fact in (fact for section in explanation.sections.values() for fact in section):
            places = [origin.place for origin in fact.origins if origin.place is not None]
            assert all(place.column <= len(lines[place.line - 1]) + 1 for place in places)
            if explanation.kind == "model" and fact.origins == (DEFAULT,) and fact.key in DEFAULTS:
                assert fact.value == DEFAULTS[fact.key]
