"""What a picture shows of a record."""

from __future__ import annotations

from modelyard.core.model import ChildId
from modelyard.simulate.record import ChildRecord, Record, RequestRecord
from modelyard.simulate.timeline import Shade, Step, Stretch, models_of, queue_of, stretches

CHILD = ChildId("a", 1)


def test_a_whole_life() -> None:
    child = ChildRecord(CHILD, 0.0, ready=10.0, stopping=30.0, gone=31.0, busy=[(10.0, 12.0), (20.0, 24.0)])
    assert stretches(child, 60.0, grain=0.5) == [
        Stretch(0.0, 10.0, Shade.LOADING),
        Stretch(10.0, 30.0, Shade.IDLE),
        Stretch(10.0, 12.0, Shade.SERVING),
        Stretch(20.0, 24.0, Shade.SERVING),
        Stretch(30.0, 31.0, Shade.STOPPING),
    ]


def test_pauses_that_nobody_could_see_are_left_out() -> None:
    child = ChildRecord(CHILD, 0.0, ready=1.0, busy=[(1.0, 2.0), (2.2, 3.0), (9.0, 10.0)])
    serving = [stretch for stretch in stretches(child, 10.0, grain=0.5) if stretch.shade is Shade.SERVING]
    assert serving == [Stretch(1.0, 3.0, Shade.SERVING), Stretch(9.0, 10.0, Shade.SERVING)]


def test_what_has_not_ended_ends_with_the_picture() -> None:
    assert stretches(ChildRecord(CHILD, 5.0), 8.0, grain=0.1) == [Stretch(5.0, 8.0, Shade.LOADING)]
    ready = ChildRecord(CHILD, 5.0, ready=6.0)
    assert stretches(ready, 8.0, grain=0.1)[-1] == Stretch(6.0, 8.0, Shade.IDLE)


def request(model: str, arrived: float, granted: float) -> RequestRecord:
    return RequestRecord(1, model, "me", arrived, 1.0, granted=granted)


def test_the_queue_over_time() -> None:
    record = Record("fifo", 1, 0.0, [request("a", 0.0, 10.0), request("a", 4.0, 10.0), request("b", 1.0, 2.0)])
    assert queue_of(record, "a", grain=0.1) == [Step(0.0, 1), Step(4.0, 2), Step(10.0, 1), Step(10.0, 0)]
    assert queue_of(record, "c", grain=0.1) == []


def test_of_a_crowd_within_a_pixel_the_most_is_shown() -> None:
    record = Record("fifo", 1, 0.0, [request("a", number * 0.01, 5.0) for number in range(20)])
    steps = queue_of(record, "a", grain=1.0)
    assert steps[0] == Step(0.0, 20)
    assert steps[-1].waiting == 0


def test_who_never_waited_is_not_in_the_queue() -> None:
    assert queue_of(Record("fifo", 1, 0.0, [request("a", 3.0, 3.0)]), "a", grain=0.1) == []


def test_models_by_name() -> None:
    one = Record("fifo", 1, 0.0, [request("b", 0.0, 1.0), request("c", 0.0, 1.0)])
    other = Record("plain-fifo", 1, 0.0, [request("a", 0.0, 1.0)])
    assert models_of([one, other]) == ["a", "b", "c"]
