"""Policies by name: `fifo`, `fifo+maxWait=30`, `plain-fifo`.

`fifo` is what the configuration says; each `+KEY=VALUE` changes one setting of `SpecsChanged`, so whatever the
scheduler can be told, a policy can vary.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import isfinite
from typing import Any

from msgspec import structs

from modelyard.core.events import SpecsChanged
from modelyard.core.planners.groups import GroupsPlanner
from modelyard.simulate.errors import WorkloadError, did_you_mean

CONFIGURED = "fifo"
PLAIN = "plain-fifo"


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How the scheduler is set up for one run."""

    name: str
    """As it was asked for."""
    changes: Mapping[str, Any] = field(default_factory=dict)
    """Fields of `SpecsChanged` that differ from the configuration."""
    collates: bool = True
    """False: strictly in order of arrival, one after the other."""

    def applied(self, specs: SpecsChanged) -> SpecsChanged:
        """The first event of the scheduler's life."""
        return structs.replace(specs, **self.changes)


def parse_policies(text: str) -> list[Policy]:
    """Read `NAME[+KEY=VALUE…],…`.

    Raises `WorkloadError` for what the scheduler does not know, and for a name that comes twice.
    """
    policies = [_parse(name.strip()) for name in text.split(",")]
    names = [policy.name for policy in policies]
    for name in names:
        if names.count(name) > 1:
            raise WorkloadError(f'policy "{name}" is named twice')
    return policies


def _parse(text: str) -> Policy:
    name, *switches = text.split("+")
    if name == PLAIN:
        if switches:
            raise WorkloadError(f"{text}: {PLAIN} knows no switches; it serves strictly in order of arrival")
        return Policy(name=PLAIN, changes={"max_wait": 0.0}, collates=False)
    if name != CONFIGURED:
        known = (CONFIGURED, PLAIN)
        remedy = did_you_mean(name, known) or f" (known: {', '.join(known)})"
        raise WorkloadError(f'unknown policy "{name}"{remedy}')
    return Policy(name=text, changes=dict(_change(text, switch) for switch in switches))


def _change(policy: str, switch: str) -> tuple[str, Any]:
    """One field of `SpecsChanged` and its value."""
    key, _, value = switch.partition("=")
    if key not in _SWITCHES:
        raise WorkloadError(f'{policy}: unknown switch "{key}"{did_you_mean(key, _SWITCHES)}')
    name, read, wanted = _SWITCHES[key]
    if name not in SpecsChanged.__struct_fields__:
        raise WorkloadError(f"{policy}: the scheduler of this version does not know {key} yet")
    try:
        return name, read(value)
    except (KeyError, ValueError) as error:
        raise WorkloadError(f'{policy}: {key} is {wanted}, not "{value}"') from error


def _seconds(text: str) -> float:
    seconds = float(text)
    if not isfinite(seconds) or seconds < 0:
        raise ValueError(text)
    return seconds


_SWITCHES: Mapping[str, tuple[str, Callable[[str], Any], str]] = {
    "maxWait": ("max_wait", _seconds, "a number of seconds, 0 or more"),
    "minResidency": ("min_residency", _seconds, "a number of seconds, 0 or more"),
    "fairness": ("fairness", {name: name for name in ("none", "caller")}.__getitem__, "none or caller"),
    "economics": ("economics", {"on": True, "off": False}.__getitem__, "on or off"),
    "planner": ("planner", {"alone": GroupsPlanner({})}.__getitem__, "alone, that is one model at a time"),
}
"""By the key as a policy writes it: the field of `SpecsChanged`, how its value is read, and what it may be."""
