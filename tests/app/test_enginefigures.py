"""The engines' own figures: asked of all at once, never for long."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from modelyard.app import enginefigures
from modelyard.app.enginefigures import engine_figures
from modelyard.app.monitoring import Monitoring
from modelyard.config.schema import Config, ModelConfig
from modelyard.runtime.tasks import TaskOwner
from tests.support.plane import Plane, eventually, in_plane
from tests.wire.test_scraped import LLAMA, figures_of

OK = "HTTP/1.1 200 OK\r\n"


@asynccontextmanager
async def serving(answer: str | None, seen: list[str] | None = None) -> AsyncIterator[str]:
    """An engine that answers everything so (None: never); gives its URL."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        if seen is not None:
            seen.append(head.decode().partition("\r\n")[0])
        if answer is None:
            await reader.read()
        else:
            writer.write(answer.encode())
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()


def chunked(text: str) -> str:
    return f"{OK}Transfer-Encoding: chunked\r\n\r\n{len(text):x}\r\n{text}\r\n0\r\n\r\n"


def test_all_are_asked_at_once_and_who_does_not_answer_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(enginefigures, "LIMIT", 0.3)

    async def work() -> None:
        tasks = TaskOwner(lambda name, error: pytest.fail(f"{name}: {error!r}"))
        refused = "HTTP/1.1 501 Not Implemented\r\nContent-Length: 0\r\n\r\n"
        async with (
            serving(f"{OK}Content-Length: {len(LLAMA)}\r\n\r\n{LLAMA}") as plain,
            serving(chunked(LLAMA)) as in_chunks,
            serving(OK + "\r\n" + LLAMA) as until_end,
            serving(None) as hanging,
            serving(None) as another,
            serving(refused) as without,
            serving("220 mail\r\n") as other,
        ):
            asked = {"a": plain, "b": in_chunks, "c": until_end, "d": hanging, "e": another, "f": without, "g": other}
            began = time.monotonic()
            found = figures_of((await engine_figures({**asked, "h": "http://127.0.0.1:1"}, tasks)).decode())
            assert time.monotonic() - began < 10
        name = "modelyard_engine_metrics_up"
        up = {dict(labels)["model"]: value for (metric, labels), value in found.items() if metric == name}
        assert up == {"a": 1, "b": 1, "c": 1, "d": 0, "e": 0, "f": 0, "g": 0, "h": 0}
        assert {dict(labels)["model"] for metric, labels in found if metric.startswith("llamacpp")} == {"a", "b", "c"}
        await tasks.aclose()

    asyncio.run(work())


def test_only_models_that_are_ready_are_asked_and_none_is_loaded() -> None:
    async def inside(plane: Plane) -> None:
        monitoring = Monitoring(
            plane.engine, plane.world, list, tasks=plane.tasks, clock=plane.clock, log=plane.logs.daemon
        )
        seen: list[str] = []
        async with serving(OK + "\r\n" + LLAMA, seen) as url:
            plane.world.config = config(url)
            assert figures_of((await monitoring.of_engines()).decode()) == {}
            assert seen == []
            async with plane.client() as client:
                client.post()
                await (await plane.upstream.request()).answer_json()
                await client.head()
            await eventually(lambda: plane.engine.ready_serving("m") is not None)
            found = figures_of((await monitoring.of_engines()).decode())
        assert seen == ["GET /base/metrics HTTP/1.1"]
        assert {dict(labels)["model"] for _, labels in found} == {"m"}

    def config(url: str) -> Config:
        models = {name: ModelConfig(id=name, cmd="x", proxy=f"{url}/base") for name in ("m", "stopped")}
        return Config(models=models)

    in_plane(inside, config=config("http://u"))
