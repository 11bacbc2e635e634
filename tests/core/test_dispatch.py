"""The corners of the one decision: what comes at the very moment, and what follows within one step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from modelyard.core.commands import TellWaiting
from modelyard.core.model import ModelFacts, Phase
from modelyard.core.planners.base import Plan, Resident
from modelyard.core.planners.groups import GroupRule
from tests.core.test_economics import A, B, experienced
from tests.support.playbook import Playbook, side_by_side


class Wants:
    """A policy that is written out: who must go for whom."""

    name = "wants"

    def __init__(self, wants: Mapping[str, str]) -> None:
        self._wants = wants

    def plan(self, target: str, residents: Sequence[Resident]) -> Plan:
        gone = frozenset(resident.model for resident in residents if resident.model in self._wants.get(target, ""))
        return Plan(gone, "so it is written")


def never(model: str) -> ModelFacts:
    return ModelFacts(model=model, evictable="never")


def test_a_request_at_the_very_moment_is_held_back() -> None:
    """b is overdue now, and the deadline that says so comes later in the same instant."""
    book = Playbook("a", "b", max_wait=20.0).running("a").asks(1, "a").asks(2, "b")
    book.now = 20.0
    book.asks(3, "a").expect()


def test_the_end_of_a_request_at_the_very_moment_gives_its_place_to_nobody() -> None:
    book = Playbook(ModelFacts(model="a", parallel=1), "b", max_wait=20.0).running("a")
    book.asks(1, "a").asks(2, "b").asks(3, "a")
    book.now = 20.0
    book.served(1).expect("stop a#1 in 10 s")


def test_a_place_that_becomes_free_is_not_given_away_while_a_neighbour_must_go_first() -> None:
    """Spec 4.3: a is ready and has room again, but x runs beside it, and is busy."""
    book = Playbook(ModelFacts(model="a", parallel=2), "x", groups={"g": GroupRule(exclusive=False, members=("x",))})
    book.running("a").asks(1, "a").asks(2, "a").asks(3, "x").expect("start x#1").ready("x#1").expect("grant 3 x#1")
    book.asks(4, "a").served(1).expect()
    book.served(3).expect("stop x#1 in 10 s").exited("x#1").expect("grant 4 a#1")


def test_a_request_after_the_moment_is_decided_on_as_any_other() -> None:
    book = Playbook("a", "b", "p", planner=Wants({"a": "b", "b": "a"}), max_wait=20.0).running("a")
    book.asks(1, "a").asks(2, "b")
    book.now = 20.5
    book.asks(3, "p").expect("start p#1")


def test_a_short_longest_wait_is_one() -> None:
    book = Playbook("a", "b", max_wait=0.5).running("a").asks(1, "a").asks(2, "b")
    assert book.scheduler.next_deadline() == 0.5
    book.at(0.5).asks(3, "a").expect()


class TestHoldersInTheSameStep:
    def test_who_needs_the_place_of_one_that_is_committed_now_is_refused_now(self) -> None:
        book = Playbook("z", never("a"), "b").running("z")
        book.asks(1, "z").asks(2, "a").asks(3, "b").expect()
        book.served(1).expect("stop z#1 in 10 s", "reject 3 Held")

    def test_so_is_one_who_waits_when_the_request_comes(self) -> None:
        """a may start beside the busy k, for which b waits."""
        book = Playbook("k", never("a"), "b", planner=Wants({"b": "ka"})).running("k")
        book.asks(1, "k").asks(2, "b").expect()
        book.asks(3, "a").expect("start a#1", "reject 2 Held")

    def test_and_who_stood_back_for_that_one_goes_on(self) -> None:
        """c would have been in the way of b, which was overdue."""
        planner = Wants({"a": "z", "b": "zac"})
        book = Playbook("z", never("a"), "b", "c", planner=planner, max_wait=10.0).running("z")
        book.asks(1, "z").asks(2, "a").asks(3, "b").at(10.0).asks(4, "c").expect()
        book.served(1).expect("stop z#1 in 10 s", "reject 3 Held", "start c#1")

    def test_nobody_else_is_refused(self) -> None:
        book = Playbook("k", never("a"), "b", "c", planner=Wants({"b": "ka", "c": "k"})).running("k")
        book.asks(1, "k").asks(2, "c").asks(3, "a").expect("start a#1").asks(4, "b").expect("reject 4 Held")
        book.served(1).expect("stop k#1 in 10 s").exited("k#1").expect("start c#1")


def test_without_economics_nobody_is_favoured_whatever_happens() -> None:
    """Eleven for a, one for b: with economics b would have its turn."""
    book = experienced(A, B, economics=False).ask_all("a", 1, 11).asks(12, "b")
    book.release("b").served(1).expect("grant 2 a#1")
    assert book.scheduler.explain("a", book.now).behind == ("a",)


def test_with_economics_an_overdue_request_still_goes_first() -> None:
    """c is overdue; that b's turn would be worth it does not count now."""
    c = ModelFacts(model="c", parallel=1)
    book = experienced(A, B, c, max_wait=30.0).asks(1, "a").asks(2, "c").at(129.0).ask_all("a", 3, 12).asks(13, "b")
    book.at(130.0).served(1).expect("stop a#1 in 10 s").exited("a#1").expect("start c#1")


def test_a_ready_target_serves_its_waiters_when_its_neighbour_is_gone_though_others_are_overdue() -> None:
    """The swap was committed before o became overdue, and served like any other (laws 4 and 5)."""
    book = Playbook("a", "k", "o", "x", planner=Wants({"a": "x", "o": "ak"}), max_wait=10.0).running("k", "a", "x")
    book.asks(1, "k").asks(2, "o").at(5.0).asks(3, "a").expect("stop x#1 in 10 s")
    book.at(11.0).exited("x#1").expect("grant 3 a#1")
    book.asks(4, "a").expect().served(1).expect().served(3).expect("stop a#1 in 10 s", "stop k#1 in 10 s")


def test_the_next_of_two_that_failed_again_and_again_is_a_deadline() -> None:
    """R31: b failed for the third time at 2, a at 3."""
    book = Playbook("a", "b", planner=side_by_side("a", "b"))
    for number, (model, now) in enumerate([("b", 0.0), ("b", 1.0), ("b", 2.0), ("a", 2.0), ("a", 2.5), ("a", 2.75)], 1):
        book.at(now).asks(number, model).failed(f"{model}#{number if model == 'b' else number - 3}")
    assert book.scheduler.next_deadline() == 3.0
    book.at(3.0)
    assert (book.phase("a"), book.phase("b")) == ("failed", "stopped")
    assert book.scheduler.next_deadline() == 3.75


def test_a_model_that_leaves_in_its_own_time_is_not_idle_while_somebody_waits_for_it() -> None:
    """a is ready, and waits itself until the busy x has gone; its ttl is not over meanwhile."""
    a = ModelFacts(model="a", evictable="idle", ttl=10.0)
    book = Playbook(a, "x", groups={"g": GroupRule(exclusive=False, members=("x",))}).running("a", "x")
    book.asks(1, "x").asks(2, "a").at(50.0).expect()
    assert book.scheduler.snapshot().models["a"].phase is Phase.READY
    book.served(1).expect("stop x#1 in 10 s").exited("x#1").expect("grant 2 a#1")


def test_a_position_is_told_once_in_a_step() -> None:
    book = Playbook("a", "b", ModelFacts(model="c", priority=5)).running("a").asks(1, "a").asks(2, "b").asks(3, "c")
    told = [command.request for command in book.commands if isinstance(command, TellWaiting)]
    assert sorted(told) == [2, 3]


def turns(book: Playbook) -> dict[int, int]:
    """Who is told which place among those that wait for a turn; nobody is told twice in a step."""
    told = [command for command in book.commands if isinstance(command, TellWaiting)]
    places = {command.request: command.turn for command in told}
    assert len(places) == len(told)
    return places


def test_who_joins_a_load_waits_for_no_turn_and_does_not_count_for_those_who_do() -> None:
    """Spec lifecycle 7: a load is joined, also while its victims leave; a place in the queue is for the others."""
    book = Playbook("a", "b", "c").running("a")
    for request, model, turn in ((1, "b", 0), (2, "b", 0), (3, "c", 1), (4, "b", 0), (5, "c", 2), (6, "a", 3)):
        assert turns(book.asks(request, model)) == {request: turn}


def test_when_others_have_their_turn_the_next_one_is_nearer() -> None:
    """Spec lifecycle 3.6: after every walk the remaining ones are told."""
    book = Playbook("a", "b", "c", "d").running("a").asks(1, "a").asks(2, "b").asks(3, "c").asks(4, "d")
    assert turns(book.served(1)) == {3: 1, 4: 2}  # 2 has its turn: a stops, b will start
    assert turns(book.exited("a#1")) == {}
    assert turns(book.ready("b#1")) == {3: 1, 4: 2}  # their places in the line are other ones now
    assert turns(book.served(2)) == {4: 1}
    assert turns(book.unload("c")) == {4: 0}


def test_no_more_than_a_hundred_are_told_that_their_turn_is_nearer() -> None:
    book = Playbook("a", "b", "c").running("a").asks(1, "a").asks(2, "b").ask_all("c", 3, 152)
    assert turns(book.served(1)) == {request: request - 2 for request in range(3, 102)}


def test_where_a_model_stands_can_be_asked() -> None:
    book = Playbook("a", "b").running("a")
    assert [book.scheduler.phase_of(model) for model in ("a", "b", "nobody")] == ["ready", "stopped", "stopped"]


class TestOrders:
    """What people ask for is decided on at once, at the time at which they ask."""

    def test_an_unload_goes_on_behind_what_is_not_known(self) -> None:
        Playbook("a").running("a").unload("nobody", "a").expect("stop a#1 in 10 s")

    def test_an_unload_of_the_forced_model_opens_those_that_were_closed_for_it(self) -> None:
        book = Playbook(ModelFacts(model="a", parallel=2), "b", max_wait=10.0).running("a")
        book.asks(1, "a").asks(2, "b").at(10.0).asks(3, "a").expect()
        book.unload("b").expect("reject 2 ModelUnloaded", "grant 3 a#1")

    def test_a_hold_sees_who_is_overdue_by_then(self) -> None:
        """b is overdue, and the deadline that says so comes late; a, which p needs as well, is held."""
        planner = Wants({"b": "k", "p": "a"})
        book = Playbook(ModelFacts(model="k", parallel=1), "a", "b", "p", planner=planner, max_wait=20.0)
        book.running("k", "a").asks(1, "k").asks(2, "b").asks(3, "k").asks(4, "a").asks(5, "p").expect()
        book.now = 20.5
        book.hold("a").expect("reject 5 Held").served(1).expect("stop k#1 in 10 s")

    def test_so_does_a_release(self) -> None:
        book = Playbook(ModelFacts(model="a", parallel=1), "b", max_wait=20.0).running("a")
        book.asks(1, "a").asks(2, "b").asks(3, "a")
        book.now = 20.5
        book.release("a").served(1).expect("stop a#1 in 10 s")


class Cheapest:
    """c costs d its place; but beside a it costs b its own, as with sets that speak of more than pairs."""

    name = "cheapest"

    def plan(self, target: str, residents: Sequence[Resident]) -> Plan:
        running = {resident.model for resident in residents}
        wanted = {"a": "d", "c": "b" if "a" in running else "d"}.get(target, "")
        return Plan(frozenset(running & set(wanted)), "so it costs least")


def test_a_plan_that_a_commit_has_changed_takes_no_place_that_is_held() -> None:
    """Seed 57539: a's swap is committed first, and in the same walk c's plan turns against b, which is held."""
    book = Playbook("a", "b", "c", "d", planner=Cheapest()).running("b", "d").hold("b")
    book.asks(1, "d").asks(2, "a").asks(3, "c").expect()
    book.served(1).expect("stop d#1 in 10 s", "reject 3 Held")


def test_a_load_serves_those_who_waited_for_it_though_others_are_overdue() -> None:
    """Law 4: o is overdue and would have a gone, which has only just been loaded."""
    book = Playbook("a", "k", "o", planner=Wants({"o": "ak"}), max_wait=10.0).running("k")
    book.asks(1, "k").asks(2, "o").at(5.0).asks(3, "a").expect("start a#1").asks(4, "a")
    book.at(11.0).ready("a#1").expect("grant 3 a#1", "grant 4 a#1").asks(5, "a").expect()
