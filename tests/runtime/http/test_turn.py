"""What one turn of the loop does together."""

from __future__ import annotations

import asyncio
from typing import cast

from modelyard.runtime.http.turn import TOGETHER, Turn
from tests.support.socketless import Socketless


class Echo:
    """Writes what it reads, and notes how much has left by then."""

    def __init__(self, turn: Turn, socket: Socketless) -> None:
        self._turn = turn
        self._socket = socket
        self.left: list[int] = []

    def take(self, data: bytes) -> None:
        """Note what has left, and answer."""
        self.left.append(len(self._socket.written))
        self._turn.write(cast("asyncio.Transport", self._socket), data)

    def broke(self) -> None:
        """It never does."""
        raise AssertionError


def left_at_each_read(reads: int) -> tuple[list[int], bytes]:
    """How many bytes had left when each read was handled, and all that left in the end."""

    async def story() -> tuple[list[int], bytes]:
        turn, socket = Turn(asyncio.get_running_loop()), Socketless()
        echo = Echo(turn, socket)
        for number in range(reads):
            turn.read(echo, bytes([number % 256]))
        await asyncio.sleep(0)
        return echo.left, socket.written

    return asyncio.run(story())


def test_what_is_written_in_one_turn_leaves_together() -> None:
    left, written = left_at_each_read(TOGETHER)
    assert left == [0] * TOGETHER
    assert written == bytes(range(TOGETHER))


def test_of_very_many_the_first_need_not_wait_for_the_last() -> None:
    left, written = left_at_each_read(3 * TOGETHER + 1)
    assert left == [0] * TOGETHER + [TOGETHER] * TOGETHER + [2 * TOGETHER] * TOGETHER + [3 * TOGETHER]
    assert written == bytes(range(3 * TOGETHER + 1))
