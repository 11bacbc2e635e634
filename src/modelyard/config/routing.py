"""Which models may run together, and in which order requests are served (spec config 16, 17, 18)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from modelyard.config.document import Document, GroupEntry, MatrixEntry
from modelyard.config.errors import Problem
from modelyard.config.matrix import compile_entry
from modelyard.config.names import Names
from modelyard.config.notes import Notes, Path
from modelyard.config.policies import FIFO, GROUP, MATRIX, Policies
from modelyard.config.schema import DEFAULT_GROUP
from modelyard.core.dsl.program import MatrixProgram

_SETTINGS: Path = ("routing", "router", "settings")


@dataclass(frozen=True, slots=True, kw_only=True)
class Coexistence:
    """Whether models can run at the same time, under the router that counts."""

    groups: Mapping[str, GroupEntry]
    program: MatrixProgram | None

    def why_not_together(self, models: Sequence[str]) -> str | None:
        """Why these models can't all run at the same time; None when they can."""
        listed = ", ".join(f'"{model}"' for model in models)
        if self.program is not None:
            return None if self.program.together(models) else f"the matrix has no combination with {listed} in it"
        groups = {name for name, group in self.groups.items() if not set(models).isdisjoint(group.members)}
        if len(groups) > 1:
            return f"{listed} are in different groups"
        if any(self.groups[name].swap for name in groups):
            return f'{listed} take turns: their group "{groups.pop()}" has swap: true'
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Routing:
    """The result."""

    router: str
    groups: Mapping[str, GroupEntry]
    matrix: MatrixEntry | None
    program: MatrixProgram | None
    priorities: Mapping[str, int]
    unbuildable: tuple[Problem, ...]

    @property
    def coexistence(self) -> Coexistence:
        """What can run together."""
        return Coexistence(groups=self.groups, program=self.program)


def resolve_routing(document: Document, names: Names, policies: Policies, notes: Notes) -> Routing:
    """What `groups`, `matrix` and `routing` come down to. The half that is not used is not looked at."""
    router, path = _choice(document, policies, notes)
    settings = document.routing.router.settings
    groups: Mapping[str, GroupEntry] = {}
    matrix: MatrixEntry | None = None
    program: MatrixProgram | None = None
    unbuildable: list[Problem] = []
    if router == MATRIX:
        matrix = settings.matrix if path == _SETTINGS else document.matrix
        if matrix is not None:
            program = compile_entry(matrix, names, (*path, "matrix"), notes)
    elif router == GROUP:
        written = settings.groups if path == _SETTINGS else document.groups
        groups = _Groups(names, notes, unbuildable).resolve(written, (*path, "groups"))
    return Routing(
        router=router,
        groups=groups,
        matrix=matrix,
        program=program,
        priorities=_priorities(document, names, policies, notes),
        unbuildable=tuple(unbuildable),
    )


def _choice(document: Document, policies: Policies, notes: Notes) -> tuple[str, Path]:
    """The router, and the path below which its settings stand; refuses what contradicts itself."""
    router = document.routing.router
    legacy = "groups" if document.groups else "matrix" if document.matrix is not None else ""
    if router.use or router.settings.groups or router.settings.matrix is not None:
        if legacy:
            message = f"{legacy} at the top level and routing.router exclude each other"
            notes.problem((legacy,), message, f"move {legacy} to routing.router.settings.{legacy}")
        return policies.planner or _new_choice(document, notes), _SETTINGS
    if document.groups and document.matrix is not None:
        notes.problem(("matrix",), "groups and matrix exclude each other", "keep one of the two")
    return (MATRIX if document.matrix is not None else GROUP), ()


def _new_choice(document: Document, notes: Notes) -> str:
    use, matrix = document.routing.router.use, document.routing.router.settings.matrix
    path: Path = ("routing", "router", "use")
    if use == MATRIX:
        if matrix is None:
            notes.problem(path, "settings.matrix is missing", "write it, or use: group")
        return MATRIX
    if use not in ("", GROUP):
        remedy = notes.did_you_mean(use, (GROUP, MATRIX)) or "write use: group or use: matrix, or install its package"
        notes.problem(path, f'unknown router "{use}"', remedy)
    if matrix is not None:
        notes.warning((*_SETTINGS, "matrix"), "ignored without use: matrix")
    return GROUP


class _Groups:
    """Reads the groups of one configuration. A model is in one group, once."""

    def __init__(self, names: Names, notes: Notes, unbuildable: list[Problem]) -> None:
        self._names = names
        self._notes = notes
        self._unbuildable = unbuildable
        self._group_of: dict[str, str] = {}

    def resolve(self, groups: Mapping[str, GroupEntry], path: Path) -> dict[str, GroupEntry]:
        """The groups with ids as members, and the default one, which has all models that are in no other."""
        for name, group in groups.items():
            self._place_models(name, group, (*path, name, "members"))
        resolved = {
            name: GroupEntry(
                swap=group.swap,
                exclusive=group.exclusive,
                persistent=group.persistent,
                members=tuple(self._members(name, group, (*path, name, "members"))),
            )
            for name, group in groups.items()
        }
        rest = tuple(model for model in self._names.models if model not in self._group_of)
        resolved[_free_name(resolved)] = GroupEntry(members=rest)
        return resolved

    def _place_models(self, name: str, group: GroupEntry, path: Path) -> None:
        """Members that are written as ids: a repeated one is a mistake."""
        seen: set[str] = set()
        for index, member in enumerate(group.members):
            if member in self._names.models and self._group_of.setdefault(member, name) != name:
                message = f'model "{member}" is already in group "{self._group_of[member]}"'
                self._notes.problem((*path, index), message, "a model is in one group, once")
            elif member in seen:
                message = f'model "{member}" is already here'
                self._notes.problem((*path, index), message, "a model is in one group, once")
            seen.add(member)

    def _members(self, name: str, group: GroupEntry, path: Path) -> list[str]:
        """The members as ids. An alias counts where its model is in no group otherwise (spec config 24.12)."""
        members: dict[str, None] = {}
        for index, member in enumerate(group.members):
            model = self._names.local(member)
            if model is None:
                self._note_unknown(member, (*path, index))
                members[member] = None
            elif model == member or self._group_of.setdefault(model, name) == name:
                members[model] = None
            else:
                message = f'"{member}" is "{model}", which is in group "{self._group_of[model]}"; ignored here'
                self._notes.warning((*path, index), message)
        return list(members)

    def _note_unknown(self, member: str, path: Path) -> None:
        message = f'unknown model "{member}"'
        remedy = self._names.suggestion(member, self._notes)
        self._unbuildable.append(self._notes.described(path, message, remedy))


def _free_name(groups: Mapping[str, GroupEntry]) -> str:
    """The name of the synthetic group: a group of the user may be called just like it."""
    name = DEFAULT_GROUP
    while name in groups:
        name = f"({name})"
    return name


def _priorities(document: Document, names: Names, policies: Policies, notes: Notes) -> Mapping[str, int]:
    scheduler = document.routing.scheduler
    if not policies.discipline and scheduler.use not in ("", FIFO):
        remedy = "write use: fifo, or install its package"
        notes.problem(("routing", "scheduler", "use"), f'unknown scheduler "{scheduler.use}"', remedy)
    priorities = scheduler.settings.fifo.priority
    for name in priorities:
        if names.local(name) is None:
            path: Path = ("routing", "scheduler", "settings", "fifo", "priority", name)
            notes.problem_of_key(path, f'unknown model "{name}"', names.suggestion(name, notes))
    return priorities
