"""Thousands of random worlds under virtual time, the laws checked after every step."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from modelyard.core.commands import Command, Grant, StartChild
from modelyard.core.events import ChildExited, ChildFailed, Event, RequestArrived, SpecsChanged
from modelyard.core.model import ChildId, Phase
from modelyard.core.planners.base import Plan, Planner, Resident
from modelyard.core.planners.groups import GroupsPlanner
from modelyard.core.scheduler import Scheduler
from modelyard.core.simulation import SimulationError, simulate
from modelyard.core.worlds import Dice, Machine, Visit, World, random_world
from tests.support.playbook import all_of

ROOT = Path(__file__).resolve().parents[2]
WORLDS = 5_000
CHUNK = 250


@pytest.mark.parametrize("first_seed", range(0, WORLDS, CHUNK))
def test_no_world_breaks_a_law(first_seed: int) -> None:
    """R10, R12, R14, R15, R19, R21 and R23 in thousands of variations; a failure says the seed that replays it."""
    outcomes = [simulate(random_world(seed)) for seed in range(first_seed, first_seed + CHUNK)]
    # The worlds must be worth the walk: requests are served, refused and swapped for.
    assert sum(outcome.granted for outcome in outcomes) > 5 * CHUNK
    assert sum(outcome.rejected for outcome in outcomes) > CHUNK
    assert sum(outcome.swaps for outcome in outcomes) > CHUNK


def test_a_seed_means_the_same_world_for_ever() -> None:
    assert random_world(1234).visits == random_world(1234).visits
    assert simulate(random_world(1234)) == simulate(random_world(1234))
    # The first number that splitmix64 gives for 0, as its authors publish it.
    assert Dice(0).below(1 << 64) == 0xE220A8397B1DCDAF


def test_every_fifth_world_has_a_matrix_and_some_of_them_are_calm() -> None:
    drawn = {seed: random_world(seed).specs.planner.name for seed in range(200)}
    assert {seed % 5 for seed, name in drawn.items() if name == "matrix"} == {4}
    assert sum(name == "matrix" for name in drawn.values()) > 20
    assert any(name == "matrix" and random_world(seed).calm for seed, name in drawn.items())


class Neighbours:
    """Watches that nothing is started beside models which it may not run with, all of them taken together."""

    def __init__(self, planner: Planner) -> None:
        self._planner = planner
        self._children: set[ChildId] = set()
        self.most = 0

    def watch(self, now: float, event: Event, commands: list[Command]) -> None:
        if isinstance(event, ChildExited | ChildFailed):
            self._children.discard(event.child)
        for command in commands:
            if isinstance(command, StartChild):
                beside = [Resident(child, Phase.READY) for child in sorted(self._children)]
                assert not self._planner.plan(command.child.model, beside).evict, f"{command} at {now:g}"
                self._children.add(command.child)
        self.most = max(self.most, len(self._children))


def test_under_a_matrix_only_what_is_allowed_together_runs_together() -> None:
    """Law by law the simulation looks at pairs; a matrix speaks of sets. Reloads, which change it, are left out."""
    most = 0
    for seed in range(4, 1_500, 5):
        world = random_world(seed)
        if world.specs.planner.name == "matrix" and not any(isinstance(o, SpecsChanged) for _, o in world.orders):
            neighbours = Neighbours(world.specs.planner)
            simulate(world, neighbours.watch)
            most = max(most, neighbours.most)
    assert most >= 4


def crowd(pattern: str, *, max_wait: float = 0.0, apart: float = 0.0, machine: Machine | None = None) -> World:
    """One client after the other asks for the models of `pattern`; one model runs at a time."""
    visits = tuple(Visit(number * apart, model) for number, model in enumerate(pattern))
    specs = SpecsChanged(all_of(sorted(set(pattern))), GroupsPlanner({}), max_wait=max_wait)
    return World(seed=1, specs=specs, machine=machine or Machine(), visits=visits)


@pytest.mark.parametrize("pattern", ["abcabc", "abcabcabcabc", "aabbcc", "cbacba", "abababababababab"])
def test_a_crowd_costs_one_load_per_model(pattern: str) -> None:
    """Law 9, H1: A B C A B C is served A A B B C C."""
    served: list[str] = []
    wanted: dict[int, str] = {}

    def watch(now: float, event: Event, commands: list[Command]) -> None:
        if isinstance(event, RequestArrived):
            wanted[event.request] = event.model
        served.extend(wanted[command.request] for command in commands if isinstance(command, Grant))

    outcome = simulate(crowd(pattern), watch)
    assert outcome.swaps == len(set(pattern))
    assert "".join(served) == "".join(model * pattern.count(model) for model in dict.fromkeys(pattern))


def test_a_steady_stream_starves_the_other_only_as_long_as_it_may() -> None:
    """R15: without a longest wait b is served last; with one it is served in time."""
    pattern = "ab" + "a" * 200
    machine = Machine(load=1.0, stop=1.0, service=4.0)
    starved = simulate(crowd(pattern, apart=0.5, machine=machine))
    assert starved.longest_wait > 90.0
    fair = simulate(crowd(pattern, apart=0.5, machine=machine, max_wait=20.0))
    assert fair.longest_wait <= 20.0 + 2 * (4.0 + 1.0 + 1.0) + 4.0


class Faulty:
    """A policy that has none."""

    name = "faulty"

    def plan(self, target: str, residents: list[Resident]) -> Plan:
        raise RuntimeError("no plan today")


def test_a_failure_names_the_seed() -> None:
    world = World(
        seed=4321,
        specs=SpecsChanged(all_of("a"), Faulty()),  # type: ignore[arg-type]
        machine=Machine(),
        visits=(Visit(0.0, "a"),),
    )
    with pytest.raises(SimulationError, match="seed 4321: RuntimeError: no plan today"):
        simulate(world)


def test_a_scheduler_that_breaks_a_law_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """The net holds: a scheduler that forgets every tenth command does not get through."""
    handle = Scheduler.handle
    count = 0

    def forgetful(self: Scheduler, event: Event, now: float) -> list[Command]:
        nonlocal count
        count += 1
        commands = handle(self, event, now)
        return commands if count % 10 else commands[1:]

    monkeypatch.setattr(Scheduler, "handle", forgetful)
    with pytest.raises(SimulationError, match="seed 3: LawBroken: law "):
        simulate(random_world(3))


def run_program(*words: str) -> subprocess.CompletedProcess[str]:
    script = str(ROOT / "scripts" / "simulate_worlds.py")
    return subprocess.run([sys.executable, script, *words], capture_output=True, text=True, check=False)


def test_the_program_replays_a_seed() -> None:
    replayed = run_program("--seed", "12", "--trace")
    assert replayed.returncode == 0, replayed.stderr
    assert "RequestArrived(request=1, " in replayed.stdout
    assert f"{simulate(random_world(12)).granted} granted" in replayed.stdout


def test_the_program_adds_up_what_its_processes_say() -> None:
    ran = run_program("--worlds", "300", "--processes", "2")
    assert ran.returncode == 0, ran.stderr
    outcomes = [simulate(random_world(seed)) for seed in range(300)]
    assert f"{sum(outcome.granted for outcome in outcomes)} granted" in ran.stdout
    assert f"{sum(outcome.overdue for outcome in outcomes)} overdue" in ran.stdout
    assert f"at most {max(outcome.closest for outcome in outcomes):.1%} of what law 5 allows" in ran.stdout
    assert "300 worlds" in ran.stdout
    assert "seeds 0 to 299" in ran.stdout
