"""The line of waiting requests."""

from __future__ import annotations

import gc

from hypothesis import given
from hypothesis import strategies as st

from modelyard.core.disciplines import FIFO
from modelyard.core.model import ModelFacts
from modelyard.core.shares import Rounds
from modelyard.core.waiting import Ticket, WaitingLine


def facts(model: str, priority: int = 0) -> ModelFacts:
    return ModelFacts(model=model, priority=priority)


def order(line: WaitingLine) -> list[int]:
    return [ticket.request for ticket in line]


def test_the_line_is_ordered_by_priority_then_arrival() -> None:
    line = WaitingLine()
    for request, model, priority in ((1, "a", 0), (2, "b", 5), (3, "a", 0), (4, "c", 5), (5, "d", -1)):
        line.add(request, facts(model, priority), 0.0)
    assert order(line) == [2, 4, 1, 3, 5]
    assert line.models() == ["b", "c", "a", "d"]
    assert [line.position(ticket) for ticket in line] == [1, 2, 3, 4, 5]


def test_overdue_requests_go_before_all_others_by_arrival() -> None:
    line = WaitingLine()
    line.add(1, facts("a"), 0.0)
    line.add(2, facts("b", 5), 1.0)
    line.add(3, facts("c", 9), 2.0)
    assert line.next_overdue(10.0) == 10.0
    line.note_overdue(11.0, 10.0)
    assert order(line) == [1, 2, 3]
    assert line.next_overdue(10.0) == 12.0
    assert [line.is_overdue(model) for model in "abc"] == [True, True, False]
    assert line.overdue_models() == ["a", "b"]


def test_ranking_anew_forgets_who_was_overdue() -> None:
    line = WaitingLine()
    line.add(1, facts("a"), 0.0)
    line.add(2, facts("b"), 0.0)
    line.note_overdue(50.0, 10.0)
    line.rank_anew({"a": facts("a"), "b": facts("b", 1)}.__getitem__, FIFO, fair=False)
    assert line.overdue_models() == []
    assert order(line) == [2, 1]
    assert line.next_overdue(60.0) == 60.0


def test_removing_what_does_not_wait_is_harmless() -> None:
    line = WaitingLine()
    assert line.remove(1) is None
    assert line.remove_model("a") == []
    assert line.first("a") is None
    assert line.next_overdue(1.0) is None


def test_news_is_told_once() -> None:
    line = WaitingLine()
    for request in range(1, 5):
        line.add(request, facts("a"), 0.0).told = request
    assert line.news() == []
    line.remove(2)
    assert [(ticket.request, ticket.told) for ticket in line.news()] == [(3, 2), (4, 3)]
    assert line.news() == []


def test_a_request_may_have_a_priority_of_its_own() -> None:
    line = WaitingLine()
    line.add(1, facts("a"), 0.0)
    line.add(2, facts("a"), 0.0, priority=3)
    line.add(3, facts("a", 9), 0.0, priority=-1)
    assert order(line) == [2, 1, 3]
    line.rank_anew(lambda model: facts(model, 5), FIFO, fair=False)
    assert order(line) == [1, 2, 3]


def test_callers_do_not_share_unless_they_are_told_to() -> None:
    line = WaitingLine()
    for request, caller in enumerate("xxy", start=1):
        line.add(request, facts("a"), 0.0, caller=caller)
    assert order(line) == [1, 2, 3]


def test_ranking_anew_gives_new_turns_to_all() -> None:
    """Whoever waits keeps the turn that it had; where callers do not share any more, arrival decides."""
    line = WaitingLine()
    line.rank_anew(facts, FIFO, fair=True)
    for request, caller in enumerate("xxy", start=1):
        line.add(request, facts("a"), 0.0, caller=caller)
    assert order(line) == [1, 3, 2]
    line.rank_anew(facts, FIFO, fair=True)
    line.add(4, facts("a"), 0.0, caller="z")
    assert order(line) == [1, 3, 4, 2]
    line.rank_anew(facts, FIFO, fair=False)
    line.add(5, facts("a"), 0.0, caller="u")
    assert order(line) == [1, 2, 3, 4, 5]


def test_ranking_anew_sorts_the_queue_of_each_model_too() -> None:
    line = WaitingLine()
    line.add(1, facts("a"), 0.0)
    line.add(2, facts("a"), 0.0, priority=3)
    line.rank_anew(facts, FIFO, fair=False)
    first = line.first("a")
    assert first is not None
    assert first.request == 2


def test_overdue_models_go_first_where_callers_share() -> None:
    line = WaitingLine()
    line.rank_anew(facts, FIFO, fair=True)
    line.add(1, facts("a"), 0.0)
    line.add(2, facts("b", 9), 5.0)
    line.note_overdue(10.0, 10.0)
    assert line.models() == ["a", "b"]


def test_how_long_all_have_waited_together() -> None:
    line = WaitingLine()
    assert line.waited("a", 10.0) == 0.0
    for request, since in ((1, 1.0), (2, 2.0), (3, 3.0)):
        line.add(request, facts("a"), since)
    line.add(4, facts("b"), 9.0)
    assert line.waited("a", 10.0) == 24.0
    line.remove(2)
    assert (line.waited("a", 10.0), line.waited("b", 10.0)) == (16.0, 1.0)
    line.remove_model("a")
    assert line.waited("a", 10.0) == 0.0
    line.add(5, facts("a"), 4.0)
    assert line.waited("a", 10.0) == 6.0


class TestNews:
    """Positions are told anew when one in eight has moved, and no farther back than the thousandth."""

    def line_of(self, waiting: int) -> WaitingLine:
        line = WaitingLine()
        for request in range(1, waiting + 1):
            line.add(request, facts("a"), 0.0).told = request
        return line

    def test_whoever_joins_at_the_end_moves_nobody(self) -> None:
        line = WaitingLine()
        line.add(1, facts("a"), 0.0)
        assert line.news() == []

    def test_so_does_whoever_leaves_there(self) -> None:
        line = self.line_of(29)
        for last in (29, 28, 27):
            line.remove(last)
        assert line.news() == []
        line.remove(1)
        line.remove(2)
        assert line.news() == []

    def test_one_in_eight_must_have_moved_since_the_last_time(self) -> None:
        line = self.line_of(27)
        for request in (1, 2):
            line.remove(request)
            assert line.news() == []
        line.remove(3)
        assert [ticket.told for ticket in line.news()] == list(range(1, 25))
        line.remove(4)
        assert line.news() == []
        line.remove(5)
        assert len(line.news()) == 22

    def test_whoever_comes_before_others_moves_them(self) -> None:
        line = self.line_of(24)
        for request in (25, 26):
            line.add(request, facts("b", 5), 0.0).told = request - 24
            assert line.news() == []
        line.add(27, facts("b", 5), 0.0).told = 3
        assert [ticket.told for ticket in line.news()] == list(range(4, 28))

    def test_a_long_line_is_told_at_its_front_only(self) -> None:
        line = self.line_of(1_200)
        for request in range(1, 125):
            line.remove(request)
            assert line.news() == []
        line.remove(125)
        assert [ticket.told for ticket in line.news()] == list(range(1, 1_001))


def test_whoever_is_gone_is_forgotten() -> None:
    """R54 in small: nothing is kept of requests that wait no more, whatever priorities and callers they had."""
    line = WaitingLine()
    line.rank_anew(facts, FIFO, fair=True)
    for request in range(30):
        line.add(request, facts("a"), 0.0, priority=request, caller=f"caller {request}")
    line.note_overdue(10.0, 10.0)
    for request in range(30):
        line.remove(request)
    kept = {id(one): one for one in gc.get_referents(*gc.get_referents(line))}
    assert not [one for one in kept.values() if isinstance(one, Ticket | Rounds)]


Move = tuple[str, int | None, str, bool]
MOVES = st.lists(
    st.tuples(st.sampled_from("abc"), st.none() | st.integers(0, 3), st.sampled_from("xyz"), st.booleans()), max_size=60
)


@given(moves=MOVES, late=st.integers(0, 60), fair=st.booleans())
def test_every_book_tells_the_same_story(moves: list[Move], late: int, fair: bool) -> None:
    """Whatever comes and goes: the whole line, the queues by model and the positions agree."""
    ranks = {model: facts(model, priority) for model, priority in zip("abc", (0, 3, 0), strict=True)}
    line = WaitingLine()
    line.rank_anew(ranks.__getitem__, FIFO, fair=fair)
    waiting: dict[int, tuple[str, int]] = {}
    for now, (model, priority, caller, comes) in enumerate(moves):
        if comes or not waiting:
            line.add(now, ranks[model], float(now), priority, caller)
            waiting[now] = (model, ranks[model].priority if priority is None else priority)
        else:
            gone = min(waiting, key=lambda request: (waiting[request][0] != model, request))
            assert line.remove(gone, served=now % 2 == 0) is not None
            del waiting[gone]
        if now == late:
            line.note_overdue(float(now), 10.0)
    overdue = {request for request in waiting if late < len(moves) and request + 10.0 <= late}
    tickets = {request: line.get(request) for request in waiting}
    turns = {request: ticket.asked.turn for request, ticket in tickets.items() if ticket is not None}
    assert fair or not any(turns.values())
    patient = sorted(waiting.keys() - overdue, key=lambda request: (-waiting[request][1], turns[request], request))
    expected = sorted(overdue) + patient
    assert order(line) == expected
    assert len(line) == len(waiting)
    for model in "abc":
        mine = [request for request in expected if waiting[request][0] == model]
        assert line.count(model) == len(mine)
        first = line.first(model)
        assert (first.request if first else None) == (mine[0] if mine else None)
        assert [line.ahead(ticket) for ticket in line if ticket.model == model] == list(range(len(mine)))
        assert [ticket.request for ticket in line.remove_model(model)] == sorted(mine)
    assert len(line) == 0
