"""The line of waiting requests."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from modelyard.core.disciplines import FIFO
from modelyard.core.model import ModelFacts
from modelyard.core.waiting import WaitingLine


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
