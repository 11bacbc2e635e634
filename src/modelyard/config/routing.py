"""Which models may run together, and in which order requests are served (spec config 16, 17)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from modelyard.config.decode import Section
from modelyard.config.errors import Place, Report
from modelyard.config.nodes import MappingNode
from modelyard.config.schema import DEFAULT_GROUP, GroupConfig, ModelConfig

_NO_MATRIX = "the matrix router is not supported yet, and without it other models would run together"
_USE_GROUPS = "use groups"


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What a name in this part of the file may mean."""

    models: Mapping[str, ModelConfig]
    aliases: Mapping[str, str]

    def resolve(self, name: str) -> str | None:
        """The model that a name means."""
        return name if name in self.models else self.aliases.get(name)

    def refuse(self, name: str, place: Place, path: str, report: Report) -> None:
        """Note that a name means nothing."""
        remedy = report.did_you_mean(name, [*self.models, *self.aliases]) or "add it under models"
        report.problem(place, path, f'unknown model "{name}"', remedy)


@dataclass(frozen=True, slots=True, kw_only=True)
class Routing:
    """The result."""

    groups: Mapping[str, GroupConfig]
    priorities: Mapping[str, int]
    max_wait: int


def read_routing(top: Section, names: Names, report: Report) -> Routing:
    """Read `groups`, `matrix` and `routing`."""
    routing = top.section("routing")
    router = routing.section("router")
    settings = router.section("settings")
    groups = _read_groups(_choose_groups(top, router, settings), names, report)
    router.finish()
    settings.finish()
    scheduler = routing.section("scheduler")
    routing.finish()
    if scheduler.string("use") not in ("", "fifo"):
        scheduler.problem("use", f'unknown scheduler "{scheduler.string("use")}"', "write use: fifo")
    scheduler_settings = scheduler.section("settings")
    fifo = scheduler_settings.section("fifo")
    result = Routing(
        groups=groups,
        priorities=_read_priorities(fifo, names, report),
        max_wait=fifo.integer("maxWait", 300, at_least=0, unit="seconds"),
    )
    fifo.finish({"minResidency", "fairness"})
    scheduler_settings.finish()
    scheduler.finish()
    return result


def _choose_groups(top: Section, router: Section, settings: Section) -> Section:
    """The section whose key `groups` counts; refuses what contradicts itself and what is not supported."""
    legacy_groups, legacy_matrix = bool(top.entries("groups")), isinstance(top.node("matrix"), MappingNode)
    top.entries("matrix")  # a matrix that is no mapping is a mistake wherever it stands
    use = router.string("use")
    new_matrix = isinstance(settings.node("matrix"), MappingNode)
    new_style = bool(use or settings.entries("groups") or new_matrix)
    if new_style and (legacy_groups or legacy_matrix):
        key = "groups" if legacy_groups else "matrix"
        message = f"{key} at the top level and routing.router exclude each other"
        top.problem(key, message, f"move {key} to routing.router.settings.{key}")
    elif legacy_groups and legacy_matrix:
        top.problem("matrix", "groups and matrix exclude each other", "keep one of the two")
    elif legacy_matrix:
        top.problem("matrix", _NO_MATRIX, _USE_GROUPS)
    elif use == "matrix":
        if not new_matrix:
            router.problem("use", "settings.matrix is missing", _USE_GROUPS)
        else:
            router.problem("use", _NO_MATRIX, _USE_GROUPS)
    elif use not in ("", "group"):
        router.problem("use", f'unknown router "{use}"', "write use: group")
    elif new_matrix:
        settings.warning("matrix", "ignored without use: matrix")
    return settings if new_style else top


def _read_groups(section: Section, names: Names, report: Report) -> dict[str, GroupConfig]:
    groups: dict[str, GroupConfig] = {}
    group_of: dict[str, str] = {}
    for name, entry in section.entries("groups").items():
        group = Section(entry.node, f"{section.at('groups')}.{name}", report)
        groups[name] = GroupConfig(
            swap=group.boolean("swap", True),
            exclusive=group.boolean("exclusive", True),
            persistent=group.boolean("persistent", False),
            members=_members(name, group, names, group_of, report),
        )
        group.finish()
    rest = tuple(model for model in names.models if model not in group_of)
    groups[_free_name(groups)] = GroupConfig(members=rest)
    return groups


def _members(name: str, group: Section, names: Names, group_of: dict[str, str], report: Report) -> tuple[str, ...]:
    members = []
    for index, (member, place) in enumerate(group.placed_strings("members")):
        path = f"{group.at('members')}[{index}]"
        model = names.resolve(member)
        if model is None:
            names.refuse(member, place, path, report)
        elif model in group_of:
            where = "here" if group_of[model] == name else f'in group "{group_of[model]}"'
            report.problem(place, path, f'model "{model}" is already {where}', "a model is in one group, once")
        else:
            group_of[model] = name
            members.append(model)
    return tuple(members)


def _free_name(groups: Mapping[str, GroupConfig]) -> str:
    """The name of the synthetic group: a group of the user may be called just like it."""
    name = DEFAULT_GROUP
    while name in groups:
        name = f"({name})"
    return name


def _read_priorities(fifo: Section, names: Names, report: Report) -> dict[str, int]:
    priorities = {}
    for name, entry in fifo.entries("priority").items():
        path = f"{fifo.at('priority')}.{name}"
        if names.resolve(name) is None:
            names.refuse(name, entry.place, path, report)
            continue
        value = fifo.integer_of(entry.node, path)
        if value is not None:
            priorities[name] = value
    return priorities
