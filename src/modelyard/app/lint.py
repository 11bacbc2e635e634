"""Doubts about a configuration that loads: what it asks for and can't get, and what has no effect in it.

`check` says what is wrong with each key; here keys are compared with each other, through the policy that will decide.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from modelyard.app.matrixsets import MatrixSets
from modelyard.app.world import World
from modelyard.config.schema import DEFAULT_GROUP, Config
from modelyard.core.model import ChildId, Phase
from modelyard.core.planners.base import Planner, Resident
from modelyard.core.together import loadable_together
from modelyard.runtime.records.store import IN_MEMORY


class Doubt(msgspec.Struct, frozen=True):
    """One finding: the dotted path that it is about, what is odd, and what to do about it."""

    path: str
    message: str
    remedy: str


def lint(config: Config) -> list[Doubt]:
    """All doubts, by the order of the file's sections."""
    planner = World(config).planner()
    return [
        *_groups(config),
        *_sets(config),
        *_preload(config, planner),
        *_profiles(config, planner),
        *_protected(config, planner),
        *_store(config),
    ]


def _groups(config: Config) -> Iterator[Doubt]:
    groups = {name: group for name, group in config.groups.items() if name != DEFAULT_GROUP}
    for name, group in groups.items():
        others = [other for other_name, other in config.groups.items() if other_name != name and other.members]
        if not group.members:
            yield Doubt(f"groups.{name}", "has no members, so it has no effect", "name its members, or remove it")
        elif group.exclusive and others and all(other.persistent for other in others):
            message = "is exclusive, and all other groups are persistent: it can stop nobody"
            yield Doubt(f"groups.{name}.exclusive", message, "write exclusive: false, or persistent: false there")
        if group.members and not group.exclusive and all(other.exclusive and not group.persistent for other in others):
            message = "leaves others alone, but each of them stops its members when it starts"
            yield Doubt(f"groups.{name}.exclusive", message, "write persistent: true, if its members are to stay")


def _sets(config: Config) -> Iterator[Doubt]:
    matrix = config.matrix
    if matrix is None or config.matrix_program is None:
        return
    sets = MatrixSets(matrix, config.models)
    for model in config.models:
        if model not in sets.mentioned:
            message = f'model "{model}" is in no set: whenever it is wanted, everything else stops'
            yield Doubt("matrix.sets", message, f"add it to a set, as in & {model}, if others may stay")
    for variable, model in matrix.vars.items():
        if variable not in sets.identifiers:
            yield Doubt(f"matrix.vars.{variable}", f'means "{model}" and is used by no set', "use it, or remove it")
    for name in matrix.sets:
        if sets.adds_nothing(name):
            message = "allows nothing that the other sets do not allow"
            yield Doubt(f"matrix.sets.{name}", message, "remove it, or look for a mistake in it")


def _preload(config: Config, planner: Planner) -> Iterator[Doubt]:
    left_out = _left_out(config.preload, planner)
    if left_out:
        message = f"{_listed(left_out)} can't be loaded beside the others of the list"
        yield Doubt("hooks.on_startup.preload", message, "remove it there, or let them run together")


def _profiles(config: Config, planner: Planner) -> Iterator[Doubt]:
    for name, profile in config.profiles.items():
        left_out = _left_out(filter(None, map(config.resolve, profile.pins.values())), planner)
        if left_out:
            message = f"{_listed(left_out)} can't run beside the others that it pins: they will take turns"
            yield Doubt(f"profiles.{name}.pins", message, "let them run together, if they are used together")


def _protected(config: Config, planner: Planner) -> Iterator[Doubt]:
    kept = [model for model, entry in config.models.items() if entry.evictable == "never"]
    for model in kept:
        resident = [Resident(ChildId(model, 1), Phase.READY)]
        shut_out = [other for other in config.models if other != model and planner.plan(other, resident).evict]
        if shut_out:
            message = f"once it runs, requests for {_listed(shut_out)} are refused"
            yield Doubt(f"models.{model}.evictable", message, "let them run together, or write evictable: idle")
    for model, entry in config.models.items():
        if entry.evictable == "idle" and not entry.ttl:
            message = "leaves only once its ttl is over, and it has none: others wait until it is unloaded by hand"
            yield Doubt(f"models.{model}.evictable", message, "write a ttl, too")


def _store(config: Config) -> Iterator[Doubt]:
    if config.store is None or not config.store.captures:
        return
    if config.store.path == IN_MEMORY:
        yield Doubt("store.captures", f"has no effect: {IN_MEMORY} is no file", "name a file as store.path")
    if config.capture_buffer <= 0:
        yield Doubt("store.captures", "has no effect: captureBuffer is 0", "raise it, or remove store.captures")
    if not config.record_requests:
        yield Doubt("store.captures", "has no effect: recordRequests is false", "write true, or remove store.captures")


def _left_out(models: Iterable[str], planner: Planner) -> list[str]:
    """The models that can't be loaded beside the others."""
    wanted = list(dict.fromkeys(models))
    chosen = frozenset(loadable_together(wanted, planner))
    return [model for model in wanted if model not in chosen]


def _listed(models: list[str]) -> str:
    shown = [f'"{model}"' for model in models[:5]]
    more = len(models) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")
