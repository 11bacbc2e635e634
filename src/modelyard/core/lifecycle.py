"""Where a model's child stands, and what may happen to it there.

The theory
----------
A model has at most one child at a time. Its life is a walk through `TABLE`: for each phase, the happenings that are
possible in it and the phase that each leads to. **What is not in the table cannot happen**; asking for it raises
`TransitionError`, which is a mistake of ours and never of the outside world. Whoever brings news from outside
(a child became ready, a child exited) asks `may` first, because such news can be late.

* A child that was asked to stop is STOPPING until no process of it is left, whatever it was doing before. That it
  becomes ready meanwhile is too late to matter, so STOPPING knows no BECAME_READY.
* A child that breaks down is STOPPING as well, although nobody asked: its process is gone, and until the rest of its
  tree is, it must not be given work that would end with it.
* A child can exit in every phase in which it exists. The exit of a starting child is a failed start; the exit of a
  ready one is a crash; both leave the model stopped, and the next request tries again (spec lifecycle 2.8, 3.11.6).
* FAILED is a stopped model that may not be tried again yet: its starts failed again and again (GAVE_UP), and it waits
  until its back-off is over (BACKED_OFF). An unload forgives it.
* Engines that can give their memory back without dying fall asleep and are woken; both take time and both can be
  overtaken by a stop.
* The generation rises with every STARTED and never falls, so that a `ChildId` names one process tree for ever.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from modelyard.core.model import ChildId, Phase


class Happening(StrEnum):
    """What can happen to a child."""

    STARTED = "started"
    BECAME_READY = "became ready"
    BROKE_DOWN = "broke down"
    EXITED = "exited"
    STOP_ASKED = "stop asked"
    SLEEP_ASKED = "sleep asked"
    FELL_ASLEEP = "fell asleep"
    WAKE_ASKED = "wake asked"
    WOKE_UP = "woke up"
    GAVE_UP = "gave up"
    BACKED_OFF = "backed off"
    FORGIVEN = "forgiven"


TABLE: Mapping[Phase, Mapping[Happening, Phase]] = MappingProxyType(
    {
        Phase.STOPPED: {
            Happening.STARTED: Phase.STARTING,
            Happening.GAVE_UP: Phase.FAILED,
        },
        Phase.STARTING: {
            Happening.BECAME_READY: Phase.READY,
            Happening.STOP_ASKED: Phase.STOPPING,
            Happening.EXITED: Phase.STOPPED,
        },
        Phase.READY: {
            Happening.SLEEP_ASKED: Phase.FALLING_ASLEEP,
            Happening.BROKE_DOWN: Phase.STOPPING,
            Happening.STOP_ASKED: Phase.STOPPING,
            Happening.EXITED: Phase.STOPPED,
        },
        Phase.FALLING_ASLEEP: {
            Happening.FELL_ASLEEP: Phase.ASLEEP,
            Happening.BROKE_DOWN: Phase.STOPPING,
            Happening.STOP_ASKED: Phase.STOPPING,
            Happening.EXITED: Phase.STOPPED,
        },
        Phase.ASLEEP: {
            Happening.WAKE_ASKED: Phase.WAKING,
            Happening.BROKE_DOWN: Phase.STOPPING,
            Happening.STOP_ASKED: Phase.STOPPING,
            Happening.EXITED: Phase.STOPPED,
        },
        Phase.WAKING: {
            Happening.WOKE_UP: Phase.READY,
            Happening.BROKE_DOWN: Phase.STOPPING,
            Happening.STOP_ASKED: Phase.STOPPING,
            Happening.EXITED: Phase.STOPPED,
        },
        Phase.STOPPING: {
            Happening.EXITED: Phase.STOPPED,
        },
        Phase.FAILED: {
            Happening.BACKED_OFF: Phase.STOPPED,
            Happening.FORGIVEN: Phase.STOPPED,
        },
    }
)


class TransitionError(Exception):
    """The table has no entry: the caller broke the rules above."""

    def __init__(self, child: ChildId, phase: Phase, happening: Happening) -> None:
        super().__init__(f"{child} is {phase}: it cannot be that it {happening}")


class Lifecycle:
    """One model's walk through the table.

    `child` names the latest child (generation 0 before the first start), `phase` is where it stands, and `since` the
    time at which it came there.
    """

    __slots__ = ("child", "phase", "since")

    def __init__(self, model: str, now: float) -> None:
        self.child = ChildId(model, 0)
        self.phase = Phase.STOPPED
        self.since = now

    def __repr__(self) -> str:
        return f"<Lifecycle {self.child} {self.phase} since {self.since:g}>"

    def may(self, happening: Happening) -> bool:
        """Whether `happening` is possible in the present phase."""
        return happening in TABLE[self.phase]

    def happen(self, happening: Happening, now: float) -> None:
        """Move on. Raises `TransitionError` where the table has no entry."""
        target = TABLE[self.phase].get(happening)
        if target is None:
            raise TransitionError(self.child, self.phase, happening)
        if happening is Happening.STARTED:
            self.child = ChildId(self.child.model, self.child.generation + 1)
        self.phase = target
        self.since = now
