"""Loading, joining, queueing, swapping: the rules of spec lifecycle 3 and its worked examples (3.12)."""

from __future__ import annotations

from modelyard.core.commands import StartChild, StopChild
from modelyard.core.errors import LoadFailed, UnknownModel
from modelyard.core.model import ModelFacts
from modelyard.core.planners.groups import GroupRule
from modelyard.core.reasons import StopKind, StopReason
from modelyard.core.scheduler import Scheduler
from tests.support.playbook import Playbook, side_by_side


def test_a_cold_request_starts_its_model_and_is_granted_when_it_is_ready() -> None:
    book = Playbook("a")
    book.asks(1, "a").expect("start a#1")
    book.ready("a#1").expect("grant 1 a#1")
    book.served(1).expect()
    book.finish()


def test_a_request_for_a_ready_model_is_granted_in_the_same_call() -> None:
    """R10: in flight from the very call that grants, so that no swap can slip between."""
    book = Playbook("a", "b").running("a")
    book.asks(1, "a").expect("grant 1 a#1")
    assert book.scheduler.snapshot().models["a"].in_flight == {1}
    book.asks(2, "b").expect()
    book.served(1).expect("stop a#1 in 10 s")


def test_cold_requests_for_one_model_start_it_once() -> None:
    """R13: two cold requests join one load."""
    book = Playbook("a")
    book.asks(1, "a").expect("start a#1")
    book.asks(2, "a").expect()
    book.ready("a#1").expect("grant 1 a#1", "grant 2 a#1")


def test_an_unknown_model_is_rejected() -> None:
    Playbook("a").asks(1, "nobody").expect("reject 1 UnknownModel").expect_cause(1, UnknownModel("nobody"))


def test_a_scheduler_without_a_configuration_knows_no_model() -> None:
    scheduler = Scheduler()
    assert scheduler.snapshot().models == {}
    assert scheduler.next_deadline() is None


def test_the_target_starts_only_after_its_victim_is_gone() -> None:
    book = Playbook("a", ModelFacts(model="b", unload_timeout=3.0)).running("b")
    book.asks(1, "a").expect("stop b#1 in 3 s")
    book.exited("b#1").expect("start a#1")


def test_the_reasons_say_who_and_why() -> None:
    book = Playbook("a", "b").running("a")
    (stop,) = (c for c in book.asks(1, "b").commands if isinstance(c, StopChild))
    assert stop.reason == StopReason(StopKind.EVICTION, "makes room for b", "b")
    assert book.scheduler.snapshot().models["a"].reason == "makes room for b"
    (start,) = (c for c in book.exited("a#1").commands if isinstance(c, StartChild))
    assert start.reason == "a must go, since members of the default group take turns"
    shown = book.ready("b#1").scheduler.snapshot().models
    assert (shown["a"].reason, shown["b"].reason) == ("", start.reason)


def stops_of(book: Playbook) -> list[StopReason]:
    return [command.reason for command in book.commands if isinstance(command, StopChild)]


def test_every_stop_says_what_kind_it_is() -> None:
    book = Playbook("a", ModelFacts(model="b", ttl=10.0), "c").running("a").unload("a")
    assert stops_of(book) == [StopReason(StopKind.UNLOAD, "its unload was asked for")]
    book.exited("a#1").running("b").at(20.0)
    assert stops_of(book) == [StopReason(StopKind.TTL, "idle for its ttl of 10 s")]
    book.exited("b#1").running("c").configure("a", "b", "c", restart=["c"])
    assert stops_of(book) == [StopReason(StopKind.RELOAD, "its configuration changed")]
    book.exited("c#1").asks(1, "c").ready("c#2").served(1).configure("a", "b")
    assert stops_of(book) == [StopReason(StopKind.RELOAD, "removed from the configuration")]
    book.exited("c#2").asks(2, "a").shutdown()
    assert stops_of(book) == [StopReason(StopKind.SHUTDOWN, "the server shuts down")]


def test_a_busy_model_is_joined_and_swapped_away_when_its_last_request_ends() -> None:
    """Spec 3.12, first example."""
    book = Playbook("a", "b").running("a")
    book.asks(1, "a").asks(2, "b").expect()
    book.asks(3, "a").expect("grant 3 a#1")
    book.served(1).expect()
    book.served(3).expect("stop a#1 in 10 s")
    book.exited("a#1").expect("start b#1")


def test_requests_collapse_while_a_model_loads() -> None:
    """Spec 3.12, second example (H1): a loading; b, c, a, b arrive."""
    book = Playbook("a", "b", "c")
    book.asks(1, "a").expect("start a#1")
    book.asks(2, "b").asks(3, "c").asks(4, "a").asks(5, "b").expect()
    book.ready("a#1").expect("grant 1 a#1", "grant 4 a#1")
    book.served(1).expect()
    book.served(4).expect("stop a#1 in 10 s")
    book.exited("a#1").expect("start b#1")
    book.ready("b#1").expect("grant 2 b#1", "grant 5 b#1")
    book.served(2).served(5).expect("stop b#1 in 10 s")
    book.exited("b#1").expect("start c#1")
    book.ready("c#1").expect("grant 3 c#1").served(3)
    book.finish()
    assert book.swaps == 3


def test_abcabc_costs_three_loads() -> None:
    """H1: law 9, collation: A B C A B C is served A A B B C C."""
    book = Playbook("a", "b", "c")
    for number, model in enumerate("abcabc", start=1):
        book.asks(number, model)
    for model, pair in (("a", (1, 4)), ("b", (2, 5)), ("c", (3, 6))):
        book.ready(f"{model}#1").expect(*(f"grant {number} {model}#1" for number in pair))
        book.served(pair[0]).served(pair[1])
        if model != "c":
            book.exited(f"{model}#1")
    book.finish()
    assert book.swaps == 3


def test_a_request_for_a_model_that_is_being_evicted_waits_its_turn() -> None:
    """Spec 3.12, third example (C12): a ready and idle, request b, then a."""
    book = Playbook("a", "b").running("a")
    book.asks(1, "b").expect("stop a#1 in 10 s")
    book.asks(2, "a").expect()
    book.exited("a#1").expect("start b#1")
    book.ready("b#1").expect("grant 1 b#1")
    book.served(1).expect("stop b#1 in 10 s")
    book.exited("b#1").expect("start a#2")
    book.ready("a#2").expect("grant 2 a#2")


def test_after_a_failed_load_the_next_in_line_starts_and_nobody_is_brought_back() -> None:
    """Spec 3.12, fourth example."""
    book = Playbook("a", "b", "c").running("a")
    book.asks(1, "b").exited("a#1").expect("start b#1")
    book.asks(2, "b").asks(3, "c")
    book.failed("b#1", "no such file").expect("reject 1 LoadFailed", "reject 2 LoadFailed", "start c#1")
    book.expect_cause(1, LoadFailed("b", "no such file"))
    book.ready("c#1").expect("grant 3 c#1")


def test_an_exit_while_starting_is_a_failed_load() -> None:
    book = Playbook("a")
    book.asks(1, "a")
    book.exited("a#1").expect("reject 1 LoadFailed")


def test_after_a_failed_load_the_next_request_tries_again() -> None:
    """R1: a failed start is no state that stays."""
    book = Playbook("a")
    book.asks(1, "a").failed("a#1").expect("reject 1 LoadFailed")
    book.asks(2, "a").expect("start a#2")
    book.ready("a#2").expect("grant 2 a#2")


def test_a_request_waits_for_a_ttl_stop_that_is_under_way() -> None:
    """Spec 3.12, fifth example: the stop goes on, nobody is told to stop twice, then b starts."""
    book = Playbook(ModelFacts(model="a", ttl=5.0), "b").running("a")
    book.at(5.0).expect("stop a#1 in 10 s")
    book.asks(1, "b").expect()
    book.exited("a#1").expect("start b#1")


def test_a_request_during_a_ttl_stop_starts_the_same_model_anew() -> None:
    """H23, R11: the request neither uses the dying child nor is forgotten."""
    book = Playbook(ModelFacts(model="a", ttl=5.0), "b").running("a")
    book.at(5.0).expect("stop a#1 in 10 s")
    book.asks(1, "a").asks(2, "b").expect()
    book.exited("a#1").expect("start a#2")
    book.ready("a#2").expect("grant 1 a#2")
    book.served(1).expect("stop a#2 in 10 s")
    book.exited("a#2").expect("start b#1")


def test_a_loading_model_is_never_a_victim() -> None:
    """R12: law 4, the load of a ends and serves before b may evict it."""
    book = Playbook("a", "b")
    book.asks(1, "a").asks(2, "b").expect()
    book.ready("a#1").expect("grant 1 a#1")
    book.served(1).expect("stop a#1 in 10 s")


def test_every_load_serves_whoever_caused_it() -> None:
    """R14: A and B take turns, but none is evicted before it has served."""
    book = Playbook("a", "b", max_wait=1.0)
    book.asks(1, "a").asks(2, "b")
    book.at(50.0)
    book.ready("a#1").expect("grant 1 a#1")
    book.served(1).expect("stop a#1 in 10 s")
    book.asks(3, "a").exited("a#1").at(200.0)
    book.ready("b#1").expect("grant 2 b#1")


def test_swaps_that_do_not_collide_go_on_beside_each_other() -> None:
    groups = {
        "one": GroupRule(exclusive=False, members=("a", "b")),
        "two": GroupRule(exclusive=False, members=("x", "y")),
    }
    book = Playbook("a", "b", "x", "y", groups=groups).running("a", "x")
    book.asks(1, "b").expect("stop a#1 in 10 s")
    book.asks(2, "y").expect("stop x#1 in 10 s")
    book.exited("x#1").expect("start y#1")
    book.exited("a#1").expect("start b#1")


def test_swaps_that_share_a_victim_go_one_after_the_other() -> None:
    """D12."""
    groups = {"one": GroupRule(persistent=True, members=("a",)), "two": GroupRule(persistent=True, members=("b",))}
    book = Playbook("a", "b", "x", groups=groups).running("x")
    book.asks(1, "a").expect("stop x#1 in 10 s")
    book.asks(2, "b").expect()
    book.exited("x#1").expect("start a#1")
    book.ready("a#1").expect("grant 1 a#1", "start b#1")


def test_a_slow_stop_delays_nobody_else() -> None:
    """R23: while a takes its time to stop, b serves."""
    book = Playbook("a", "b", "c", groups={"g": GroupRule(swap=False, exclusive=False, members=("a", "b"))})
    book.running("a", "b")
    book.unload("a").expect("stop a#1 in 10 s")
    book.asks(1, "b").expect("grant 1 b#1")
    book.served(1).expect()
    book.asks(2, "a").expect()
    book.exited("a#1").expect("start a#2")


def test_a_request_for_a_ready_exclusive_model_evicts_its_neighbour_first() -> None:
    """Spec 4.3 (D05): a is ready, but x of a group that is not exclusive came up beside it."""
    groups = {"g": GroupRule(exclusive=False, members=("x",))}
    book = Playbook("a", "x", groups=groups).running("a", "x")
    book.asks(1, "a").expect("stop x#1 in 10 s")
    book.asks(2, "a").expect()
    book.exited("x#1").expect("grant 1 a#1", "grant 2 a#1")


def test_a_request_for_a_ready_exclusive_model_waits_for_a_busy_neighbour() -> None:
    """Spec 4.3, second half."""
    groups = {"g": GroupRule(exclusive=False, members=("x",))}
    book = Playbook("a", "x", groups=groups).running("a", "x")
    book.asks(1, "x").expect("grant 1 x#1")
    book.asks(2, "a").expect()
    book.served(1).expect("stop x#1 in 10 s")
    book.exited("x#1").expect("grant 2 a#1")


def test_if_the_ready_target_dies_while_its_neighbour_is_evicted_it_is_started() -> None:
    groups = {"g": GroupRule(exclusive=False, members=("x",))}
    book = Playbook("a", "x", groups=groups).running("a", "x")
    book.asks(1, "a").expect("stop x#1 in 10 s")
    book.exited("a#1").expect()
    book.exited("x#1").expect("start a#2")


def test_a_crash_makes_the_waiting_targets_again() -> None:
    book = Playbook(ModelFacts(model="a", parallel=1)).running("a")
    book.asks(1, "a").asks(2, "a").expect()
    book.exited("a#1").expect("start a#2")
    book.served(1).expect()
    book.ready("a#2").expect("grant 2 a#2")


def test_a_crash_while_serving_does_not_leave_the_next_child_busy() -> None:
    """R19: what the dead child served no longer counts, however late its end is reported."""
    book = Playbook("a", "b").running("a")
    book.asks(1, "a").exited("a#1").expect()
    book.asks(2, "a").expect("start a#2")
    book.ready("a#2").expect("grant 2 a#2")
    assert book.scheduler.snapshot().models["a"].in_flight == {2}
    book.asks(3, "b").served(2).expect("stop a#2 in 10 s")
    book.served(1).expect()


def test_nobody_is_sent_to_a_child_that_broke_down() -> None:
    """R10: what is left of it may still answer, and would take the request with it."""
    book = Playbook("a").running("a").asks(1, "a")
    book.broke_down("a#1").expect()
    assert book.phase("a") == "stopping"
    book.asks(2, "a").expect()
    book.exited("a#1").expect("start a#2")
    book.ready("a#2").expect("grant 2 a#2")


def test_a_child_that_broke_down_leaves_as_one_that_was_told_to() -> None:
    book = Playbook("a", "b").running("a").hold("a")
    book.broke_down("a#1").expect()
    book.asks(1, "b").expect()
    book.unload("a").expect()
    book.exited("a#1").expect("start b#1")
    book.ready("b#1").expect("grant 1 b#1")


def test_a_child_that_breaks_down_while_others_make_room_for_it() -> None:
    """Ready, and asked for: the neighbour goes first. Then it starts anew instead of serving."""
    groups = {"g": GroupRule(exclusive=False, members=("a",))}
    book = Playbook("a", "b", groups=groups).running("b", "a")
    book.asks(1, "b").expect("stop a#1 in 10 s")
    book.broke_down("b#1").expect()
    book.exited("b#1").expect()
    book.exited("a#1").expect("start b#2")
    book.ready("b#2").expect("grant 1 b#2")


def test_late_and_unknown_news_changes_nothing() -> None:
    book = Playbook("a").running("a")
    before = book.scheduler.snapshot()
    book.ready("a#1").expect()
    book.ready("a#7").expect()
    book.failed("a#0").expect()
    book.exited("nobody#1").expect()
    book.broke_down("nobody#1").expect()
    book.broke_down("a#7").expect()
    book.served(99).expect()
    book.leaves(99).expect()
    book.unload("nobody").expect()
    assert book.scheduler.snapshot() == before


def test_a_child_that_becomes_ready_after_it_was_told_to_stop_serves_nobody() -> None:
    book = Playbook("a")
    book.asks(1, "a").unload("a").expect("reject 1 ModelUnloaded", "stop a#1 in 10 s")
    book.ready("a#1").expect()
    book.asks(2, "a").expect()
    book.failed("a#1").expect("start a#2")


def test_ending_twice_is_harmless() -> None:
    """R19: in flight is a set, so that leaving twice leaves nothing below zero."""
    book = Playbook("a", "b").running("a")
    book.asks(1, "a").asks(2, "a")
    book.served(1).served(1).expect()
    book.asks(3, "b").expect()
    book.served(2).expect("stop a#1 in 10 s")


def test_generations_only_rise() -> None:
    book = Playbook("a")
    for generation in (1, 2, 3):
        book.asks(generation, "a").expect(f"start a#{generation}")
        book.failed(f"a#{generation}")


def test_models_that_get_along_serve_at_the_same_time() -> None:
    book = Playbook("a", "b", planner=side_by_side("a", "b"))
    book.asks(1, "a").expect("start a#1")
    book.asks(2, "b").expect("start b#1")
    book.ready("b#1").expect("grant 2 b#1")
    book.ready("a#1").expect("grant 1 a#1")


def test_a_swap_does_not_touch_a_model_that_may_stay() -> None:
    """D10: a busy model of a persistent group neither goes nor delays an exclusive load."""
    groups = {"p": GroupRule(persistent=True, exclusive=False, swap=False, members=("p",))}
    book = Playbook("a", "p", groups=groups).running("p")
    book.asks(1, "p").expect("grant 1 p#1")
    book.asks(2, "a").expect("start a#1")


def test_the_order_of_loading_does_not_change_what_a_request_evicts() -> None:
    """R16: the plan depends on who runs, not on how it came about."""
    rules = {"g": GroupRule(swap=False, exclusive=False, members=("x", "y"))}
    forth = Playbook("a", "x", "y", groups=rules).running("x", "y")
    back = Playbook("a", "x", "y", groups=rules).running("y", "x")
    expected = ("stop x#1 in 10 s", "stop y#1 in 10 s")
    forth.asks(1, "a").expect(*expected)
    back.asks(1, "a").expect(*expected)
