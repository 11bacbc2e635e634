"""The `group` planner: which models run side by side is said by groups (spec lifecycle 4).

For a target t of group T and a running model m of group O:

    O = T    m goes if T swaps: its members take turns
    O ≠ T    m goes if T is exclusive and O is not persistent

Nothing else matters. The rule is one-way on purpose: a group is exclusive only when one of its members is asked for
(spec lifecycle 4.3).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from modelyard.core.model import Phase
from modelyard.core.planners.base import Plan, Resident

_ASLEEP = frozenset({Phase.ASLEEP})


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupRule:
    """What a group says of its members."""

    swap: bool = True
    exclusive: bool = True
    persistent: bool = False
    members: tuple[str, ...] = ()


_UNGROUPED = None
"""The name of the group that models without a group share. No user can give it away: a group of the configuration
that is called "(default)" is a group like any other, and its members stay reachable."""


class GroupsPlanner:
    """Plans by groups. Models in no group share one that swaps, is exclusive and not persistent.

    Raises `ValueError` where a model is a member of two groups.
    """

    name = "group"

    def __init__(self, groups: Mapping[str, GroupRule]) -> None:
        self._rules: dict[str | None, GroupRule] = {_UNGROUPED: GroupRule()}
        self._rules.update(groups.items())
        self._group_of: dict[str, str] = {}
        for name, rule in groups.items():
            for member in rule.members:
                if self._group_of.setdefault(member, name) != name:
                    raise ValueError(f"{member} is in two groups: {self._group_of[member]} and {name}")

    def __repr__(self) -> str:
        return f"<GroupsPlanner {[name for name in self._rules if name is not None]}>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, GroupsPlanner) and self._rules == other._rules

    def __hash__(self) -> int:
        return hash(tuple(sorted(self._group_of.items())))

    def plan(self, target: str, residents: Sequence[Resident]) -> Plan:
        """Say who must go before `target` may serve (see `Planner.plan`). Asleep models count as not running."""
        group = self._group_of.get(target, _UNGROUPED)
        rule = self._rules[group]
        siblings: list[str] = []
        strangers: list[str] = []
        for resident in residents:
            if resident.model == target or resident.phase in _ASLEEP:
                continue
            other = self._group_of.get(resident.model, _UNGROUPED)
            if other == group:
                if rule.swap:
                    siblings.append(resident.model)
            elif rule.exclusive and not self._rules[other].persistent:
                strangers.append(resident.model)
        return Plan(frozenset(siblings + strangers), _reason(group, siblings, strangers))


def _reason(group: str | None, siblings: list[str], strangers: list[str]) -> str:
    shown = "the default group" if group in (None, "(default)") else f"group {group}"
    causes = []
    if siblings:
        causes.append(f"{' and '.join(siblings)} must go, since members of {shown} take turns")
    if strangers:
        causes.append(f"{' and '.join(strangers)} must go, since {shown} is exclusive")
    return "; ".join(causes) or "nothing has to make room"
