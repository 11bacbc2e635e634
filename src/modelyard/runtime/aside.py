"""Work that may block, beside the loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


async def run_aside(work: Callable[[], T], *, name: str) -> T:
    """Do the work in a thread of its own and return what it returns, or raise what it raises.

    For what may hang in the kernel or in a driver: unlike those of an executor, the thread keeps neither the loop nor
    the program from ending. A caller that is cancelled leaves it behind.
    """
    loop = asyncio.get_running_loop()
    outcome: asyncio.Future[T] = loop.create_future()

    def body() -> None:
        try:
            result = work()
        except BaseException as error:  # whatever it is, whoever waits must hear of it
            _tell(loop, _set_exception, outcome, error)
        else:
            _tell(loop, _set_result, outcome, result)

    threading.Thread(target=body, name=name, daemon=True).start()
    return await outcome


def _set_result(outcome: asyncio.Future[T], result: T) -> None:
    if not outcome.done():
        outcome.set_result(result)


def _set_exception(outcome: asyncio.Future[T], error: BaseException) -> None:
    if not outcome.done():
        outcome.set_exception(error)


def _tell(loop: asyncio.AbstractEventLoop, set_it: Callable[..., None], *arguments: object) -> None:
    try:
        loop.call_soon_threadsafe(set_it, *arguments)
    except RuntimeError:  # the loop is closed: nobody waits any more
        pass
