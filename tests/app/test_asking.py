"""What a request says of itself: who asks, how urgent it is; and what it is told of the line."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import httpx
import pytest

from modelyard.config.document import Activity, Ui
from modelyard.config.schema import Config, ModelConfig
from tests.support.plane import Plane, eventually, in_plane

Story = Callable[[Plane, httpx.AsyncClient], Awaitable[None]]


def with_one_place(story: Story, answers: Sequence[asyncio.Future[httpx.Response]] = (), **config: object) -> None:
    """A model that serves one request at a time, and that serves one. In the end all `answers` are waited for."""
    model = ModelConfig(id="m", proxy="http://u", parallel=1)

    async def inside(plane: Plane) -> None:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{plane.port}", timeout=20) as client:
            busy = asyncio.ensure_future(ask(client))
            first = await plane.upstream.request()
            await story(plane, client)
            waiting = len(plane.engine.snapshot().queue)
            await first.answer_json()
            assert (await busy).status_code == 200
            for _ in range(waiting):
                await (await plane.upstream.request()).answer_json()
            await asyncio.gather(*answers)

    in_plane(inside, config=Config(models={"m": model}, **config))  # type: ignore[arg-type]


async def ask(client: httpx.AsyncClient, **headers: str) -> httpx.Response:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return await client.post("/v1/completions", json={"model": "m"}, headers=names)


def test_who_waits_is_told_the_place_it_began_at() -> None:
    async def story(plane: Plane, client: httpx.AsyncClient) -> None:
        answers.append(asyncio.ensure_future(ask(client)))
        await eventually(lambda: len(plane.engine.snapshot().queue) == 1)
        answers.append(asyncio.ensure_future(ask(client)))
        await eventually(lambda: len(plane.engine.snapshot().queue) == 2)

    answers: list[asyncio.Future[httpx.Response]] = []
    with_one_place(story, answers)
    assert [answer.result().headers["x-modelyard-queue-position"] for answer in answers] == ["1", "2"]


def test_who_does_not_wait_is_told_nothing() -> None:
    async def inside(plane: Plane) -> None:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{plane.port}", timeout=20) as client:
            told = []
            for _ in ("the first one waits for the load", "the second one does not wait"):
                answer = asyncio.ensure_future(ask(client))
                await (await plane.upstream.request()).answer_json()
                told.append((await answer).headers.get("x-modelyard-queue-position"))
            assert told == ["1", None]

    in_plane(inside)


@pytest.mark.parametrize(("asked", "first"), [("5", "urgent"), ("-5", "usual"), ("0", "usual"), ("soon", "usual")])
def test_a_request_says_how_urgent_it_is(asked: str, first: str) -> None:
    """Without keys nobody's priority is bounded: who reaches the server may do anything anyway."""

    async def story(plane: Plane, client: httpx.AsyncClient) -> None:
        waiting = [asyncio.ensure_future(ask(client, X_Session_ID="usual"))]
        await eventually(lambda: len(plane.engine.snapshot().queue) == 1)
        waiting.append(asyncio.ensure_future(ask(client, X_Session_ID="urgent", X_Modelyard_Priority=asked)))
        await eventually(lambda: len(plane.engine.snapshot().queue) == 2)
        assert plane.engine.snapshot().queue[0].caller == first

    with_one_place(story, fairness="caller", ui=Ui(activity=Activity(session_id=("X-Session-ID",))))


def test_callers_without_a_key_are_told_apart_by_session_else_by_address() -> None:
    async def story(plane: Plane, client: httpx.AsyncClient) -> None:
        sent = [asyncio.ensure_future(ask(client)), asyncio.ensure_future(ask(client, X_Session_ID="agent-7"))]
        await eventually(lambda: len(plane.engine.snapshot().queue) == 2)
        assert {waiting.caller for waiting in plane.engine.snapshot().queue} == {"127.0.0.1", "agent-7"}
        assert len(sent) == 2

    with_one_place(story, fairness="caller", ui=Ui(activity=Activity(session_id=("X-Session-ID",))))


def test_nobody_asks_who_asks_where_shares_do_not_count() -> None:
    async def story(plane: Plane, client: httpx.AsyncClient) -> None:
        sent = asyncio.ensure_future(ask(client, X_Session_ID="agent-7"))
        await eventually(lambda: len(plane.engine.snapshot().queue) == 1)
        assert plane.engine.snapshot().queue[0].caller == ""
        assert not sent.done()

    with_one_place(story)
