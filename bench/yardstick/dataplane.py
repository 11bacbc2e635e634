"""The data plane, in interleaved rounds: within a round each target does the same work right after the other.

A machine is faster in one minute than in the next. Figures of one round share their minute, so their ratio is
worth more than either; the order rotates from round to round, so that no target always follows the same other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from yardstick import proc
from yardstick.load import RequestFigures, StreamFigures, hold_streams, send_requests
from yardstick.targets import Target

Say = Callable[[str], None]


@dataclass(frozen=True)
class Settings:
    """How much is measured."""

    rounds: int = 7
    seconds: int = 5
    """The length of each run of wrk."""
    stream_repeats: int = 3
    memory_requests: int = 100_000
    """How many requests a target has answered, at least, when its memory is read."""


@dataclass(frozen=True)
class Sample:
    """One target in one round."""

    sixteen: RequestFigures
    one: RequestFigures
    streams: StreamFigures


@dataclass(frozen=True)
class Memory:
    """The peak of a target's processes after so many requests, streams included."""

    requests: int
    peak_bytes: int


Round = Mapping[str, Sample]


@dataclass(frozen=True)
class DataPlane:
    """Everything that was measured, by target."""

    rounds: Sequence[Round]
    memory: Mapping[str, Memory]


def measure(targets: Sequence[Target], settings: Settings, say: Say) -> DataPlane:
    """Warm every target up, run the rounds, then read the memory."""
    warm = {target.name: send_requests(target, 16, 1).requests for target in targets}
    rounds = []
    for number in range(settings.rounds):
        turn = number % len(targets)
        measured = _one_round([*targets[turn:], *targets[:turn]], settings)
        say(f"round {number + 1} of {settings.rounds}: {_one_line(measured)}")
        rounds.append(measured)
    memory = {}
    for target in targets:
        answered = warm[target.name] + sum(_answered(each[target.name]) for each in rounds)
        memory[target.name] = _memory(target, answered, settings, say)
    return DataPlane(rounds, memory)


def _one_round(targets: Sequence[Target], settings: Settings) -> Round:
    sixteen = {target.name: send_requests(target, 16, settings.seconds) for target in targets}
    one = {target.name: send_requests(target, 1, settings.seconds) for target in targets}
    streams = {target.name: hold_streams(target, settings.stream_repeats) for target in targets}
    return {name: Sample(sixteen[name], one[name], streams[name]) for name in sixteen}


def _one_line(measured: Round) -> str:
    return ", ".join(
        f"{name} {sample.sixteen.per_second:,.0f}/s {sample.streams.cpu_per_event:.1f} µs/event"
        for name, sample in measured.items()
    )


def _answered(sample: Sample) -> int:
    return sample.sixteen.requests + sample.one.requests


def _memory(target: Target, answered: int, settings: Settings, say: Say) -> Memory:
    while answered < settings.memory_requests:
        say(f"{target.name}: {answered:,} of {settings.memory_requests:,} requests before memory is read")
        answered += send_requests(target, 16, settings.seconds).requests
    return Memory(answered, proc.peak_memory_bytes(target.resident()))
