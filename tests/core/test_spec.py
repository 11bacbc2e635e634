"""What spec lifecycle 3 to 5 says in words and by examples, one dialogue for each sentence.

What has tests of its own is not repeated here: the tables of 4.1 and 4.2 (planners/test_groups.py), 3.8 to 3.10
(test_scheduler_leaving.py), limits (test_limits.py). Where Modelyard differs on purpose, the test says so.
"""

from __future__ import annotations

from modelyard.core.dsl.program import compile_matrix
from modelyard.core.errors import LoadFailed
from modelyard.core.model import ChildId, ModelFacts, Phase
from modelyard.core.planners.base import Resident
from modelyard.core.planners.groups import GroupRule
from modelyard.core.planners.matrix import MatrixPlanner
from tests.support.playbook import Playbook, side_by_side


class TestWorkedExamples:
    """3.12: the default group, one model at a time."""

    def test_a_busy_model_serves_on_and_the_other_starts_when_its_last_request_returns(self) -> None:
        book = Playbook("a", "b").running("a")
        book.asks(1, "a").asks(2, "b").expect()
        book.asks(3, "a").expect("grant 3 a#1")
        book.served(1).expect()
        book.served(3).expect("stop a#1 in 10 s").exited("a#1").expect("start b#1")

    def test_what_comes_while_a_model_loads_joins_it_or_queues(self) -> None:
        book = Playbook("a", "b", "c")
        book.asks(1, "a").expect("start a#1")
        book.asks(2, "b").asks(3, "c").asks(4, "a").asks(5, "b").expect()
        book.ready("a#1").expect("grant 1 a#1", "grant 4 a#1")
        book.served(1).served(4).expect("stop a#1 in 10 s").exited("a#1").expect("start b#1")
        book.ready("b#1").expect("grant 2 b#1", "grant 5 b#1")
        book.served(5).expect()
        book.served(2).expect("stop b#1 in 10 s").exited("b#1").expect("start c#1")

    def test_a_request_for_the_victim_of_a_swap_waits_for_its_next_turn(self) -> None:
        book = Playbook("a", "b").running("a")
        book.asks(1, "b").expect("stop a#1 in 10 s")
        book.asks(2, "a").expect()
        book.exited("a#1").expect("start b#1").ready("b#1").expect("grant 1 b#1")
        book.served(1).expect("stop b#1 in 10 s").exited("b#1").expect("start a#2")

    def test_a_load_that_fails_lets_the_next_one_start_and_brings_nobody_back(self) -> None:
        """3.5, too: evicted models are not brought back if the target fails."""
        book = Playbook("a", "b", "c").running("a")
        book.asks(1, "b").asks(2, "c").asks(3, "b").exited("a#1").expect("start b#1")
        book.failed("b#1", "exit 1").expect("reject 1 LoadFailed", "reject 3 LoadFailed", "start c#1")
        book.expect_cause(3, LoadFailed("b", "exit 1"))
        assert book.phase("a") == "stopped"

    def test_a_request_that_meets_a_stop_by_ttl_waits_for_its_end(self) -> None:
        book = Playbook(ModelFacts(model="a", ttl=10.0), "b").running("a")
        book.at(10.0).expect("stop a#1 in 10 s").asks(1, "b").expect().exited("a#1").expect("start b#1")


class TestDecision:
    """3.3 to 3.7."""

    def test_a_request_joins_the_swap_for_its_model_before_its_victims_are_gone(self) -> None:
        book = Playbook("a", "b").running("a")
        book.asks(1, "b").expect("stop a#1 in 10 s").asks(2, "b").expect()
        book.exited("a#1").ready("b#1").expect("grant 1 b#1", "grant 2 b#1")

    def test_who_would_evict_the_target_of_a_swap_queues(self) -> None:
        book = Playbook("a", "b", "c").running("a")
        book.asks(1, "b").asks(2, "c").expect().exited("a#1").expect("start b#1")

    def test_who_is_the_victim_of_a_swap_queues_though_it_evicts_nobody(self) -> None:
        """x gets along with everybody; everybody does not with x."""
        book = Playbook("a", "x", groups={"g": GroupRule(exclusive=False, members=("x",))}).running("x")
        book.asks(1, "a").expect("stop x#1 in 10 s").asks(2, "x").expect()
        book.exited("x#1").expect("start a#1")
        book.ready("a#1").expect("grant 1 a#1", "start x#2")

    def test_a_victim_that_is_busy_holds_the_swap_and_a_waiting_one_does_not(self) -> None:
        """In flight means granted and not yet returned."""
        book = Playbook(ModelFacts(model="a", parallel=1), "b").running("a")
        book.asks(1, "a").asks(2, "b").expect()
        book.leaves(1).expect()  # it is granted: leaving changes nothing
        book.served(1).expect("stop a#1 in 10 s")

    def test_a_later_request_that_needs_nobodys_place_overtakes(self) -> None:
        groups = {"free": GroupRule(swap=False, exclusive=False, persistent=True, members=("p",))}
        book = Playbook("a", "b", "p", groups=groups).running("a")
        book.asks(1, "a").asks(2, "b").expect()
        book.asks(3, "p").expect("start p#1").ready("p#1").expect("grant 3 p#1")

    def test_a_walk_promotes_all_that_it_can(self) -> None:
        """Both wait for the one that is busy; when it goes, both start."""
        free = GroupRule(swap=False, exclusive=True, members=("x", "y"))
        book = Playbook("a", "x", "y", groups={"g": free}).running("a")
        book.asks(1, "a").asks(2, "x").asks(3, "y").expect()
        book.served(1).expect("stop a#1 in 10 s").exited("a#1").expect("start x#1")
        book.ready("x#1").expect("grant 2 x#1", "start y#1")

    def test_swaps_of_disjoint_groups_are_promoted_by_one_walk(self) -> None:
        groups = {
            "one": GroupRule(exclusive=False, members=("a", "b")),
            "two": GroupRule(exclusive=False, members=("x", "y")),
            "all": GroupRule(exclusive=True, members=("z",)),
        }
        book = Playbook("a", "b", "x", "y", "z", groups=groups).running("z")
        book.asks(1, "z").asks(2, "b").expect("start b#1")  # z is exclusive only when it is asked for
        book.asks(3, "y").expect("start y#1")

    def test_a_priority_goes_first_and_interrupts_nobody(self) -> None:
        book = Playbook("a", "b", ModelFacts(model="c", priority=5)).running("a")
        book.asks(1, "a").asks(2, "b").asks(3, "c").expect_places(r3=1, r2=2)
        book.served(1).exited("a#1").expect("start c#1")

    def test_equal_priorities_go_by_arrival_and_positions_are_told_when_they_change(self) -> None:
        book = Playbook("a", "b", "c", "d").running("a")
        book.asks(1, "a").asks(2, "d").expect_places(r2=1).asks(3, "c").expect_places(r3=2)
        book.leaves(2).expect_places(r3=1)
        book.asks(4, "b").expect_places(r4=2)
        book.served(1).exited("a#1").expect("start c#1")

    def test_a_queued_model_that_was_waited_for_by_two_and_is_left_by_one_is_loaded(self) -> None:
        book = Playbook("a", "b").running("a")
        book.asks(1, "a").asks(2, "b").asks(3, "b").leaves(2)
        book.served(1).exited("a#1").ready("b#1").expect("grant 3 b#1")

    def test_two_requests_for_models_that_exclude_each_other_do_not_both_start(self) -> None:
        """3.4: what is committed counts before it is visible."""
        book = Playbook("a", "b")
        book.asks(1, "a").expect("start a#1")
        book.asks(2, "b").expect()


class TestGroups:
    """4.4."""

    def test_one_model_per_gpu(self) -> None:
        groups = {
            "gpu0": GroupRule(exclusive=False, members=("a", "b")),
            "gpu1": GroupRule(exclusive=False, members=("x", "y")),
        }
        book = Playbook("a", "b", "x", "y", groups=groups)
        book.asks(1, "a").expect("start a#1").asks(2, "x").expect("start x#1")
        book.ready("a#1").ready("x#1").served(1)
        book.asks(3, "b").expect("stop a#1 in 10 s").exited("a#1").expect("start b#1")

    def test_an_embedding_model_that_is_always_there(self) -> None:
        """An exclusive load neither stops it nor waits for its requests."""
        groups = {"always": GroupRule(swap=False, exclusive=False, persistent=True, members=("e",))}
        book = Playbook("a", "b", "e", groups=groups).running("a")
        book.asks(1, "e").expect("start e#1").ready("e#1").expect("grant 1 e#1")
        book.asks(2, "b").expect("stop a#1 in 10 s").exited("a#1").expect("start b#1").ready("b#1").served(2)
        book.asks(3, "e").expect("grant 3 e#1")

    def test_persistent_does_not_protect_from_siblings(self) -> None:
        groups = {"g": GroupRule(persistent=True, members=("a", "b"))}
        Playbook("a", "b", groups=groups).running("a").asks(1, "b").expect("stop a#1 in 10 s")

    def test_persistent_and_exclusive_evicts_and_stays(self) -> None:
        groups = {"big": GroupRule(persistent=True, members=("p",))}
        book = Playbook("a", "p", groups=groups).running("a")
        book.asks(1, "p").expect("stop a#1 in 10 s").exited("a#1").ready("p#1").served(1)
        book.asks(2, "a").expect("start a#2")
        book.ready("a#2").expect("grant 2 a#2").served(2)
        book.asks(3, "p").expect("stop a#2 in 10 s").exited("a#2").expect("grant 3 p#1")


def matrix(costs: dict[str, int] | None = None, **sets: str) -> MatrixPlanner:
    return MatrixPlanner(compile_matrix("abcdef", {}, costs or {}, sets))


class TestMatrix:
    """5."""

    def test_the_cheapest_set_is_kept_to(self) -> None:
        book = Playbook(*"abcd", planner=matrix({"b": 5}, s1="a & b & d", s2="a & c & d")).running("b", "a")
        book.asks(1, "d").expect("start d#1")
        book.ready("d#1").served(1).asks(2, "c").expect("stop b#1 in 10 s")

    def test_what_costs_more_stays(self) -> None:
        """a alone would do for either of the sets; b is dearer than c."""
        book = Playbook(*"abc", planner=matrix({"b": 5}, both="b & c", with_c="a & c", with_b="a & b"))
        book.running("b", "c").asks(1, "a").expect("stop c#1 in 10 s")

    def test_ties_go_to_the_set_that_is_defined_first(self) -> None:
        """Ours: by definition, also where the alphabet says otherwise (stretch S14)."""
        book = Playbook(*"abc", planner=matrix(z="b & c", y="a & c", x="a & b"))
        book.running("b", "c").asks(1, "a").expect("stop b#1 in 10 s")

    def test_within_a_set_ties_go_to_the_alternative_on_the_left(self) -> None:
        book = Playbook(*"abc", planner=matrix(both="b & c", s="a & (b | c)"))
        book.running("b", "c").asks(1, "a").expect("stop c#1 in 10 s")

    def test_a_set_may_be_part_of_another(self) -> None:
        book = Playbook(*"abcd", planner=matrix(pair="a & b", trio="+pair & (c | d)")).running("a", "b", "c")
        book.asks(1, "d").expect("stop c#1 in 10 s")

    def test_a_model_in_no_set_runs_alone_and_is_served_beside_nobody(self) -> None:
        book = Playbook(*"abc", planner=matrix(s="a & b")).running("a", "b")
        book.asks(1, "c").expect("stop a#1 in 10 s", "stop b#1 in 10 s")

    def test_a_ready_model_is_served_at_once_whatever_runs_beside_it(self) -> None:
        """Unlike groups (4.3): b came up before the policy said that it may not run beside a."""
        book = Playbook("a", "b", planner=side_by_side("a", "b")).running("a", "b")
        book.planner = matrix(s="a | b")
        book.configure("a", "b").asks(1, "a").expect("grant 1 a#1").asks(2, "b").expect("grant 2 b#1")

    def test_models_of_one_set_load_at_the_same_time(self) -> None:
        book = Playbook(*"abc", planner=matrix(s="a & b & c"))
        book.asks(1, "a").expect("start a#1").asks(2, "b").expect("start b#1").asks(3, "c").expect("start c#1")

    def test_a_target_that_excludes_a_load_waits_until_that_has_served(self) -> None:
        book = Playbook(*"abc", planner=matrix(s1="a & b", s2="c"))
        book.asks(1, "a").asks(2, "b").asks(3, "c").expect()
        book.ready("b#1").expect("grant 2 b#1").served(2).expect()
        book.ready("a#1").expect("grant 1 a#1").served(1).expect("stop a#1 in 10 s", "stop b#1 in 10 s")

    def test_more_than_sixty_four_models_may_run(self) -> None:
        names = [f"m{number:03}" for number in range(200)]
        planner = MatrixPlanner(compile_matrix([*names, "x"], {}, {}, {"all": " & ".join(names)}))
        running = [Resident(ChildId(name, 1), Phase.READY) for name in names]
        assert planner.plan("x", running).evict == set(names)
        assert planner.plan(names[0], running[1:]).evict == frozenset()


class TestTtl:
    """2.9. Ours: the time counts from readiness where nobody was served yet (R22)."""

    def test_it_counts_from_the_end_of_the_last_request(self) -> None:
        book = Playbook(ModelFacts(model="a", ttl=10.0)).running("a")
        book.at(5.0).asks(1, "a").at(30.0).expect().served(1)
        book.at(39.0).expect().at(40.0).expect("stop a#1 in 10 s")

    def test_a_refused_request_does_not_count_as_use(self) -> None:
        book = Playbook(ModelFacts(model="a", ttl=10.0), ModelFacts(model="b", evictable="never")).running("a")
        book.at(9.0).asks(1, "unknown").expect("reject 1 UnknownModel").at(10.0).expect("stop a#1 in 10 s")
