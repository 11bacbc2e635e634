"""The requests that are being worked on: what watchers are told, and when."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from modelyard.app.inflight import INFLIGHT, InFlight
from modelyard.runtime.feed import Feed, Watching
from modelyard.runtime.http.request import Request
from modelyard.runtime.logs import LogHub
from modelyard.wire.heads import RequestHead, ResponseHead


class StandingClock:
    """Shows what the test says."""

    time = 100.0

    def now(self) -> float:
        return self.time

    def wall(self) -> float:
        return 1_795_416_667.25 + self.time - 100.0


@dataclass
class FakeRequest:
    """As much of a request as is shown."""

    head: RequestHead
    arrived_at: float = 100.0
    status: int = 0
    body_bytes_sent: int = 0
    response: ResponseHead | None = None
    client_address: bytes = b"127.0.0.1"

    @property
    def received(self) -> RequestHead:
        return self.head

    @property
    def method(self) -> bytes:
        return self.head.method

    @property
    def fields(self) -> dict[bytes, bytes]:
        return self.head.fields

    def answer(self, status: int, size: int) -> None:
        headers = [(b"content-type", b"content-type", b"a/b"), (b"set-cookie", b"Set-Cookie", b"s=1")]
        self.response = ResponseHead(status, b"", headers)
        self.status = status
        self.body_bytes_sent = size


@dataclass
class Job:
    """A request that is worked on."""

    shown_path: bytes = b"/v1/chat/completions"
    model: str = "m1"
    metadata: Mapping[str, str] = field(default_factory=dict)
    cancelled: int = 0

    def __post_init__(self) -> None:
        headers = [
            (b"authorization", b"Authorization", b"Bearer s3"),
            (b"x-forwarded-for", b"X-Forwarded-For", b"203.0.113.9, 10.0.0.1"),
        ]
        self.fake = FakeRequest(RequestHead(b"POST", self.shown_path + b"?q=1", headers))
        self.request = cast("Request", self.fake)

    def cancel(self) -> None:
        self.cancelled += 1


@dataclass
class Desk:
    """A table, and somebody who may watch it."""

    feed: Feed
    table: InFlight
    clock: StandingClock
    watching: Watching | None = None

    async def read(self) -> list[dict[str, Any]]:
        """The news of the table."""
        if self.watching is None:
            self.watching = self.feed.watch()
        return [cast("dict[str, Any]", news.data) for news in await self.watching.read() if news.topic == "inflight"]


def at_desk(story: Callable[[Desk], Awaitable[None]]) -> None:
    async def work() -> None:
        feed, clock = Feed(LogHub(to_stdout="none")), StandingClock()
        async with asyncio.timeout(20):
            table = InFlight(feed, clock)
            feed.add(INFLIGHT, table.snapshot)
            await story(Desk(feed, table, clock))

    asyncio.run(work())


def test_a_watcher_is_told_what_is_there_and_then_what_happens() -> None:
    async def story(desk: Desk) -> None:
        assert await desk.read() == [{"operation": "snapshot"}]
        job = Job()
        number = desk.table.begin(job)
        desk.clock.time += 0.5
        (news,) = await desk.read()
        assert news["operation"] == "upsert"
        assert news["request"] == {
            "id": "1",
            "timestamp": "2026-11-23T06:51:07.250000Z",
            "model": "m1",
            "req_path": "/v1/chat/completions",
            "method": "POST",
            "req_headers": {"Authorization": "[REDACTED]", "X-Forwarded-For": "203.0.113.9, 10.0.0.1"},
            "remote_ip": "203.0.113.9",
            "resp_headers": {},
            "resp_bytes": 0,
            "elapsed_ms": 0,
        }
        job.fake.answer(200, 15)
        desk.table.end(number)
        desk.table.end(number)
        last, removed = await desk.read()
        assert last["request"]["resp_headers"] == {"Content-Type": "a/b", "Set-Cookie": "[REDACTED]"}
        assert (last["request"]["resp_bytes"], last["request"]["elapsed_ms"]) == (15, 500)
        assert removed == {"operation": "remove", "id": "1"}

    at_desk(story)


def test_who_comes_later_is_told_of_what_runs_and_of_how_it_goes_on() -> None:
    async def story(desk: Desk) -> None:
        jobs = [Job(b"/a%20b", metadata={"selector": "s"}), Job(b"/x")]
        for job in jobs:
            desk.table.begin(job)
        (snapshot,) = await desk.read()
        assert [entry["id"] for entry in snapshot["requests"]] == ["1", "2"]
        assert snapshot["requests"][0]["req_path"] == "/a b"
        assert snapshot["requests"][0]["metadata"] == {"selector": "s"}
        assert "metadata" not in snapshot["requests"][1]
        jobs[1].fake.answer(200, 7)
        (news,) = await desk.read()  # told by a timer, at most every quarter of a second
        assert (news["operation"], news["request"]["id"], news["request"]["resp_bytes"]) == ("upsert", "2", 7)

    at_desk(story)


def test_nothing_is_put_together_while_nobody_watches() -> None:
    async def story(desk: Desk) -> None:
        del desk.clock  # whoever looked at it would fail
        for _ in range(3):
            desk.table.end(desk.table.begin(Job()))
        assert desk.table.begin(Job()) == 4
        assert repr(desk.table) == "<InFlight [4]>"

    at_desk(story)


def test_a_request_is_ended_by_its_number() -> None:
    async def story(desk: Desk) -> None:
        job = Job()
        number = desk.table.begin(job)
        assert desk.table.cancel(number)
        assert job.cancelled == 1
        desk.table.end(number)
        assert not desk.table.cancel(number)

    at_desk(story)
