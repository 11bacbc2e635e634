"""Keys over real sockets: what is open, what a key opens, and that no engine ever sees one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from starlette.routing import Route

from modelyard.app.api.guard import OPEN, scope_of
from modelyard.app.auth import Scope
from modelyard.config.document import ApiKeyEntry
from modelyard.config.schema import Config, ModelConfig
from tests.app.test_api import api_of
from tests.support.plane import Plane, eventually, in_plane

KEYS = (
    "all",
    ApiKeyEntry(key="apps", name="apps", models=("m", "org/*"), max_concurrent=1),
    ApiKeyEntry(key="watch", name="watch", routes=("logs",)),
)
MODELS = {name: ModelConfig(id=name, cmd="x", proxy="http://u") for name in ("m", "secret")}
CONFIG = Config(models=MODELS, api_keys=KEYS)
Story = Callable[[Plane, httpx.AsyncClient], Awaitable[None]]


def with_keys(story: Story, config: Config = CONFIG) -> None:
    async def inside(plane: Plane) -> None:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{plane.port}", timeout=20) as client:
            await story(plane, client)

    in_plane(inside, config=config, make_app=api_of)


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


async def served(plane: Plane, client: httpx.AsyncClient, key: str, **more: Any) -> dict[str, str]:
    """The headers that the engine got of a request with this key."""
    path = more.pop("path", "/v1/completions")
    asking = asyncio.ensure_future(client.post(path, headers=bearer(key) | more, json={"model": "m"}))
    received = await plane.upstream.request()
    await received.answer_json()
    assert (await asking).status_code == 200
    return received.headers


@pytest.mark.parametrize("path", sorted(OPEN - {"/favicon.ico"}))
def test_what_is_open_without_a_key(path: str) -> None:
    async def story(plane: Plane, client: httpx.AsyncClient) -> None:
        assert (await client.get(path)).status_code < 400

    with_keys(story)


def test_a_request_without_a_key_is_refused_before_anything_is_looked_at() -> None:
    async def story(plane: Plane, client: httpx.AsyncClient) -> None:
        answer = await client.post("/v1/chat/completions", json={})
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == 'Basic realm="modelyard"'
        assert answer.json()["error"]["message"] == "unauthorized: invalid or missing API key"
        anthropic = await client.post("/v1/messages", json={})
        assert anthropic.json()["error"]["type"] == "authentication_error"
        for path in ("/v1/models", "/running", "/logs", "/ui/", "/upstream/m/", "/upstream/ghost/", "/props"):
            assert (await client.get(path)).status_code == 401, path
        assert (await client.get("/v1/chat/completions")).status_code == 405
        assert (await client.get("/nowhere")).status_code == 404
        assert (await client.options("/running")).status_code == 204

    with_keys(story)


def test_an_inference_key_unloads_nothing_and_reads_no_logs() -> None:
    async def story(plane: Plane, client: httpx.AsyncClient) -> None:
        refused = {"/unload", "/running", "/logs", "/logs/stream", "/api/events", "/api/inflight", "/upstream/m/slots"}
        for path in sorted(refused):
            answer = await client.get(path, headers=bearer("apps"))
            assert (answer.status_code, answer.json()["error"]["code"]) == (403, "forbidden"), path
        for path in ("/api/models/unload", "/api/models/unload/m"):
            assert (await client.post(path, headers=bearer("apps"))).status_code == 403
        assert (await client.get("/v1/models", headers=bearer("apps"))).status_code == 200
        assert (await client.get("/logs", headers=bearer("watch"))).status_code == 200
        assert (await client.post("/v1/completions", headers=bearer("watch"), json={})).status_code == 403
        assert (await client.get("/running", headers=bearer("all"))).status_code == 200

    with_keys(story)


def test_our_key_goes_no_further_and_any_other_does() -> None:
    """R49: what a client shows to us is not what it shows to the engine."""

    async def story(plane: Plane, client: httpx.AsyncClient) -> None:
        for _ in range(2):  # the second has a head that is known already
            got = await served(plane, client, "all", **{"x-api-key": "the engine's"})
            assert "authorization" not in got
            assert got["x-api-key"] == "the engine's"
        got = await served(plane, client, "nonsense ", **{"x-api-key": "all", "Authorization": "Digest x"})
        assert got["authorization"] == "Digest x"
        assert "x-api-key" not in got
        assert "authorization" not in await served(plane, client, "apps", path="/upstream/m/v1/completions")

    with_keys(story)


def test_without_keys_credentials_pass() -> None:
    async def story(plane: Plane, client: httpx.AsyncClient) -> None:
        assert (await served(plane, client, "theirs"))["authorization"] == "Bearer theirs"

    with_keys(story, Config(models=MODELS))


def test_a_key_is_for_its_models() -> None:
    async def story(plane: Plane, client: httpx.AsyncClient) -> None:
        for path in ("/v1/completions", "/upstream/secret/v1/completions"):
            answer = await client.post(path, headers=bearer("apps"), json={"model": "secret"})
            assert answer.status_code == 403
            assert answer.json()["error"]["message"] == "this API key may not use the model secret"
        await served(plane, client, "apps")

    with_keys(story)


def test_a_key_has_its_number_of_requests() -> None:
    async def story(plane: Plane, client: httpx.AsyncClient) -> None:
        first = asyncio.ensure_future(client.post("/v1/completions", headers=bearer("apps"), json={"model": "m"}))
        received = await plane.upstream.request()
        refused = await client.post("/v1/completions", headers=bearer("apps"), json={"model": "m"})
        assert refused.status_code == 429
        assert refused.headers["retry-after"] == "1"
        await received.answer_json()
        await first
        await eventually(lambda: plane.in_flight() == 0)
        await served(plane, client, "apps")

    with_keys(story)


def test_a_reload_asks_for_the_new_keys_also_on_a_connection_that_was_let_in() -> None:
    async def story(plane: Plane, client: httpx.AsyncClient) -> None:
        await served(plane, client, "all")
        plane.world.become(type(plane.world)(Config(models=MODELS, api_keys=("new",))))
        answer = await client.post("/v1/completions", headers=bearer("all"), json={"model": "m"})
        assert answer.status_code == 401
        await served(plane, client, "new")

    with_keys(story)


def test_pages_of_other_origins_may_read_answers_of_models() -> None:
    """R49: the answer says so as the preflight did; an engine that says it itself is not repeated."""

    async def story(plane: Plane, client: httpx.AsyncClient) -> None:
        for extra, told in (("", "*"), ("Access-Control-Allow-Origin: http://app\r\n", "http://app")):
            for keep_alive in ("keep-alive", "close"):
                headers = {**bearer("all"), "Origin": "http://app", "Connection": keep_alive}
                asking = asyncio.ensure_future(client.post("/v1/completions", headers=headers, json={"model": "m"}))
                received = await plane.upstream.request()
                await received.answer(f"HTTP/1.1 200 OK\r\n{extra}Content-Length: 2\r\n\r\n{{}}".encode())
                assert (await asking).headers.get_list("access-control-allow-origin") == [told]
        refused = await client.post("/v1/completions", headers={"Origin": "http://app"}, json={"model": "m"})
        assert refused.headers["access-control-allow-origin"] == "*"
        shown = await client.get("/logs", headers={**bearer("all"), "Origin": "http://app"})
        assert "access-control-allow-origin" not in shown.headers

    with_keys(story)


def test_a_route_that_nobody_thought_of_is_for_administrators() -> None:
    assert scope_of(Route("/api/new", lambda request: request).path) is Scope.ADMIN
    assert scope_of("/api/captures/{id}") is Scope.LOGS
