"""The planner and the discipline that a configuration chooses."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from modelyard.config.errors import ConfigError, Place, Problem
from modelyard.config.policies import Kind
from modelyard.config.schema import Config
from modelyard.core.disciplines import FIFO, Discipline
from modelyard.core.model import ModelFacts
from modelyard.core.planners.base import Planner
from modelyard.core.planners.groups import GroupRule, GroupsPlanner
from modelyard.core.planners.matrix import MatrixPlanner
from modelyard.runtime import plugins

_GROUPS: Mapping[Kind, str] = {"planners": plugins.PLANNERS, "disciplines": plugins.DISCIPLINES}


def installed(kind: Kind) -> Collection[str]:
    """The names of policies that can be chosen."""
    return plugins.names(_GROUPS[kind])


def planner_of(config: Config, facts: Mapping[str, ModelFacts]) -> Planner:
    """The policy of which models run together. Raises `ConfigError` where another package's can't be made."""
    policies = config.policies
    if policies.planner:
        try:
            return plugins.make_planner(policies.planner, policies.planner_settings, facts)
        except plugins.PluginError as error:
            raise _refusal(f"routing.router.settings.{policies.planner}", error) from error
    if config.matrix_program is not None:
        return MatrixPlanner(config.matrix_program)
    return GroupsPlanner(
        {
            name: GroupRule(
                swap=group.swap,
                exclusive=group.exclusive,
                persistent=group.persistent,
                members=group.members,
            )
            for name, group in config.groups.items()
        }
    )


def discipline_of(config: Config, facts: Mapping[str, ModelFacts]) -> Discipline:
    """The policy of whose turn it is. Raises `ConfigError` where another package's can't be made."""
    policies = config.policies
    if not policies.discipline:
        return FIFO
    try:
        return plugins.make_discipline(policies.discipline, policies.discipline_settings, facts)
    except plugins.PluginError as error:
        raise _refusal(f"routing.scheduler.settings.{policies.discipline}", error) from error


def _refusal(path: str, error: plugins.PluginError) -> ConfigError:
    return ConfigError([Problem(place=Place("configuration"), path=path, message=str(error))])
