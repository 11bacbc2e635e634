"""What one turn of the loop does together."""

from __future__ import annotations

import asyncio
from typing import cast

from modelyard.runtime.http.inlet import Inlet
from modelyard.runtime.http.turn import LONG_ONES, TOGETHER, Turn
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


class Listener:
    """Notes what it reads in a list that it shares with others."""

    def __init__(self, heard: list[bytes]) -> None:
        self.inlet = Inlet()
        self._heard = heard

    def take(self, data: bytes) -> None:
        """Note it."""
        self._heard.append(data)

    def broke(self) -> None:
        """It never does."""
        raise AssertionError


def test_what_takes_long_waits_for_all_else_and_a_few_are_done_in_each_turn() -> None:
    async def story() -> None:
        turn, heard = Turn(asyncio.get_running_loop()), list[bytes]()
        slow = [Listener(heard) for _ in range(LONG_ONES)]
        for listener in slow:
            turn.read_later(listener, b"long")
        turn.do_later(lambda: heard.append(b"job"))
        turn.read(Listener(heard), b"quick")
        assert all(listener.inlet.held for listener in slow)
        await asyncio.sleep(0)
        assert heard == [b"quick", *[b"long"] * LONG_ONES]
        assert not any(listener.inlet.held for listener in slow)
        turn.read(Listener(heard), b"new")
        await asyncio.sleep(0)
        assert heard[-2:] == [b"new", b"job"]

    asyncio.run(story())


def test_a_connection_that_ends_is_heard_out_and_nobody_else_goes_before() -> None:
    async def story() -> None:
        turn, heard = Turn(asyncio.get_running_loop()), list[bytes]()
        ending, other = Listener(heard), Listener(heard)
        turn.read_later(other, b"other")
        turn.read_later(ending, b"last words")
        turn.finish_reads(ending)
        assert heard == [b"last words"]
        assert (ending.inlet.held, other.inlet.held) == (False, True)
        await asyncio.sleep(0)
        assert heard == [b"last words", b"other"]

    asyncio.run(story())


def test_a_long_read_that_breaks_costs_nobody_else() -> None:
    class Breaking(Listener):
        def take(self, data: bytes) -> None:
            raise ValueError

        def broke(self) -> None:
            self._heard.append(b"broke")

    async def story() -> None:
        loop, heard, said = asyncio.get_running_loop(), list[bytes](), list[object]()
        loop.set_exception_handler(lambda _, context: said.append(context["exception"]))
        turn = Turn(loop)
        turn.read_later(Breaking(heard), b"x")
        turn.read_later(Listener(heard), b"y")
        await asyncio.sleep(0)
        assert heard == [b"broke", b"y"]
        assert [type(error) for error in said] == [ValueError]

    asyncio.run(story())


def test_whatever_breaks_the_next_turn_comes() -> None:
    class Broken(Socketless):
        def write(self, data: bytes) -> None:
            raise RuntimeError

    async def story() -> None:
        loop, heard, said = asyncio.get_running_loop(), list[bytes](), list[object]()
        loop.set_exception_handler(lambda _, context: said.append(context["exception"]))
        turn = Turn(loop)

        def fail() -> None:
            raise ValueError

        turn.do_later(fail)
        turn.write(cast("asyncio.Transport", Broken()), b"x")
        await asyncio.sleep(0)
        turn.read(Listener(heard), b"later")
        await asyncio.sleep(0)
        assert heard == [b"later"]
        assert [type(error) for error in said] == [RuntimeError, ValueError]

    asyncio.run(story())
