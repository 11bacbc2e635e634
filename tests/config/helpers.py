"""Short ways to load a text and to look at the outcome."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from modelyard.config.errors import ConfigError, Problem
from modelyard.config.schema import Config, ModelConfig
from modelyard.config.sources import Source, parse_config

FILE = "models.yaml"


def load(text: str, environment: Mapping[str, str] | None = None) -> Config:
    """The configuration of a text that is fine."""
    return parse_config([Source(FILE, text)], environment or {})


def load_model(body: str, before: str = "") -> ModelConfig:
    """The model of a one-line body such as `{cmd: run, proxy: "http://u"}`."""
    return load(f"{before}\nmodels: {{alpha: {body}}}").models["alpha"]


def problems(text: str, environment: Mapping[str, str] | None = None) -> tuple[Problem, ...]:
    """The problems of a text that is not fine."""
    with pytest.raises(ConfigError) as caught:
        load(text, environment)
    return caught.value.problems


def the_problem(text: str, environment: Mapping[str, str] | None = None) -> Problem:
    """The only problem of a text."""
    found = problems(text, environment)
    assert len(found) == 1, "\n".join(map(str, found))
    return found[0]
