"""What planners are shown, when plans are made anew, who holds a place."""

from __future__ import annotations

from collections.abc import Sequence

from modelyard.core.dsl.program import compile_matrix
from modelyard.core.errors import Held
from modelyard.core.lifecycle import Happening
from modelyard.core.model import ModelFacts, Phase
from modelyard.core.planners.base import Plan, Resident
from modelyard.core.planners.groups import GroupRule, GroupsPlanner
from modelyard.core.planners.matrix import MatrixPlanner
from modelyard.core.residency import Station
from tests.support.playbook import Playbook, child, side_by_side


class Watched:
    """Plans as another planner does, and remembers what it was shown. Residents must come sorted."""

    name = "watched"

    def __init__(self, planner: GroupsPlanner | MatrixPlanner) -> None:
        self._planner = planner
        self.shown: dict[str, list[Resident]] = {}

    def plan(self, target: str, residents: Sequence[Resident]) -> Plan:
        assert [resident.model for resident in residents] == sorted(resident.model for resident in residents)
        self.shown[target] = list(residents)
        return self._planner.plan(target, residents)


def never(model: str) -> ModelFacts:
    return ModelFacts(model=model, evictable="never")


def test_a_planner_sees_children_and_what_is_committed_to() -> None:
    watched = Watched(GroupsPlanner({}))
    book = Playbook("a", "b", "c", planner=watched).running("a").asks(1, "b")
    book.asks(2, "c").expect()
    assert watched.shown["c"] == [Resident(child("a#1"), Phase.STOPPING), Resident(child("b#1"), Phase.STARTING)]
    book.exited("a#1").ready("b#1").served(1).exited("b#1").asks(3, "b")
    assert watched.shown["b"] == [Resident(child("c#1"), Phase.STARTING)]
    assert "c" not in [resident.model for resident in watched.shown["c"] if resident.phase is Phase.READY]


def test_a_crash_teaches_nothing_of_how_long_a_stop_takes() -> None:
    station = Station(ModelFacts(model="a"), 0.0)
    for happening, now in ((Happening.STARTED, 0.0), (Happening.BECAME_READY, 5.0)):
        station.learn(happening, now)
        station.lifecycle.happen(happening, now)
    station.learn(Happening.EXITED, 50.0)
    assert (station.learned.load, list(station.learned.stops)) == (5.0, [])
    station.learn(Happening.STOP_ASKED, 60.0)
    station.lifecycle.happen(Happening.STOP_ASKED, 60.0)
    station.learn(Happening.EXITED, 62.0)
    assert station.learned.stop == 2.0


def overdue_beside(y: str) -> Playbook:
    """o is overdue and waits for the busy k; x runs, and `y` may run beside both, but o beside only one of x and y."""
    k, o, x = "k", "o", "x"
    names = (k, o, x, y)
    sets = {"one": f"{o} & {x}", "two": f"{o} & {y}", "three": f"{k} & {x} & {y}"}
    planner = Watched(MatrixPlanner(compile_matrix(names, {}, {}, sets)))
    book = Playbook(*names, planner=planner, max_wait=10.0).running(k, x)
    book.asks(1, k).expect(f"grant 1 {k}#1").asks(2, o).expect().at(10.0).expect()
    return book.asks(3, y)


def test_nothing_is_started_that_an_overdue_target_could_not_run_beside_all_that_run() -> None:
    """Law 5 under a matrix, which speaks of sets and not of pairs."""
    overdue_beside("y").expect().served(1).expect("stop k#1 in 10 s").exited("k#1").expect("start o#1")
    overdue_beside("a").expect()


def test_when_a_neighbour_goes_it_is_asked_anew() -> None:
    book = overdue_beside("y")
    book.unload("x").expect("stop x#1 in 10 s").exited("x#1").expect("start y#1")


class TestHolders:
    def test_one_that_is_committed_to_come_back_holds_its_place_already(self) -> None:
        book = Playbook(never("a"), "b").running("a").unload("a").asks(1, "a").expect()
        book.asks(2, "b").expect("reject 2 Held")

    def test_the_first_by_name_is_named(self) -> None:
        book = Playbook("a", never("x"), never("y"), groups={"g": GroupRule(swap=False, members=("x", "y"))})
        book.running("x", "y").asks(1, "a").expect_cause(1, Held("a", "x"))

    def test_one_whose_place_nobody_needs_is_in_nobodys_way(self) -> None:
        groups = {"p": GroupRule(swap=False, exclusive=False, persistent=True, members=("p",))}
        book = Playbook("a", "b", never("p"), groups=groups).running("p", "a")
        book.asks(1, "b").expect("stop a#1 in 10 s")

    def test_a_hold_outlives_the_load(self) -> None:
        book = Playbook("a", "b")
        book.asks(1, "a").hold("a").ready("a#1").served(1).asks(2, "b").expect_cause(2, Held("b", "a"))

    def test_a_deadline_ends_no_hold_before_its_time(self) -> None:
        together = side_by_side("a", "h", "k")
        book = Playbook(ModelFacts(model="a", ttl=10.0), "h", "k", "z", planner=together).running("a", "h", "k")
        book.hold("h", until=60.0).hold("k")
        assert book.scheduler.next_deadline() == 10.0
        book.at(10.0).expect("stop a#1 in 10 s").exited("a#1")
        book.asks(1, "z").expect_cause(1, Held("z", "h", 60.0))
        book.at(60.0).asks(2, "z").expect_cause(2, Held("z", "k"))

    def test_the_next_hold_to_end_is_a_deadline(self) -> None:
        book = Playbook("h", "k", planner=side_by_side("h", "k")).running("h", "k").hold("h", 60.0).hold("k", 30.0)
        assert book.scheduler.next_deadline() == 30.0
        book.at(30.0)
        assert book.scheduler.next_deadline() == 60.0
