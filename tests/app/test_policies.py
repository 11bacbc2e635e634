"""The policies that a configuration chooses are made, and refused with the place of their settings."""

from __future__ import annotations

from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path
from typing import Any

import pytest

from modelyard.app.cli.main import main
from modelyard.app.policies import installed
from modelyard.app.world import World
from modelyard.config.errors import ConfigError
from modelyard.config.sources import Source, parse_config
from modelyard.core.disciplines import FIFO
from modelyard.core.planners.groups import GroupsPlanner
from modelyard.core.planners.matrix import MatrixPlanner
from modelyard.runtime import plugins

MODELS = "models: {a: {cmd: run, proxy: 'http://u'}}\n"


class Everything:
    """Lets everything run together, up to a number of models."""

    name = "everything"

    def plan(self, target: str, residents: object) -> object:
        raise NotImplementedError


def make(settings: dict[str, object], models: dict[str, object]) -> Everything:
    """The factory that the entry point names."""
    if "limit" not in settings:
        raise ValueError("limit is missing")
    return Everything()


@pytest.fixture
def package(monkeypatch: pytest.MonkeyPatch) -> None:
    """A package that provides the planner `everything`."""
    point = EntryPoint("everything", f"{__name__}:make", plugins.PLANNERS)

    def found(**wanted: Any) -> EntryPoints:
        return EntryPoints([point]).select(**wanted)

    monkeypatch.setattr(plugins, "entry_points", found)


def world(routing: str) -> World:
    return World(parse_config([Source("c.yaml", MODELS + routing)], {}, installed=installed))


def test_our_own() -> None:
    assert isinstance(world("").specs().planner, GroupsPlanner)
    assert isinstance(world("matrix: {sets: {s: a}}").specs().planner, MatrixPlanner)
    assert world("").specs().discipline is FIFO


def test_a_planner_of_another_package(package: None) -> None:
    specs = world("routing: {router: {use: everything, settings: {everything: {limit: 3}}}}").specs()
    assert specs.planner.name == "everything"


def test_settings_that_it_can_not_take_are_refused(package: None) -> None:
    with pytest.raises(ConfigError, match=r"routing\.router\.settings\.everything.*limit is missing"):
        world("routing: {router: {use: everything}}").specs()


@pytest.mark.parametrize("command", [["check"], ["lint"], ["config", "explain", "a", "-config"]])
def test_commands_say_so_as_of_any_mistake(
    package: None, command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "models.yaml"
    path.write_text(MODELS + "routing: {router: {use: everything}}\n", encoding="utf-8")
    assert main([*command, str(path)]) == 1
    said = capsys.readouterr()
    assert "limit is missing" in said.out + said.err
