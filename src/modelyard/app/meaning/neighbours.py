"""Who may run beside a model, asked of the planner that decides it when the server runs."""

from __future__ import annotations

from collections.abc import Iterator

from modelyard.app.meaning.facts import Fact
from modelyard.app.world import World
from modelyard.config.origins import DEFAULT, Origin, Origins, rule
from modelyard.config.schema import Config
from modelyard.core.dsl.program import MatrixProgram
from modelyard.core.model import ChildId, Phase
from modelyard.core.planners.base import Planner, Resident

_SETTINGS = ("routing", "router", "settings")


def neighbour_facts(config: Config, origins: Origins, model: str) -> Iterator[Fact]:
    """The model's place in the groups or the matrix, and what follows from it for each other model."""
    yield Fact(key="router", value=config.router, origins=origins.of("routing", "router", "use") or _router(origins))
    if config.matrix_program is not None:
        yield from _matrix_facts(config, config.matrix_program, origins, model)
    elif not config.policies.planner:  # another package's planner is known by what it plans, below
        yield from _group_facts(config, origins, model)
    planner = World(config).planner()
    others = [other for other in config.models if other != model]
    stops = [other for other in others if _goes(planner, model, other)]
    stopped_by = [other for other in others if _goes(planner, other, model)]
    beside = [other for other in others if other not in {*stops, *stopped_by}]
    yield Fact(key="stops", value=stops, note="when it is started")
    yield Fact(key="stoppedBy", value=stopped_by, note="when they are started")
    yield Fact(key="beside", value=beside, note="stay beside it")


def _goes(planner: Planner, target: str, resident: str) -> bool:
    return resident in planner.plan(target, [Resident(ChildId(resident, 1), Phase.READY)]).evict


def _router(origins: Origins) -> tuple[Origin, ...]:
    """Without `use` the router follows from what is written."""
    for path in (("groups",), ("matrix",), (*_SETTINGS, "groups")):
        found = origins.of(*path)
        if found:
            return (rule(f"follows from {'.'.join(path)}", found[0].place),)
    return (DEFAULT,)


def _group_facts(config: Config, origins: Origins, model: str) -> Iterator[Fact]:
    name, group = next((name, group) for name, group in config.groups.items() if model in group.members)
    path = ("groups", name) if origins.of("groups", name) else (*_SETTINGS, "groups", name)
    found = origins.of_key(*path)
    yield Fact(key="group", value=name, origins=found or (rule("it is in no group of the file"),))
    for key in ("swap", "exclusive", "persistent"):
        yield Fact(key=f"group.{key}", value=getattr(group, key), origins=origins.of(*path, key) or (DEFAULT,))


def _matrix_facts(config: Config, program: MatrixProgram, origins: Origins, model: str) -> Iterator[Fact]:
    legacy = bool(origins.of("matrix"))
    path = ("matrix",) if legacy else (*_SETTINGS, "matrix")
    asked = [(), *((other,) for other in config.models if other != model)]
    allowing = {program.solve(model, running).set_name for running in asked} - {""}
    sets = config.matrix.sets if config.matrix is not None else {}
    for name in (name for name in sets if name in allowing):
        yield Fact(key=f"sets.{name}", value=sets[name], origins=origins.of(*path, "sets", name))
    if not allowing:
        yield Fact(key="sets", value=[], note="it is in no set, and runs alone")
    cost = program.costs.get(model, 1)
    variables = config.matrix.vars if config.matrix is not None else {}
    names = [*(name for name, target in variables.items() if target == model), model]  # that of a var counts
    written = (found for name in names if (found := origins.of(*path, "evict_costs", name)))
    yield Fact(key="evictCost", value=cost, origins=next(written, (DEFAULT,)))
