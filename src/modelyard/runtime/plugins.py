"""Planners and disciplines by name: our own, and those that other packages register as entry points.

A package names a factory in its metadata, in the group `modelyard.planners` or `modelyard.disciplines`; the name of the
entry point is the name under which a configuration selects it. Our own names can't be taken. See docs/plugins.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from modelyard.core.disciplines import FIFO, CheckedDiscipline, Discipline, DisciplineFactory
from modelyard.core.model import ModelFacts
from modelyard.core.planners.base import Planner, PlannerFactory
from modelyard.core.planners.checked import CheckedPlanner
from modelyard.core.planners.groups import GroupsPlanner
from modelyard.core.planners.matrix import MatrixPlanner

PLANNERS = "modelyard.planners"
DISCIPLINES = "modelyard.disciplines"
_OWN = {PLANNERS: (GroupsPlanner.name, MatrixPlanner.name), DISCIPLINES: (FIFO.name,)}


class PluginError(Exception):
    """A name leads to nothing usable. The message says what to do, for whoever wrote the configuration."""


def names(group: str) -> list[str]:
    """All names that a configuration may use in `group`, sorted."""
    return sorted({*_OWN[group], *(entry.name for entry in entry_points(group=group))})


def make_planner(name: str, settings: Mapping[str, Any], models: Mapping[str, ModelFacts]) -> Planner:
    """Make another package's planner. Our own are made of the configuration itself.

    Raises `PluginError` where there is no such planner, or it can't be made of these settings.
    """
    made = _make(PLANNERS, "plan", name, settings, models)
    return CheckedPlanner(made)


def make_discipline(name: str, settings: Mapping[str, Any], models: Mapping[str, ModelFacts]) -> Discipline:
    """Make a discipline, ours or another package's.

    Raises `PluginError` where there is no such discipline, or it can't be made of these settings.
    """
    if name == FIFO.name:
        return FIFO
    made = _make(DISCIPLINES, "rank", name, settings, models)
    return CheckedDiscipline(made)


def _make(group: str, method: str, name: str, settings: Mapping[str, Any], models: Mapping[str, ModelFacts]) -> Any:
    entry = _find(group, name)
    try:
        factory: PlannerFactory | DisciplineFactory = entry.load()
        made: Any = factory(settings, models)
    except ValueError as error:
        raise PluginError(f"{name} can't take these settings: {error}") from error
    except Exception as error:
        raise PluginError(f"{name} of {_origin(entry)} is broken: {type(error).__name__}: {error}") from error
    if not callable(getattr(made, method, None)) or not isinstance(getattr(made, "name", None), str):
        raise PluginError(f"{name} of {_origin(entry)} is broken: what it makes has no name, or no method {method}")
    return made


def _find(group: str, name: str) -> EntryPoint:
    if name in _OWN[group]:
        raise PluginError(f"{name} is Modelyard's own")
    found = list(entry_points(group=group, name=name))
    if not found:
        raise PluginError(f"there is no {name}; installed are {', '.join(names(group))}")
    if len({entry.value for entry in found}) > 1:
        raise PluginError(f"{' and '.join(sorted(map(_origin, found)))} both provide {name}: remove one of them")
    return found[0]


def _origin(entry: EntryPoint) -> str:
    return entry.dist.name if entry.dist is not None else entry.value
