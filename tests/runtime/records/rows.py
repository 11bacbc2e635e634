"""Rows to record, and a store to record them in."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec

from modelyard.runtime.records.row import Row
from modelyard.runtime.records.store import IN_MEMORY, Store

Story = Callable[[Store, list[str]], Awaitable[None]]


def row(number: int, **more: Any) -> Row:
    """A row like most."""
    usual = Row(
        id=number,
        ts_created=1_795_000_000 + number,
        model_id="m1",
        req_path="/v1/chat/completions",
        resp_content_type="application/json",
        resp_status_code=200,
        cache_tokens=-1,
        input_tokens=10,
        output_tokens=5,
        duration_ms=100,
        outcome="ok",
    )
    return msgspec.structs.replace(usual, **more)


def fill(store: Store, number: int, **more: Any) -> None:
    """So many rows."""
    for _ in range(number):
        store.add_all([row(store.next_id(), **more)])


def with_store(story: Story, path: Path | None = None, *, keep: int = 0) -> None:
    """Run the story on a store, with what it has said; then close it."""

    async def work() -> None:
        said: list[str] = []
        store = Store(IN_MEMORY if path is None else str(path), keep=keep, say=said.append)
        try:
            await story(store, said)
        finally:
            store.close()

    asyncio.run(work())
