"""Swap economics: a long queue yields to another model where that costs less waiting in all."""

from __future__ import annotations

from modelyard.core.commands import Grant
from modelyard.core.economics import saves_waiting
from modelyard.core.model import ModelFacts
from modelyard.core.planners.groups import GroupRule
from modelyard.core.residency import Station
from modelyard.core.waiting import WaitingLine
from tests.support.playbook import Playbook, child

A, B = ModelFacts(model="a", parallel=1), ModelFacts(model="b", parallel=1)


def experienced(
    *models: ModelFacts | str,
    load: float = 1.0,
    economics: bool = True,
    max_wait: float = 0.0,
    groups: dict[str, GroupRule] | None = None,
) -> Playbook:
    """a is loaded at 100. Services of a take 10 s, services of b 2 s, stops no time."""
    book = Playbook(*(models or (A, B)), economics=economics, max_wait=max_wait, groups=groups)
    book.asks(-1, "b").at(load).ready("b#1").at(load + 2.0).served(-1)
    book.asks(-2, "a").exited("b#1").at(2 * load + 2.0).ready("a#1").at(2 * load + 12.0).served(-2)
    return book.at(100.0)


def test_a_swap_comes_first_where_it_saves_more_than_it_costs() -> None:
    """Ten wait for a, one for b: 100 s of waiting for b, or 10 times 4 s for the others."""
    book = experienced().ask_all("a", 1, 11).asks(12, "b").expect()
    book.at(110.0).served(1).expect("stop a#1 in 10 s").exited("a#1").expect("start b#2")
    book.ready("b#2").expect("grant 12 b#2").served(12).expect("stop b#2 in 10 s")


def test_the_queue_goes_first_where_the_swap_costs_more() -> None:
    """Two wait for a, one for b: 20 s of waiting for b, or 62 s for either of the others."""
    experienced(load=30.0).ask_all("a", 1, 3).asks(4, "b").served(1).expect("grant 2 a#1")


def test_without_economics_a_resident_model_serves_all_who_want_it() -> None:
    experienced(economics=False).ask_all("a", 1, 11).asks(12, "b").served(1).expect("grant 2 a#1")


def test_what_is_not_known_decides_nothing() -> None:
    book = Playbook(A, B, economics=True).running("a")
    book.ask_all("a", 1, 11).asks(12, "b").at(10.0).served(1).expect("grant 2 a#1")


def test_one_more_waiter_may_tip_the_balance() -> None:
    """Five that want b do not outweigh the one that wants a beside the one in service; eight do."""
    book = experienced(load=30.0).ask_all("a", 1, 3).ask_all("b", 4, 8).at(110.0).served(1).expect("grant 2 a#1")
    book.ask_all("b", 9, 11).at(120.0).served(2).expect("stop a#1 in 10 s")


def test_the_choice_stands_until_the_turn_has_come() -> None:
    """More requests for a arrive meanwhile; they do not tip the balance back, so nobody is torn to and fro."""
    book = experienced().ask_all("a", 1, 11).asks(12, "b").ask_all("a", 13, 300).expect()
    book.served(1).expect("stop a#1 in 10 s")


def test_if_those_who_were_favoured_leave_the_queue_goes_on() -> None:
    book = experienced(ModelFacts(model="a", parallel=2), B).ask_all("a", 1, 20).asks(21, "b").served(1).expect()
    book.leaves(21).expect("grant 3 a#1")


def test_law_5_overrules_it() -> None:
    """By economics b waits for all of a's; overdue, it has its turn."""
    book = experienced(load=30.0, max_wait=50.0).asks(1, "a").asks(2, "b").ask_all("a", 3, 4).at(149.0)
    book.at(150.0).served(1).expect("stop a#1 in 10 s")


def stream(book: Playbook, until: float) -> int:
    """Two requests for a at a time, of 10 s each, from 100 on; the first that is not granted."""
    book.asks(1, "a").asks(2, "a").at(109.0).asks(1000, "b").expect()
    for turn in range(1, int(until - 100.0) // 10 + 1):
        book.at(100.0 + 10 * turn)
        for request in (2 * turn + 1, 2 * turn + 2):
            if not book.asks(request, "a").commands or book.commands[0] != Grant(request, child("a#1")):
                return request
            book.served(request - 2).expect()
    return 0


def test_a_stream_yields_when_the_others_have_waited_for_as_much_as_that_costs() -> None:
    """b's turn takes 30 + 2 + 30 s, in which 12.4 requests for a come, which wait for half of that: 384.4 s. Nobody
    queues for a, but two are always served."""
    book = experienced(ModelFacts(model="a", parallel=9), B, load=30.0)
    assert stream(book, 490.0) == 0
    book.at(500.0).asks(9001, "a").expect("grant 9001 a#1").served(79).served(80).expect()
    book.asks(9002, "a").expect().served(9001).expect("stop a#1 in 10 s")


def test_a_stream_goes_on_without_economics() -> None:
    book = experienced(ModelFacts(model="a", parallel=9), B, load=30.0, economics=False)
    assert stream(book, 900.0) == 0


def test_who_needs_the_same_place_counts() -> None:
    """One for b waits for 10 s, and the one for a would for 8; each for c would wait for one load of a more."""
    for rivals, expected in ((0, "stop a#1 in 10 s"), (1, "grant 2 a#1")):
        book = experienced(A, B, ModelFacts(model="c"), load=3.0).ask_all("a", 1, 2).asks(3, "b")
        book.ask_all("c", 4, 3 + rivals).at(110.0).served(1).expect(expected)


def test_who_needs_another_place_does_not_count() -> None:
    groups = {"apart": GroupRule(exclusive=False, persistent=True, members=("x", "y"))}
    book = experienced(A, B, "x", "y", load=3.0, groups=groups).asks(-3, "x").ready("x#1")
    book.ask_all("a", 1, 2).asks(3, "b").ask_all("y", 4, 9).at(110.0).served(1).expect("stop a#1 in 10 s")


class TestTheSum:
    """Four wait for b, whose turn takes 6 s to load, 8 to serve, 1 to stop; two wait for a, 10 s each."""

    def setup_method(self) -> None:
        self.line = WaitingLine()
        self.b = self.side("b", waiting=4, load=6.0, service=2.0, stop=1.0)

    def side(
        self,
        model: str,
        *,
        waiting: int,
        load: float | None,
        service: float | None,
        stop: float = 0.0,
        parallel: int = 1,
    ) -> Station:
        station = Station(ModelFacts(model=model, parallel=parallel), 0.0)
        for _ in range(waiting):
            self.line.add(len(self.line), station.facts, 0.0)
        station.learned.remember_load(load)
        station.learned.stops.append(stop)
        if service is not None:
            station.learned.services.append(service)
        return station

    def a(self, *, waiting: int = 2, load: float | None = 5.0, service: float | None = 10.0) -> Station:
        return self.side("a", waiting=waiting, load=load, service=service, stop=3.0)

    def test_it_is_counted_to_the_second(self) -> None:
        """80 s saved; either of a's pays 3 + 6 + 8 + 1 and its next load."""
        assert saves_waiting(self.line, self.b, [self.a(load=21.9)], 0.0)

    def test_what_costs_as_much_is_not_worth_it(self) -> None:
        assert not saves_waiting(self.line, self.b, [self.a(load=22.0)], 0.0)

    def test_the_longest_queue_is_what_is_saved(self) -> None:
        """The queues are served at the same time, and each of their waiters pays: 80 s, or 2 * 23 + 33."""
        c = self.side("c", waiting=1, load=18.0, service=1.0)
        a = self.a()
        assert saves_waiting(self.line, self.b, [a, c], 0.0)
        assert saves_waiting(self.line, self.b, [c, a], 0.0)
        a.learned.remember_load(6.0)
        assert not saves_waiting(self.line, self.b, [a, c], 0.0)

    def test_those_who_come_meanwhile_wait_for_half_of_the_time(self) -> None:
        """Two in service, of 10 s each: in the 23 s that a is away 4.6 come. With the two that wait it is 98.9 s, and
        the four for b have waited for that after 24.725 s."""
        a = self.a()
        a.in_flight = {1: 0.0, 2: 0.0}
        assert not saves_waiting(self.line, self.b, [a], 24.7)
        assert saves_waiting(self.line, self.b, [a], 24.75)

    def test_where_nobody_has_waited_yet_nothing_is_worth_a_swap(self) -> None:
        """However cheap: b's turn takes a second, in which a tenth of a request for a comes."""
        quick = self.side("t", waiting=3, load=0.5, service=0.1)
        a = self.side("a", waiting=0, load=0.2, service=10.0)
        a.in_flight = {1: 0.0}
        assert not saves_waiting(self.line, quick, [a], 0.0)
        assert saves_waiting(self.line, quick, [a], 0.02)

    def test_a_model_that_serves_in_no_time_is_in_nobodys_way(self) -> None:
        quick = self.side("a", waiting=0, load=5.0, service=0.0)
        quick.in_flight = {1: 0.0}
        assert not saves_waiting(self.line, self.b, [quick], 1e6)

    def test_nor_is_one_that_is_idle_and_then_there_is_nothing_to_choose(self) -> None:
        assert not saves_waiting(self.line, self.b, [self.a(waiting=0)], 1e6)
        assert not saves_waiting(self.line, self.b, [], 1e6)

    def test_the_others_wait_for_a_load_more(self) -> None:
        """80 s saved; 46 to be paid by those for a, and 6 by each of the others."""
        a = self.a()
        assert saves_waiting(self.line, self.b, [a], 0.0, others=5)
        assert not saves_waiting(self.line, self.b, [a], 0.0, others=6)

    def test_a_wide_model_serves_its_queue_sooner(self) -> None:
        """Three at a time: two wait for 10 s, not for 20; 40 s saved at a price of 46."""
        wide = self.side("a", waiting=2, load=5.0, service=10.0, stop=3.0, parallel=3)
        assert not saves_waiting(self.line, self.b, [wide], 0.0)

    def test_where_nobody_waits_there_is_nothing_to_save(self) -> None:
        assert not saves_waiting(self.line, self.b, [self.a(waiting=0)], 0.0)

    def test_a_victim_that_nobody_waits_for_need_not_be_known(self) -> None:
        unknown = self.side("c", waiting=0, load=None, service=None)
        assert saves_waiting(self.line, self.b, [unknown, self.a()], 0.0)

    def test_what_is_not_known_decides_nothing(self) -> None:
        a = self.a()
        assert saves_waiting(self.line, self.b, [a], 0.0)
        assert not saves_waiting(self.line, self.b, [a, self.side("c", waiting=1, load=1.0, service=None)], 0.0)
        a.learned.remember_load(None)
        assert not saves_waiting(self.line, self.b, [a], 0.0)
        for unknown in (
            self.side("d", waiting=9, load=None, service=2.0),
            self.side("e", waiting=9, load=6.0, service=None),
        ):
            a.learned.remember_load(5.0)
            assert not saves_waiting(self.line, unknown, [a], 0.0)
