"""A run: what happens when, that one seed is one run, and that the laws are watched."""

from __future__ import annotations

import pytest

from modelyard.core.commands import Command
from modelyard.core.events import Event
from modelyard.core.planners.groups import GroupRule, GroupsPlanner
from modelyard.core.scheduler import Scheduler
from modelyard.core.simulation import SimulationError
from modelyard.simulate.errors import WorkloadError
from modelyard.simulate.machine import Machine, ModelMachine
from modelyard.simulate.record import ChildRecord, Ending, Record, RequestRecord
from modelyard.simulate.run import run
from tests.simulate.setting import asks, policy, setting

CLOSED = """
duration: 300
machine: {load: {kind: uniform, low: 2, high: 9}, service: {kind: lognormal, median: 3}}
requests:
  - {kind: agents, turns: [a, b], agents: 3, think: {kind: exponential, mean: 2}}
  - {kind: adversary, models: [c, d, e]}
  - {kind: poisson, model: f, perMinute: 4, patience: 30}
"""


def order(record: Record) -> str:
    served = [request for request in record.requests if request.granted is not None]
    return "".join(request.model for request in sorted(served, key=lambda request: (request.granted, request.number)))


def test_a_request_waits_for_its_load_and_takes_its_time() -> None:
    record = run(setting(asks("a")), policy())
    assert record.requests == [RequestRecord(1, "a", "for a", 0.0, 2.0, granted=10.0, ended=12.0, ending=Ending.SERVED)]
    (child,) = record.children
    assert (child.started, child.ready, child.stopping, child.served, child.busy) == (
        0.0,
        10.0,
        None,
        1,
        [(10.0, 12.0)],
    )
    assert record.end == 12.0


def test_fifo_serves_together_what_belongs_together() -> None:
    record = run(setting(asks("abcabc")), policy())
    assert order(record) == "aabbcc"
    assert [child.model for child in record.children] == ["a", "b", "c"]
    # Three loads of ten seconds, two stops of one, three services of two: one after the other.
    assert record.end == 38.0


def test_plain_fifo_serves_in_order_whatever_it_costs() -> None:
    record = run(setting(asks("abcabc")), policy("plain-fifo"))
    assert order(record) == "abcabc"
    assert len(record.children) == 6
    assert record.end == 6 * 12 + 5


def test_a_stop_takes_its_time_but_never_longer_than_the_grace() -> None:
    machine = Machine(load=1.0, stop=50.0, models={"b": ModelMachine(stop=3.0)})
    record = run(setting(asks("aba", apart=10.0), machine=machine, unload_timeout=20.0), policy())
    first, second, _ = record.children
    assert (first.stopping, first.gone) == (10.0, 30.0)
    assert second.leaving == 3.0


def test_clients_leave_when_their_patience_is_over() -> None:
    record = run(setting([*asks("a"), *asks("b", patience=5.0)]), policy())
    assert [request.ending for request in record.requests] == [Ending.SERVED, Ending.LEFT]
    assert record.requests[1].wait == 5.0


def test_patience_is_for_waiting_not_for_the_answer() -> None:
    record = run(setting(asks("a", service=60.0, patience=15.0)), policy())
    assert record.requests[0].ending is Ending.SERVED


def test_a_full_queue_rejects_and_an_agent_tries_again() -> None:
    text = "{duration: 30, machine: {load: 5, service: 1}, requests: [{kind: agents, turns: [a], agents: 2, think: 4}]}"
    record = run(setting(text=text, concurrency_limit=1), policy())
    endings = [request.ending for request in record.requests]
    assert endings.count(Ending.REJECTED) >= 2
    assert endings.count(Ending.SERVED) >= 2


def test_idle_models_leave_by_their_ttl() -> None:
    record = run(setting(asks("a"), ttl=30.0), policy())
    assert record.children[0].stopping == 42.0
    assert record.end == 12.0


def test_memory_is_counted_while_it_is_occupied() -> None:
    machine = Machine(load=1.0, memory=8.0)
    both = GroupsPlanner({"g": GroupRule(swap=False, members=("a", "b"))})
    assert run(setting(asks("ab"), machine=machine), policy()).peak_memory == 8.0
    assert run(setting(asks("ab"), machine=machine, planner=both), policy()).peak_memory == 16.0


def test_a_model_is_crowded_when_parallel_is_what_somebody_waits_for() -> None:
    assert run(setting(asks("aaa"), parallel=2), policy()).crowded == {"a"}
    assert run(setting(asks("aa"), parallel=2), policy()).crowded == set()


@pytest.mark.parametrize("name", ["fifo", "plain-fifo", "fifo+maxWait=20"])
def test_the_same_seed_is_the_same_run(name: str) -> None:
    assert run(setting(text=CLOSED), policy(name)) == run(setting(text=CLOSED), policy(name))


def test_another_seed_is_another_run() -> None:
    assert run(setting(text=CLOSED), policy()) != run(setting(text=CLOSED, seed=2), policy())


def test_policies_share_their_luck() -> None:
    """The same requests take as long, and the same loads, whatever the policy."""
    text = (
        "{duration: 300, machine: {load: {kind: uniform, low: 2, high: 9}}, "
        "requests: [{kind: zipf, models: [a, b, c], perMinute: 12}]}"
    )
    runs = [run(setting(text=text), policy(name)) for name in ("fifo", "plain-fifo")]
    asked = [[(request.arrived, request.model, request.service) for request in one.requests] for one in runs]
    assert asked[0] == asked[1]

    def loads(record: Record) -> dict[str, float]:
        return {str(child.child): round(child.loading, 6) for child in record.children}

    assert loads(runs[0]).items() <= loads(runs[1]).items()


def test_a_broken_law_names_policy_and_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    handle = Scheduler.handle

    def forgetful(self: Scheduler, event: Event, now: float) -> list[Command]:
        commands = handle(self, event, now)
        return commands if now < 5 else commands[1:]

    monkeypatch.setattr(Scheduler, "handle", forgetful)
    with pytest.raises(SimulationError, match=r"fifo, seed 1: LawBroken: law 4"):
        run(setting(asks("ab")), policy())


def test_a_loop_without_an_end_is_a_mistake_in_the_workload(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("modelyard.simulate.room.MOST_REQUESTS", 100)
    text = "{machine: {load: 0, service: 0}, requests: [{kind: agents, turns: [a]}]}"
    with pytest.raises(WorkloadError, match="more than 100 requests"):
        run(setting(text=text), policy())


def test_a_child_that_is_still_there_has_an_open_end() -> None:
    child = run(setting(asks("a")), policy()).children[0]
    assert isinstance(child, ChildRecord)
    assert (child.gone, child.leaving) == (None, 0.0)


def test_ten_thousand_requests() -> None:
    text = "{duration: 50000, requests: [{kind: zipf, models: [a, b, c, d], perMinute: 12.5}]}"
    record = run(setting(text=text), policy())
    assert len(record.requests) > 10_000
    assert all(request.ending is Ending.SERVED for request in record.requests)
