"""Lets a small, quick set of tests loose on every mutant: collected once, forked for each.

Which tests run a line is seen once, so that only those are asked about a change in it, the quickest first. A mutant is
killed when a test fails, or does not come to an end.
"""

from __future__ import annotations

import os
import pickle
import resource
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from types import FrameType
from typing import Any, cast

import pytest
from _pytest.runner import runtestprotocol

from tests.mutation.mutants import Mutant, mutants_of

SECONDS = 2
"""Of the processor's time, for the tests of one mutant: it runs in circles then."""
MEMORY = 2 << 30


@dataclass
class Verdict:
    """What became of the mutants of one module."""

    module: str
    killed: int = 0
    survivors: list[Mutant] = field(default_factory=list)
    unseen: list[Mutant] = field(default_factory=list)
    """Those of the survivors that stand in a line which no test runs."""

    @property
    def mutants(self) -> int:
        """How many there were."""
        return self.killed + len(self.survivors)


@dataclass(frozen=True)
class _Seen:
    """What is known of the tests: how long each takes, and which lines each runs (by file)."""

    seconds: list[float]
    lines: list[dict[str, set[int]]]


class Session:
    """A plugin of pytest that runs its tests in this way instead of once."""

    def __init__(self, modules: Sequence[str], processes: int, tell: Callable[[Verdict], None]) -> None:
        """`tell` hears of each module as soon as its mutants are judged."""
        self._tell = tell
        self._modules = modules
        self._processes = processes
        self.verdicts: list[Verdict] = []
        self.failed: list[str] = []
        """The tests that fail without any change: then nothing can be said."""
        self.seconds = 0.0
        """How long all tests together take."""
        self.tests = 0

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Leave out those that draw many examples: a handful of them takes longer than all others."""
        items[:] = [item for item in items if not _draws(item)]

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Judge all mutants of all modules."""
        items = session.items
        loaded = {name: import_module(name) for name in self._modules}
        files = {name: str(module.__file__) for name, module in loaded.items()}
        sources = {name: Path(file).read_text() for name, file in files.items()}
        self.failed, seen = self._look(items, set(files.values()))
        if self.failed:
            return True
        self.tests, self.seconds = len(items), sum(seen.seconds)
        for name, module in loaded.items():
            verdict = Verdict(name)
            waiting: list[tuple[Mutant, list[pytest.Item]]] = []
            for mutant in mutants_of(sources[name]):
                tests = _tests_for(mutant, files[name], seen)
                waiting.append((mutant, [items[test] for test in tests]))
            for mutant, tests_of, died in self._judge(waiting, module):
                if died:
                    verdict.killed += 1
                else:
                    verdict.survivors.append(mutant)
                    if not tests_of:
                        verdict.unseen.append(mutant)
            verdict.survivors.sort(key=lambda mutant: mutant.number)
            self.verdicts.append(verdict)
            self._tell(verdict)
        return True

    def _look(self, items: list[pytest.Item], files: set[str]) -> tuple[list[str], _Seen]:
        """Run every test once as it is, watched, and once more for its time; in a fork, since a test runs only once."""
        untraced = cast(list[tuple[float, bool]], _in_fork(lambda: [_timed(item) for item in items]))
        failed = [item.nodeid for item, (_, passed) in zip(items, untraced, strict=True) if not passed]
        lines = cast(list[dict[str, set[int]]], _in_fork(lambda: [_traced(item, files) for item in items]))
        return failed, _Seen([seconds for seconds, _ in untraced], lines)

    def _judge(
        self, waiting: list[tuple[Mutant, list[pytest.Item]]], module: Any
    ) -> Iterator[tuple[Mutant, list[pytest.Item], bool]]:
        running: dict[int, tuple[Mutant, list[pytest.Item]]] = {}
        queue = list(reversed(waiting))
        while queue or running:
            while queue and len(running) < self._processes:
                mutant, tests = queue.pop()
                if not tests:
                    yield mutant, tests, False
                    continue
                child = os.fork()
                if child == 0:
                    os._exit(_run_mutant(mutant, module, tests))
                running[child] = (mutant, tests)
            if running:
                child, status = os.wait()
                yield *running.pop(child), status != 0


def _run_mutant(mutant: Mutant, module: Any, tests: list[pytest.Item]) -> int:
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    try:
        mutant.apply(module)
        for test in tests:
            if not _timed(test)[1]:
                return 1
    except BaseException:
        return 1
    return 0


def _timed(item: pytest.Item) -> tuple[float, bool]:
    began = time.process_time()
    reports = runtestprotocol(item, log=False, nextitem=None)
    return time.process_time() - began, not any(report.failed for report in reports)


def _traced(item: pytest.Item, files: set[str]) -> dict[str, set[int]]:
    lines: dict[str, set[int]] = {}

    def local(frame: FrameType, event: str, arg: object) -> Any:
        lines.setdefault(frame.f_code.co_filename, set()).add(frame.f_lineno)
        return local

    def trace(frame: FrameType, event: str, arg: object) -> Any:
        return local(frame, event, arg) if frame.f_code.co_filename in files else None

    sys.settrace(trace)
    try:
        runtestprotocol(item, log=False, nextitem=None)
    finally:
        sys.settrace(None)
    return lines


def _tests_for(mutant: Mutant, file: str, seen: _Seen) -> list[int]:
    """Those that run its line (or any line, where the change is in a name of the module), the quickest first."""
    span = range(mutant.line, mutant.last + 1)
    chosen = [
        test
        for test, lines in enumerate(seen.lines)
        if file in lines and (not mutant.function or not lines[file].isdisjoint(span))
    ]
    return sorted(chosen, key=seen.seconds.__getitem__)


def _in_fork(work: Any) -> object:
    """What `work` returns, done in a fork of this process."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        with os.fdopen(writer, "wb") as pipe:
            pickle.dump(work(), pipe)
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        result = pickle.load(pipe)
    os.waitpid(child, 0)
    return result


def _draws(item: pytest.Item) -> bool:
    return bool(getattr(getattr(item, "obj", None), "is_hypothesis_test", False))
