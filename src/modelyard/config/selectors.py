"""Selectors and profiles: names that lead to other names (spec config 19, 20)."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain

from modelyard.config.document import ProfileEntry, SelectorEntry
from modelyard.config.names import Names
from modelyard.config.notes import Notes, Path
from modelyard.config.peers import is_qualified
from modelyard.config.routing import Coexistence
from modelyard.config.schema import PeerModel

STRATEGIES = ("warm", "pin", "spillover")


def check_selectors(
    selectors: Mapping[str, SelectorEntry], names: Names, coexistence: Coexistence, notes: Notes
) -> None:
    """Note what is wrong with the selectors."""
    for name, selector in selectors.items():
        path: Path = ("selectors", name)
        _check_name(name, path, names, notes)
        if not selector.strategy:
            notes.problem((*path, "strategy"), "a selector needs a strategy", f"write one of {', '.join(STRATEGIES)}")
        elif selector.strategy not in STRATEGIES:
            remedy = notes.did_you_mean(selector.strategy, STRATEGIES)
            message = f'unknown strategy "{selector.strategy}", it is none of {", ".join(STRATEGIES)}'
            notes.problem((*path, "strategy"), message, remedy)
        _check_targets(selector, path, names, coexistence, notes)


def check_profiles(
    profiles: Mapping[str, ProfileEntry], selectors: Mapping[str, SelectorEntry], names: Names, notes: Notes
) -> None:
    """Note what is wrong with the profiles."""
    for name, profile in profiles.items():
        path: Path = ("profiles", name)
        if not name.strip():
            notes.problem_of_key(path, "a profile needs a name", "name it")
        if not profile.pins:
            notes.problem_of_absence((*path, "pins"), "a profile needs pins", "write pins: {name: model}")
        for pin, target in profile.pins.items():
            _check_pin(pin, target, (*path, "pins", pin), selectors, names, notes)


def _check_name(name: str, path: Path, names: Names, notes: Notes) -> None:
    if not name.strip():
        notes.problem_of_key(path, "a selector needs a name", "name it")
    elif name in names.models:
        notes.problem_of_key(path, f'"{name}" is already a model', "rename the selector")
    elif name in names.aliases:
        notes.problem_of_key(path, f'"{name}" is already an alias of "{names.aliases[name]}"', "rename the selector")
    elif is_qualified(name, names):
        notes.problem_of_key(path, f'"{name}" is already a model of a peer', "rename the selector")


def _check_targets(selector: SelectorEntry, path: Path, names: Names, coexistence: Coexistence, notes: Notes) -> None:
    if not selector.targets:
        notes.problem_of_absence((*path, "targets"), "a selector needs targets", "write targets: [model]")
    targets = [names.target(target) for target in selector.targets]
    for index, (target, found) in enumerate(zip(selector.targets, targets, strict=True)):
        at: Path = (*path, "targets", index)
        if found is None:
            notes.problem(
                at,
                f'unknown model "{target}": a target is a local model or one peer\'s model',
                names.suggestion(target, notes),
            )
        elif selector.strategy == "warm" and isinstance(found, PeerModel):
            notes.problem(at, f'"{target}" is a model of a peer: strategy warm takes local ones', "remove it")
    if selector.strategy == "spillover":
        _check_spillover(selector, targets, path, coexistence, notes)
    elif selector.settings.spillover < 1:
        notes.warning((*path, "settings", "spillover"), "has no effect but with strategy: spillover")


def _check_spillover(
    selector: SelectorEntry,
    targets: list[str | PeerModel | None],
    path: Path,
    coexistence: Coexistence,
    notes: Notes,
) -> None:
    spillover = selector.settings.spillover
    if spillover < 1:
        notes.problem((*path, "settings", "spillover"), f"must be at least 1, found {spillover}", "write spillover: 1")
    seen: set[str | PeerModel] = set()
    for index, target in enumerate(targets):
        if target is None:
            continue
        if target in seen:
            name = target.qualified if isinstance(target, PeerModel) else target
            notes.problem((*path, "targets", index), f'"{name}" is already a target', "name each model once")
        seen.add(target)
    local = list(dict.fromkeys(target for target in targets if isinstance(target, str)))
    refusal = coexistence.why_not_together(local) if len(local) > 1 else None
    if refusal:
        notes.problem((*path, "targets"), refusal, "spillover needs local targets that can run together")


def _check_pin(
    pin: str, target: str, path: Path, selectors: Mapping[str, SelectorEntry], names: Names, notes: Notes
) -> None:
    if not pin.strip():
        notes.problem_of_key(path, "a pin needs a name", "name it")
    elif is_qualified(pin, names):
        notes.problem_of_key(path, f'"{pin}" is a model of a peer, which no pin may hide', "rename the pin")
    if target and target not in selectors and names.target(target) is None:
        known = chain(names.models, names.aliases, names.peers, selectors)
        remedy = notes.did_you_mean(target, known) or "a pin leads to a model, a peer's model or a selector"
        notes.problem(path, f'unknown model "{target}"', remedy)
