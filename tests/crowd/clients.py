"""The clients of a crowd, a program of its own so that they do not share its time with who watches.

    python -m tests.crowd.clients steady  --port N --clients 8 --seconds 10
    python -m tests.crowd.clients streams --port N --clients 1000 --seconds 10
    python -m tests.crowd.clients slow    --port N --clients 2000 --seconds 10 --seed 7

It prints what it saw as one line of JSON.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import socket
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import uvloop

EVERY = 0.5
"""Seconds between two events of a stream."""
LARGE = 64
SIZE = 8000
"""Events, and their bytes, of the answers that are read slowly: more than the buffers on the way hold."""
ARRIVING = 0.5
"""The part of the time in which the slow clients come, one by one."""
SIP = 2048
"""Bytes that a slow client takes at a time."""
WINDOW = 4096
"""Bytes that its kernel keeps for it, or the least that it allows."""
LAST_CHUNK = b"\r\n0\r\n\r\n"
CONNECTING = 64
"""Clients that connect at the same time; more would overrun the queue of connections."""

Pair = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Door:
    """Lets clients in, a few at a time."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._turnstile = asyncio.Semaphore(CONNECTING)

    @asynccontextmanager
    async def open(self, window: int = 0) -> AsyncIterator[Pair]:
        """A connection that is closed in the end."""
        plug = socket.socket()
        plug.setblocking(False)
        if window:
            plug.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, window)
        async with self._turnstile:
            await asyncio.get_running_loop().sock_connect(plug, ("127.0.0.1", self.port))
        reader, writer = await asyncio.open_connection(sock=plug, limit=window or 65536)
        try:
            yield reader, writer
        finally:
            writer.close()


def ask(writer: asyncio.StreamWriter, model: str, **more: object) -> None:
    body = json.dumps({"model": model, **more}).encode()
    head = b"POST /v1/chat/completions HTTP/1.1\r\nHost: crowd\r\nContent-Type: application/json\r\n"
    writer.write(b"%bContent-Length: %d\r\n\r\n%b" % (head, len(body), body))


async def head_of(reader: asyncio.StreamReader) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 "), head


async def chunks(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    """The chunks of an answer, one event in each, to its proper end."""
    while size := int(await reader.readline(), 16):
        yield (await reader.readexactly(size + 2))[:-2]
    assert await reader.readline() == b"\r\n"


async def whole(reader: asyncio.StreamReader, events: int) -> None:
    """Read the rest of an answer; every event must be there, in order."""
    text = b"".join([chunk async for chunk in chunks(reader)])
    lines = text.split(b"\n\n")
    assert lines[-2:] == [b"data: [DONE]", b""], lines[-2:]
    numbers = [int(line[len(b'data: {"n":') :].partition(b",")[0]) for line in lines[:-2]]
    assert numbers == list(range(events)), "events are missing"


async def steady(door: Door, deadline: float, chance: random.Random) -> list[float]:
    """Short requests, one after the other: how long each took, in seconds."""
    took = []
    async with door.open() as (reader, writer):
        while time.monotonic() < deadline:
            began = time.monotonic()
            ask(writer, "short")
            await head_of(reader)
            await reader.readexactly(2)
            took.append(time.monotonic() - began)
            await asyncio.sleep(chance.uniform(0.02, 0.06))
    return took


async def streams(door: Door, deadline: float, chance: random.Random) -> list[str]:
    """One stream until the deadline, which must be whole."""
    events = max(1, int((deadline - time.monotonic()) / EVERY))
    async with door.open() as (reader, writer):
        ask(writer, "long", stream=True, events=events, every=EVERY, size=100)
        await head_of(reader)
        await whole(reader, events)
    return ["whole"]


async def slow(door: Door, deadline: float, chance: random.Random) -> list[str]:
    """A large answer in sips; half leave at some moment, the others read the rest at the deadline, which must be
    whole."""
    leaves = chance.random() < 0.5
    await asyncio.sleep(chance.uniform(0, ARRIVING * (deadline - time.monotonic())))
    until = chance.uniform(time.monotonic(), deadline) if leaves else deadline
    async with door.open(WINDOW) as (reader, writer):
        ask(writer, "long", stream=True, events=LARGE, every=0, size=SIZE)
        await head_of(reader)
        sipped = b""
        while time.monotonic() < until:
            await asyncio.sleep(chance.uniform(0.5, 1.5))
            sipped += await reader.read(SIP)
        if leaves:
            return ["left"]
        rest = asyncio.StreamReader()
        rest.feed_data(sipped)
        end = sipped[-len(LAST_CHUNK) :]
        while end != LAST_CHUNK and (data := await reader.read(1 << 16)):
            rest.feed_data(data)
            end = (end + data)[-len(LAST_CHUNK) :]
        rest.feed_eof()
        await whole(rest, LARGE)
    return ["whole"]


Role = Callable[[Door, float, random.Random], Awaitable[list[Any]]]
ROLES: dict[str, Role] = {"steady": steady, "streams": streams, "slow": slow}


async def visit(asked: argparse.Namespace) -> dict[str, object]:
    """All clients of one role."""
    door, deadline = Door(asked.port), time.monotonic() + asked.seconds
    dice = random.Random(asked.seed)
    role = ROLES[asked.role]
    visits = (role(door, deadline, random.Random(dice.random())) for _ in range(asked.clients))
    found = await asyncio.gather(*visits, return_exceptions=True)
    failures = Counter(repr(end)[:200] for end in found if isinstance(end, BaseException))
    seen = [each for end in found if not isinstance(end, BaseException) for each in end]
    if asked.role == "steady":
        ranked = sorted(seen)
        figures: dict[str, object] = {
            "requests": len(ranked),
            "p50": ranked[len(ranked) // 2],
            "p99": ranked[len(ranked) * 99 // 100],
        }
    else:
        figures = dict(Counter(seen))
    return {**figures, "failures": dict(failures)}


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("role", choices=ROLES)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--clients", type=int, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--seed", type=int, default=1)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        json.dump(runner.run(visit(parser.parse_args())), sys.stdout)
