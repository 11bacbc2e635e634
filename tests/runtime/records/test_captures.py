"""Captures: within their bound, without secrets, compressed when they are worth it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable

import pytest

from modelyard.runtime.records import captures as module
from modelyard.runtime.records.captures import Capture, CaptureBuffer, RawCapture

HEADERS = [
    (b"authorization", b"Authorization", b"Bearer secret"),
    (b"x-custom", b"X-Custom", b"v"),
    (b"x-custom", b"X-Custom", b"w"),
    (b"content-encoding", b"Content-Encoding", b"gzip"),
]


def capture(number: int, body: bytes = b"{}", answer: bytes | None = b"hello", *, weight: int = 7) -> RawCapture:
    return RawCapture(
        id=number,
        weight=weight,
        path=b"/v1/chat/completions",
        req_headers=HEADERS,
        req_body=[body],
        resp_headers=HEADERS,
        resp_body=answer,
    )


def keep(buffer: CaptureBuffer, number: int, body: bytes) -> bool:
    return buffer.add(capture(number, body, None, weight=len(body)))


def story(work: Callable[[], Awaitable[None]]) -> None:
    async def run() -> None:
        await work()

    asyncio.run(run())


async def packed(buffer: CaptureBuffer) -> None:
    async with asyncio.timeout(20):
        while buffer._fresh:
            await asyncio.sleep(0)


def test_what_is_shown_has_no_secrets_and_no_coding() -> None:
    async def work() -> None:
        buffer = CaptureBuffer(1 << 20)
        assert buffer.add(capture(1))
        assert buffer.get(1) == Capture(
            id=1,
            req_path="/v1/chat/completions",
            req_headers={"Authorization": "[REDACTED]", "X-Custom": "v", "Content-Encoding": "gzip"},
            req_body=b"{}",
            resp_headers={"Authorization": "[REDACTED]", "X-Custom": "v"},
            resp_body=b"hello",
        )
        assert buffer.get(2) is None

    story(work)


def test_ripe_captures_are_compressed_and_many_more_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "RIPE", 0.0)

    async def work() -> None:
        buffer = CaptureBuffer(20_000)
        for number in range(100):
            assert keep(buffer, number, b"x" * 5000)
            await packed(buffer)
        assert all(number in buffer for number in range(100))
        shown = buffer.get(0)
        assert shown is not None
        assert shown.req_body == b"x" * 5000
        assert shown.req_headers is not None
        assert shown.req_headers["Authorization"] == "[REDACTED]"

    story(work)


def test_the_oldest_go_first_compressed_or_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "RIPE", 0.0)

    async def work() -> None:
        buffer = CaptureBuffer(20_500)
        for number in range(4):
            keep(buffer, number, os.urandom(8000))
            await packed(buffer)
        assert [number for number in range(4) if number in buffer] == [2, 3]
        for number in range(4, 8):  # faster than anybody compresses
            keep(buffer, number, os.urandom(8000))
        assert [number for number in range(8) if number in buffer] == [6, 7]

    story(work)


def test_one_that_is_larger_than_all_room_is_not_kept_and_costs_no_other() -> None:
    async def work() -> None:
        buffer = CaptureBuffer(10_000)
        assert keep(buffer, 1, b"x" * 5000)
        assert not keep(buffer, 2, b"x" * 10_001)
        assert 1 in buffer
        assert 2 not in buffer

    story(work)


def test_another_bound_holds_at_once_and_none_keeps_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "RIPE", 0.0)

    async def work() -> None:
        buffer = CaptureBuffer(100_000)
        keep(buffer, 1, b"x")
        await packed(buffer)
        for number in range(2, 6):
            keep(buffer, number, b"x" * 10_000)
        buffer.resize(25_000)
        assert [number for number in range(6) if number in buffer] == [4, 5]
        buffer.resize(0)
        assert not any(number in buffer for number in range(6))
        assert not keep(buffer, 7, b"")

    story(work)


def test_deleted_ones_make_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "RIPE", 0.0)

    async def work() -> None:
        buffer = CaptureBuffer(25_000)
        keep(buffer, 1, os.urandom(10_000))
        await packed(buffer)
        keep(buffer, 2, os.urandom(10_000))
        for number in (1, 2, 3):
            buffer.discard(number)
        assert "0 captures" in repr(buffer)
        assert (buffer._fresh_size, buffer._packed_size) == (0, 0)

    story(work)


def test_a_second_with_many_requests_does_not_push_itself_out() -> None:
    """Those that were captured first stay for a second; with few requests the newest always count."""

    async def work() -> None:
        buffer = CaptureBuffer(1 << 20)
        number = 0

        def second(at: float, size: int, times: int) -> int:
            """So many requests end at about that moment; how many of them are captured."""
            nonlocal number
            taken = 0
            for turn in range(times):
                number += 1
                if buffer.takes_more(at + turn / times / 2):
                    taken += keep(buffer, number, bytes(size))
            return taken

        assert second(10.0, 100_000, 200) == 200, "few: the oldest go"
        assert 1 not in buffer
        assert number in buffer
        assert second(20.0, 100, 5000) == (1 << 20) // 2148 + 1
        assert 202 in buffer
        assert number not in buffer
        assert second(21.0, 100_000, 5000) == module.MANY
        assert second(22.0, 100, 3) == 3

    story(work)


def test_without_a_bound_nothing_is_taken() -> None:
    assert not CaptureBuffer(0).takes_more(1.0)
