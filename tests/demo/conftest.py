"""Engines for the tests of the demo engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.demo.engine_process import EngineProcess


@pytest.fixture(scope="module")
def engine() -> Iterator[EngineProcess]:
    """A quick engine called `tiny`, shared by a module."""
    with EngineProcess("--name", "tiny", "--echo-headers") as engine:
        yield engine.wait_ready()


@pytest.fixture
def start_engine() -> Iterator[Callable[..., EngineProcess]]:
    """Starts engines with the switches given, and ends them after the test."""
    with ExitStack() as stack:
        yield lambda *switches: stack.enter_context(EngineProcess(*switches))
