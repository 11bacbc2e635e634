"""Planners and disciplines of other packages in the configuration (DESIGN section 3)."""

from __future__ import annotations

import pytest

from modelyard.config.errors import ConfigError
from modelyard.config.policies import Kind
from modelyard.config.schema import Config
from modelyard.config.sources import Source, parse_config
from tests.config.helpers import the_problem

MODELS = """
macros: {SIZE: 24}
models:
  a: {cmd: run, proxy: "http://u"}
"""
ROUTER = """
routing:
  router:
    use: budget
    settings: {budget: {gigabytes: "${SIZE}", sizes: {a: 1.5}}, groups: {g: {members: [a]}}}
"""
SCHEDULER = """
routing:
  scheduler: {use: dice, settings: {dice: {seed: 7, maxWait: 30, fairness: caller, priority: {a: 2}}}}
"""
INSTALLED = {"planners": ["budget"], "disciplines": ["dice"]}


def load(text: str) -> Config:
    """With two packages installed."""

    def installed(kind: Kind) -> list[str]:
        return INSTALLED[kind]

    return parse_config([Source("c.yaml", MODELS + text)], {}, installed=installed)


def test_a_planner_and_its_settings() -> None:
    config = load(ROUTER)
    assert config.router == config.policies.planner == "budget"
    assert config.policies.planner_settings == {"gigabytes": 24, "sizes": {"a": 1.5}}
    assert config.groups == {}
    assert config.warnings == ()


def test_a_discipline_keeps_what_is_ours() -> None:
    config = load(SCHEDULER)
    assert config.scheduler == config.policies.discipline == "dice"
    assert config.policies.discipline_settings == {"seed": 7}
    assert (config.max_wait, config.fairness, config.priorities) == (30, "caller", {"a": 2})
    assert config.warnings == ()


def test_without_settings() -> None:
    config = load("routing: {router: {use: budget}, scheduler: {use: dice}}")
    assert (config.policies.planner_settings, config.policies.discipline_settings) == ({}, {})
    assert config.max_wait == 300


def test_mistakes_in_our_keys_are_found() -> None:
    with pytest.raises(ConfigError, match="maxWait: expected an integer"):
        load(SCHEDULER.replace("30", "soon"))


@pytest.mark.parametrize("text", [ROUTER, SCHEDULER])
def test_what_is_not_installed_is_refused(text: str) -> None:
    problem = the_problem(MODELS + text)
    assert problem.message.startswith("unknown ")
    assert "install its package" in problem.remedy


def test_nobody_looks_for_packages_that_are_not_named() -> None:
    def installed(kind: Kind) -> list[str]:
        raise AssertionError

    text = MODELS + "routing: {router: {use: group}, scheduler: {use: fifo}}"
    assert parse_config([Source("c.yaml", text)], {}, installed=installed).policies.planner == ""
