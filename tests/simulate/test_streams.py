"""What the kinds of traffic ask for."""

from __future__ import annotations

from collections import Counter
from statistics import fmean

from modelyard.simulate.clients import Ask
from modelyard.simulate.machine import Machine, ModelMachine
from modelyard.simulate.streams import (
    Adversarial,
    Agents,
    AnyStream,
    Bursts,
    Poisson,
    Stage,
    Steady,
    Zipf,
)
from modelyard.simulate.times import LogNormal

MACHINE = Machine(service=2.0, models={"b": ModelMachine(service=LogNormal(median=5.0))})


def asks(stream: AnyStream, *, end: float = 100.0, seed: int = 1) -> list[Ask]:
    clients = stream.clients(Stage(machine=MACHINE, end=end, seed=seed), "stream")
    return [ask for client in clients for ask in client.opening()]


def test_poisson_arrivals_have_their_rate_and_their_time() -> None:
    stream = Poisson(model="a", per_minute=30.0, start=100.0, until=10_100.0)
    times = [ask.at for ask in asks(stream, end=50_000.0)]
    assert abs(len(times) - 5_000) < 250
    assert times == sorted(times)
    assert times[0] >= 100.0
    assert times[-1] < 10_100.0
    assert asks(stream, end=20.0) == []


def test_one_seed_one_traffic() -> None:
    stream = Poisson(model="b", per_minute=30.0)
    assert asks(stream) == asks(stream)
    assert asks(stream) != asks(stream, seed=2)


def test_steady() -> None:
    found = asks(Steady(model="a", every=30.0, caller="me", patience=4.0))
    assert [(ask.at, ask.model, ask.caller, ask.service, ask.patience) for ask in found] == [
        (at, "a", "me", 2.0, 4.0) for at in (0.0, 30.0, 60.0, 90.0)
    ]


def test_bursts() -> None:
    found = asks(Bursts(pattern=("a", "b", "a"), every=60.0, apart=1.5, callers=2))
    assert [(ask.at, ask.model) for ask in found] == [
        (0.0, "a"),
        (1.5, "b"),
        (3.0, "a"),
        (60.0, "a"),
        (61.5, "b"),
        (63.0, "a"),
    ]
    assert [ask.caller for ask in found[:3]] == ["stream-1", "stream-2", "stream-1"]


def test_zipf_asks_for_the_second_half_as_often_as_for_the_first() -> None:
    found = asks(Zipf(models=("a", "b", "c"), per_minute=60.0), end=10_000.0)
    count = Counter(ask.model for ask in found)
    assert abs(count["a"] / count["b"] - 2.0) < 0.2
    assert abs(count["a"] / count["c"] - 3.0) < 0.3
    even = Counter(ask.model for ask in asks(Zipf(models=("a", "b"), per_minute=60.0, exponent=0.0), end=10_000.0))
    assert abs(even["a"] / even["b"] - 1.0) < 0.1


def test_answers_take_as_long_as_the_machine_says_or_the_stream() -> None:
    drawn = [ask.service for ask in asks(Steady(model="b", every=1.0), end=5_000.0)]
    assert abs(fmean(drawn) - 5.0 * 2.718281828 ** (0.5**2 / 2)) < 0.3
    own = asks(Steady(model="b", every=1.0, service=7.0))
    assert {ask.service for ask in own} == {7.0}


def test_agents_begin_with_turns_of_their_own() -> None:
    clients = Agents(turns=("a", "b"), agents=3, start=5.0).clients(Stage(machine=MACHINE, end=100.0, seed=1), "agents")
    openings = [client.opening()[0] for client in clients]
    assert [(ask.at, ask.model, ask.caller) for ask in openings] == [
        (5.0, "a", "agents-1"),
        (5.0, "b", "agents-2"),
        (5.0, "a", "agents-3"),
    ]


def test_an_agent_thinks_and_stops_after_its_rounds_or_at_the_end() -> None:
    stage = Stage(machine=MACHINE, end=100.0, seed=1)
    (agent,) = Agents(turns=("a",), think=3.0, rounds=2).clients(stage, "agent")
    assert agent.opening()[0].caller == "agent"
    second = agent.answered(10.0, frozenset())
    assert second is not None
    assert second.at == 13.0
    assert agent.answered(20.0, frozenset()) is None
    (other,) = Agents(turns=("a",), think=3.0).clients(stage, "agent")
    other.opening()
    assert other.answered(97.0, frozenset()) is None


def test_adversary() -> None:
    (client,) = Adversarial(models=("a", "b")).clients(Stage(machine=MACHINE, end=100.0, seed=1), "adversary")
    assert client.opening()[0].model == "a"
    after = client.answered(8.0, {"a"})
    assert after is not None
    assert (after.at, after.model) == (8.0, "b")


def test_what_is_to_be_expected() -> None:
    assert Poisson(model="a", per_minute=6.0).expected(600.0) == 60.0
    assert Steady(model="a", every=2.0).expected(600.0) == 300.0
    assert Bursts(pattern=("a", "b"), every=60.0).expected(600.0) == 20.0
    assert Zipf(per_minute=6.0).expected(600.0) == 60.0
    assert Agents(turns=("a",)).expected(600.0) == 0.0
