"""The truth about groups (spec lifecycle 4.1 and 4.2), row by row.

Tested in test_groups.py, and shown in docs/groups.md by scripts/groups-table.
"""

from __future__ import annotations

from typing import NamedTuple

YES, NO = True, False


class Alone(NamedTuple):
    """What the target's group says, and which running models must go for the target."""

    swap: bool
    exclusive: bool
    persistent: bool
    sibling_goes: bool
    plain_goes: bool
    persistent_goes: bool


class InTurn(NamedTuple):
    """Model x of group 1 is loaded, then y of group 2, then x is asked for again: who runs then."""

    exclusive1: bool
    persistent1: bool
    exclusive2: bool
    persistent2: bool
    after_y: str
    after_x: str


ALONE = [
    Alone(YES, YES, NO, YES, YES, NO),
    Alone(YES, YES, YES, YES, YES, NO),
    Alone(YES, NO, NO, YES, NO, NO),
    Alone(YES, NO, YES, YES, NO, NO),
    Alone(NO, YES, NO, NO, YES, NO),
    Alone(NO, YES, YES, NO, YES, NO),
    Alone(NO, NO, NO, NO, NO, NO),
    Alone(NO, NO, YES, NO, NO, NO),
]
IN_TURN = [
    InTurn(YES, NO, YES, NO, "y", "x"),
    InTurn(YES, NO, YES, YES, "y", "xy"),
    InTurn(YES, NO, NO, NO, "xy", "x"),
    InTurn(YES, NO, NO, YES, "xy", "xy"),
    InTurn(YES, YES, YES, NO, "xy", "x"),
    InTurn(YES, YES, YES, YES, "xy", "xy"),
    InTurn(YES, YES, NO, NO, "xy", "x"),
    InTurn(YES, YES, NO, YES, "xy", "xy"),
    InTurn(NO, NO, YES, NO, "y", "xy"),
    InTurn(NO, NO, YES, YES, "y", "xy"),
    InTurn(NO, NO, NO, NO, "xy", "xy"),
    InTurn(NO, NO, NO, YES, "xy", "xy"),
    InTurn(NO, YES, YES, NO, "xy", "xy"),
    InTurn(NO, YES, YES, YES, "xy", "xy"),
    InTurn(NO, YES, NO, NO, "xy", "xy"),
    InTurn(NO, YES, NO, YES, "xy", "xy"),
]
