"""The keeper of the laws must notice each breach: a keeper that sees nothing would make every other test empty."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from modelyard.core.commands import Command, Grant, Reject, StartChild, StopChild, TellWaiting
from modelyard.core.errors import Braked, LoadFailed, UnknownModel
from modelyard.core.events import (
    ChildBrokeDown,
    ChildExited,
    ChildFailed,
    ChildReady,
    DeadlinePassed,
    Event,
    RequestArrived,
    ServeDone,
    ShutdownAsked,
    SpecsChanged,
    UnloadAsked,
)
from modelyard.core.laws import Bound, LawBroken, LawKeeper
from modelyard.core.planners.groups import GroupsPlanner
from modelyard.core.reasons import UNLOADED
from tests.support.playbook import all_of, child

Step = tuple[Event, list[Command]]

SPECS: Step = (SpecsChanged(all_of("ab"), GroupsPlanner({})), [])
ASKS: Step = (RequestArrived(1, "a"), [StartChild(child("a#1"), "")])
READY: Step = (ChildReady(child("a#1")), [Grant(1, child("a#1"))])
SERVED: Step = (ServeDone(1), [])


def stop(name: str) -> StopChild:
    return StopChild(child(name), 1.0, UNLOADED)


@pytest.mark.parametrize(
    ("law", "steps"),
    [
        (0, [SPECS, ASKS, (RequestArrived(2, "b"), [StartChild(child("b#1"), "")])]),
        (0, [SPECS, ASKS, (RequestArrived(2, "a"), [StartChild(child("a#2"), "")])]),
        (0, [SPECS, ASKS, (ChildFailed(child("a#1"), ""), [StartChild(child("a#1"), "")])]),
        (0, [SPECS, (RequestArrived(1, "c"), [StartChild(child("c#1"), "")])]),
        (0, [SPECS, (ShutdownAsked(), []), (ServeDone(1), [StartChild(child("a#1"), "")])]),
        (0, [SPECS, (DeadlinePassed(), [stop("a#1")])]),
        (0, [SPECS, ASKS, READY, SERVED, (UnloadAsked(), [stop("a#1"), stop("a#1")])]),
        (
            0,
            [
                SPECS,
                ASKS,
                READY,
                (SpecsChanged(all_of("ab"), GroupsPlanner({}), frozenset("a")), []),
                (RequestArrived(2, "a"), [Grant(2, child("a#1"))]),
            ],
        ),
        (1, [SPECS, ASKS, READY, (ServeDone(1), [Grant(1, child("a#1"))])]),
        (1, [SPECS, ASKS, (DeadlinePassed(), [Reject(2, UnknownModel("a"))])]),
        (1, [SPECS, ASKS, (DeadlinePassed(), [TellWaiting(2, 1)])]),
        (1, [SPECS, ASKS, READY, (RequestArrived(2, "b"), [Grant(2, child("a#1"))])]),
        (1, [SPECS, ASKS, (ShutdownAsked(), [stop("a#1")])]),
        (1, [SPECS, ASKS, (ChildFailed(child("a#1"), ""), [])]),
        (2, [SPECS, ASKS, (DeadlinePassed(), [Grant(1, child("a#1"))])]),
        (2, [SPECS, ASKS, READY, (UnloadAsked(), [stop("a#1")]), (RequestArrived(2, "a"), [Grant(2, child("a#1"))])]),
        (3, [SPECS, ASKS, READY, (RequestArrived(2, "b"), [stop("a#1")])]),
        (3, [SPECS, ASKS, READY, (DeadlinePassed(), [stop("a#1")])]),
        (4, [SPECS, ASKS, (RequestArrived(2, "b"), [stop("a#1")])]),
        (4, [SPECS, ASKS, (ChildReady(child("a#1")), [])]),
        (9, [SPECS, ASKS, READY, SERVED, (RequestArrived(2, "a"), [stop("a#1")])]),
    ],
)
def test_every_breach_is_noticed(law: int, steps: list[Step]) -> None:
    keeper = LawKeeper()
    for event, commands in steps[:-1]:
        keeper.observe(event, commands, 0.0)
    event, commands = steps[-1]
    with pytest.raises(LawBroken) as broken:
        keeper.observe(event, commands, 0.0)
    assert broken.value.law == law


@pytest.mark.parametrize(("law", "steps"), [(1, [SPECS, ASKS]), (2, [SPECS, ASKS, READY])])
def test_what_never_ended_is_noticed_at_the_end(law: int, steps: list[Step]) -> None:
    keeper = LawKeeper()
    for event, commands in steps:
        keeper.observe(event, commands, 0.0)
    with pytest.raises(LawBroken) as broken:
        keeper.finish()
    assert broken.value.law == law


def test_a_wait_beyond_the_bound_is_noticed() -> None:
    keeper = LawKeeper(Bound(max_wait=10.0, service=1.0, stop=2.0, load=3.0))
    keeper.observe(SpecsChanged(all_of("a"), GroupsPlanner({}), max_wait=10.0), [], 0.0)
    keeper.observe(*ASKS, 0.0)
    with pytest.raises(LawBroken, match="law 5: 1 waited 24 s, more than 23 s"):
        keeper.observe(*READY, 24.0)


@pytest.mark.parametrize(
    ("ahead", "longest"), [(0, lambda w, turn, d: w + turn), (2, lambda w, turn, d: w + 3 * turn + 2 * d)]
)
def test_the_bound_is_the_one_that_is_promised(ahead: int, longest: Callable[[float, float, float], float]) -> None:
    bound = Bound(max_wait=10.0, service=1.0, stop=2.0, load=3.0)
    assert bound.longest_wait(ahead) == longest(10.0, 6.0, 1.0)


def test_late_news_of_another_child_does_not_end_a_row_of_failures() -> None:
    """R31: three starts have failed; that an earlier child is said to be ready changes nothing."""
    keeper = LawKeeper()
    keeper.observe(*SPECS, 0.0)
    for number in (1, 2, 3):
        started = child(f"a#{number}")
        keeper.observe(RequestArrived(number, "a"), [StartChild(started, "")], 0.0)
        keeper.observe(ChildFailed(started, "exit 1"), [Reject(number, LoadFailed("a", "exit 1"))], 0.0)
    keeper.observe(ChildReady(child("a#1")), [], 0.0)
    keeper.observe(RequestArrived(4, "a"), [Reject(4, Braked("a", "exit 1", 3, 1.0, 1.0))], 0.0)


def test_it_counts_who_was_overdue_and_how_much_of_the_bound_was_used() -> None:
    keeper = LawKeeper(Bound(max_wait=10.0, service=1.0, stop=2.0, load=3.0))
    keeper.observe(SpecsChanged(all_of("a"), GroupsPlanner({}), max_wait=10.0), [], 0.0)
    keeper.observe(*ASKS, 0.0)
    keeper.observe(DeadlinePassed(), [], 10.0)
    keeper.observe(*READY, 11.5)
    assert (keeper.overdue, keeper.closest) == (1, 11.5 / 23.0)


def test_a_grant_to_a_child_that_broke_down_breaks_law_2() -> None:
    keeper = LawKeeper()
    for event, commands in (SPECS, ASKS, READY, SERVED, (ChildBrokeDown(child("a#1")), [])):
        keeper.observe(event, commands, 2.0)
    with pytest.raises(LawBroken, match="law 2: 2 is granted to a#1, which is not ready"):
        keeper.observe(RequestArrived(2, "a"), [Grant(2, child("a#1"))], 2.0)


def test_a_peaceful_dialogue_breaks_no_law() -> None:
    keeper = LawKeeper()
    for event, commands in (
        SPECS,
        ASKS,
        READY,
        SERVED,
        (UnloadAsked(), [stop("a#1")]),
        (ChildExited(child("a#1")), []),
    ):
        keeper.observe(event, commands, 2.0)
    keeper.finish()
    assert (keeper.swaps, keeper.waits) == (1, [0.0])
