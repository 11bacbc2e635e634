"""When a connection is read."""

from __future__ import annotations

import asyncio
from typing import cast

from modelyard.runtime.http.inlet import Inlet
from tests.support.socketless import Socketless


class Tap(Socketless):
    """Remembers whether it is read."""

    is_read = True

    def pause_reading(self) -> None:
        """As `asyncio.Transport`."""
        self.is_read = False

    def resume_reading(self) -> None:
        """As `asyncio.Transport`."""
        self.is_read = True


def test_it_is_read_only_while_nothing_speaks_against_it() -> None:
    tap = Tap()
    gate = Inlet()
    gate.open(cast("asyncio.Transport", tap))
    for steps, is_read in (
        ((gate.pause,), False),
        ((gate.resume,), True),
        ((gate.hold,), False),
        ((gate.pause, gate.let_go), False),
        ((gate.resume,), True),
        ((gate.pause, gate.hold, gate.resume), False),
        ((gate.let_go,), True),
    ):
        for step in steps:
            step()
        assert tap.is_read is is_read, repr(gate)


def test_a_connection_that_is_gone_is_not_touched() -> None:
    gate = Inlet()
    for step in (gate.pause, gate.resume, gate.hold, gate.let_go):
        step()
    assert not gate.held
