"""The API beside inference, over a real edge."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import pytest

from modelyard.app.api import events
from modelyard.app.api.application import Parts, build_api
from modelyard.app.api.events import MODEL_STATUS, Deltas
from modelyard.app.editing import Editor
from modelyard.app.loading import Loader
from modelyard.app.monitoring import Monitoring
from modelyard.app.reload import Loaded, Reloader, Sources
from modelyard.config.diff import Changes
from modelyard.config.schema import Config, HeldPorts, ModelConfig
from modelyard.runtime.feed import News
from modelyard.runtime.http.asgi import AsgiApp
from tests.support.plane import Plane, eventually, in_plane

CONFIG = Config(
    models={
        "m": ModelConfig(
            id="m", cmd="serve m", proxy="http://u", aliases=("gpt",), ttl=77, name=" M ", description="d"
        ),
        "org/x": ModelConfig(id="org/x", cmd="serve x", proxy="http://u"),
        "hidden": ModelConfig(id="hidden", cmd="h", proxy="http://u", unlisted=True),
    },
    aliases={"gpt": "m"},
)

Story = Callable[[Plane, httpx.AsyncClient], Awaitable[None]]


def with_api(story: Story) -> None:
    """Run the story against the real application on a real socket."""

    async def inside(plane: Plane) -> None:
        plane.logs.model("m").write(b"engine says hello\n")
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{plane.port}", timeout=20) as client:
            await story(plane, client)

    in_plane(inside, config=CONFIG, make_app=api_of)


def api_of(plane: Plane) -> AsgiApp:
    feed = plane.feed
    plane.engine.on_move = lambda: feed.changed(MODEL_STATUS)
    reloader = Reloader(
        Sources(("c.yaml",), lambda held: Loaded(CONFIG)),
        NobodyToAdopt(),
        warnings=("c.yaml:1:1: odd",),
        tasks=plane.tasks,
        log=plane.logs.daemon,
        clock=plane.clock,
    )
    loader = Loader(plane.engine, plane.world, tasks=plane.tasks, log=plane.logs.daemon, clock=plane.clock)
    monitoring = Monitoring(
        plane.engine, plane.world, list, tasks=plane.tasks, clock=plane.clock, log=plane.logs.daemon
    )
    return build_api(
        Parts(
            engine=plane.engine,
            world=plane.world,
            logs=plane.logs,
            reloader=reloader,
            editor=Editor(None, plane.world, reloader, HeldPorts, plane.tasks),
            feed=feed,
            inflight=plane.inflight,
            loader=loader,
            records=plane.records,
            monitoring=monitoring,
        )
    )


class NobodyToAdopt:
    """No story here reloads."""

    def held_ports(self) -> HeldPorts:
        raise NotImplementedError

    def adopt(self, config: Config) -> Changes:
        raise NotImplementedError

    def config_status_changed(self) -> None:
        raise NotImplementedError


async def load(plane: Plane, client: httpx.AsyncClient, model: str = "m") -> None:
    """Have a model served once."""
    asked = asyncio.get_running_loop()
    request = asked.create_task(client.post("/v1/completions", json={"model": model}))
    await (await plane.upstream.request()).answer_json()
    assert (await request).status_code == 200


def test_health_and_where_browsers_land() -> None:
    async def story(plane: Plane, client: httpx.AsyncClient) -> None:
        for path in ("/health", "/wol-health"):
            answer = await client.get(path)
            assert (answer.status_code, answer.text) == (200, "OK")
        assert (await client.head("/health")).status_code == 200
        assert (await client.get("/")).headers["location"] == "/ui"
        assert (await client.get("/ui")).headers["location"] == "/ui/"
        page = await client.get("/ui/")
        assert page.headers["content-type"].startswith("text/html")
        assert (await client.get("/upstream")).headers["location"] == "/ui/models"

    with_api(story)


def test_the_listing() -> None:
    async def story(plane: Plane, client: httpx.AsyncClient) -> None:
        await load(plane, client)
        answer = await client.get("/v1/models")
        assert "access-control-allow-origin" not in answer.headers
        first, second = answer.json()["data"]
        assert first.pop("created") == second.pop("created")
        assert first == {
            "id": "m",
            "object": "model",
            "owned_by": "modelyard",
            "name": "M",
            "description": "d",
            "meta": {"llamaswap": {"type": "model", "aliases": ["gpt"]}},
            "status": {"value": "loaded"},
        }
        assert second["id"] == "org/x"
        assert second["status"] == {"value": "unloaded"}
        assert "name" not in second
        cross = await client.get("/models", headers={"Origin": "http://app"})
        assert cross.headers["access-control-allow-origin"] == "http://app"

    with_api(story)


def test_what_runs_and_how_it_is_unloaded() -> None:
    async def story(plane: Plane, client: httpx.AsyncClient) -> None:
        assert (await client.get("/running")).json() == {"running": []}
        await load(plane, client)
        (record,) = (await client.get("/running")).json()["running"]
        assert record == {
            "model": "m",
            "state": "ready",
            "phase": "ready",
            "cmd": "serve m",
            "proxy": "http://u",
            "ttl": 77,
            "name": " M ",
            "description": "d",
        }
        for path in ("gpt", "m", "org/x", "org%2Fx"):
            answer = await client.post(f"/api/models/unload/{path}")
            assert (answer.status_code, answer.text) == (200, "OK")
        assert (await client.get("/running")).json() == {"running": []}
        assert (await client.post("/api/models/unload")).json() == {"msg": "ok"}
        assert (await client.get("/unload")).text == "OK"
        unknown = await client.post("/api/models/unload/nobody")
        assert unknown.status_code == 404
        assert unknown.json()["error"]["message"] == "model not found"

    with_api(story)


def test_logs_and_their_streams() -> None:
    """R54: history first, then what comes; an unknown source is said so."""

    async def story(plane: Plane, client: httpx.AsyncClient) -> None:
        await client.get("/health")
        assert "GET /health" in (await client.get("/logs")).text
        page = await client.get("/logs", headers={"Accept": "text/html"})
        assert (page.status_code, page.headers["location"]) == (302, "/ui/")
        async with client.stream("GET", "/logs/stream/gpt") as stream:
            lines = stream.aiter_lines()
            assert await anext(lines) == "engine says hello"
            plane.logs.model("m").write(b"and more\n")
            assert await anext(lines) == "and more"
        async with client.stream("GET", "/logs/stream/upstream?no-history") as stream:
            lines = stream.aiter_lines()
            plane.logs.model("m").write(b"only this\n")
            assert await anext(lines) == "only this"
        unknown = await client.get("/logs/stream/nope")
        assert unknown.status_code == 400
        assert unknown.json()["error"]["message"] == "invalid logger. Use 'proxy', 'upstream' or a model's ID"

    with_api(story)


def test_what_is_not_there() -> None:
    async def story(plane: Plane, client: httpx.AsyncClient) -> None:
        unknown = await client.get("/v1/models/")
        assert (unknown.status_code, unknown.text) == (404, "404 page not found\n")
        for method, path, allowed in (
            ("GET", "/v1/chat/completions", {"POST"}),
            ("POST", "/unload", {"GET", "HEAD"}),
            ("DELETE", "/props", {"GET", "HEAD"}),
            ("POST", "/api/profiles/active", {"GET", "HEAD", "PUT", "DELETE"}),
        ):
            answer = await client.request(method, path)
            assert answer.status_code == 405
            assert set(answer.headers["allow"].split(", ")) == allowed
        async with plane.client() as raw:
            for path, clean in (("//health", "/health"), ("/x/../ui/./a?b=c", "/ui/a?b=c")):
                raw.send(f"GET {path} HTTP/1.1\r\nHost: yard\r\n\r\n".encode())
                head = await raw.head()
                assert head.startswith("HTTP/1.1 307 ")
                assert f"Location: {clean}\r\n" in head

    with_api(story)


def test_a_preflight_is_answered_before_anything_else() -> None:
    """R49: any path; only names that are valid tokens come back."""

    async def story(plane: Plane, client: httpx.AsyncClient) -> None:
        asked = {"Access-Control-Request-Headers": "X-Foo, Bad Header, a@b ,Content-Type"}
        answer = await client.options("/anything", headers=asked)
        assert answer.status_code == 204
        assert answer.headers["access-control-allow-headers"] == "X-Foo, Content-Type"
        plain = await client.options("/v1/chat/completions")
        assert plain.headers["access-control-allow-headers"].startswith("Content-Type, Authorization")
        assert plain.headers["access-control-allow-origin"] == "*"

    with_api(story)


def test_the_request_log() -> None:
    async def story(plane: Plane, client: httpx.AsyncClient) -> None:
        await client.get(
            "/v1/models%20?x=1", headers={"User-Agent": "me/1.0", "X-Forwarded-For": "203.0.113.7, 10.0.0.1"}
        )
        await client.get("/wol-health")
        text = (plane.logs.history("proxy") or b"").decode()
        assert '[INFO] Request 203.0.113.7 "GET /v1/models  HTTP/1.1" 404 19 "me/1.0" ' in text
        assert "wol-health" not in text
        assert json.dumps(text).count("\\n") == text.count("\n")

    with_api(story)


def test_which_configuration_serves() -> None:
    async def story(plane: Plane, client: httpx.AsyncClient) -> None:
        status = (await client.get("/api/config/status")).json()
        assert (status["sources"], status["warnings"]) == (["c.yaml"], ["c.yaml:1:1: odd"])
        assert (status["reloads"], status["reloading"], status["error"], status["problems"]) == (0, False, None, [])
        assert status["loadedAt"] == status["checkedAt"]
        assert status["loadedAt"].endswith("Z")

    with_api(story)


def test_events_begin_with_what_is_the_case_and_go_on_with_what_changes() -> None:
    """Spec http 14: the payload is JSON in a string in JSON."""

    async def story(plane: Plane, client: httpx.AsyncClient) -> None:
        async with client.stream("GET", "/api/events") as answer:
            assert answer.headers["content-type"] == "text/event-stream"
            assert answer.headers["x-accel-buffering"] == "no"
            lines = answer.aiter_lines()
            first = [await event(lines) for _ in range(7)]
            assert [kind for kind, _ in first] == [
                "logData",
                "logData",
                "modelStatus",
                "uiConfig",
                "profileChanged",
                "inflight",
                "configStatus",
            ]
            assert first[1][1] == {"source": "upstream", "data": "engine says hello\n"}
            assert [(model["id"], model["state"]) for model in first[2][1]] == [
                ("m", "stopped"),
                ("org/x", "stopped"),
                ("hidden", "stopped"),
            ]
            assert first[2][1][0] == {
                "id": "m",
                "name": " M ",
                "description": "d",
                "state": "stopped",
                "phase": "stopped",
                "reason": "",
                "unlisted": False,
                "peerID": "",
                "aliases": ["gpt"],
            }
            await load(plane, client)
            seen = ""
            while seen != "ready":
                kind, data = await event(lines)
                seen = data[0]["state"] if kind == "modelStatus" else ""
            assert data[0]["reason"] == "nothing has to make room"

    with_api(story)


def test_a_watcher_may_be_told_of_what_changes_alone() -> None:
    """Ours: `deltas=1`. The whole list comes once; then the models that are other than before."""

    async def story(plane: Plane, client: httpx.AsyncClient) -> None:
        async with client.stream("GET", "/api/events", params={"deltas": "1"}) as answer:
            lines = answer.aiter_lines()
            first = dict([await event(lines) for _ in range(7)])
            assert [model["id"] for model in first["modelStatus"]] == ["m", "org/x", "hidden"]
            await load(plane, client)
            seen: list[str] = []
            while "ready" not in seen:
                kind, data = await event(lines)
                assert kind != "modelStatus"
                if kind == "modelChanges":
                    assert [model["id"] for model in data["changed"]] == ["m"]
                    assert data["removed"] == []
                    seen.append(data["changed"][0]["state"])

    with_api(story)


def test_what_has_not_changed_is_no_news_and_what_is_gone_is() -> None:
    deltas = Deltas()
    a, b = {"id": "a", "state": "stopped"}, {"id": "b", "state": "stopped"}
    whole = News(MODEL_STATUS, [a, b])
    assert deltas.narrow([whole, News("x", 1)]) == [whole, News("x", 1)]
    assert deltas.narrow([News(MODEL_STATUS, [a, b])]) == []
    changed = {**b, "state": "ready"}
    assert deltas.narrow([News(MODEL_STATUS, [changed])]) == [
        News("modelChanges", {"changed": [changed], "removed": ["a"]})
    ]


def test_a_watcher_that_was_away_goes_on() -> None:
    """Ours: `resume=1`. Of logs it gets what it missed; what has a state is told as it is."""

    async def story(plane: Plane, client: httpx.AsyncClient) -> None:
        async def begin(last: str) -> tuple[str, dict[str, Any]]:
            headers = {"Last-Event-ID": last} if last else {}
            async with client.stream("GET", "/api/events", params={"resume": "1"}, headers=headers) as answer:
                told: dict[str, Any] = {"logData": ""}
                number = ""
                async for text in answer.aiter_lines():
                    if text.startswith("id:"):
                        number = text.removeprefix("id:")
                    elif text.startswith("data:"):
                        envelope = json.loads(text.removeprefix("data:"))
                        data = json.loads(envelope["data"])
                        if envelope["type"] == "logData" and data["source"] == "upstream":
                            told["logData"] += data["data"]
                        elif envelope["type"] != "logData":
                            told[envelope["type"]] = data
                    elif number and "configStatus" in told:
                        return number, told
            raise AssertionError

        number, told = await begin("")
        assert told["logData"] == "engine says hello\n"
        plane.logs.model("m").write(b"and goes on\n")
        _, later = await begin(number)
        assert later["logData"] == "and goes on\n"
        assert later["modelStatus"] == told["modelStatus"]
        _, stranger = await begin("00000000-1-1-1")
        assert stranger["logData"] == "engine says hello\nand goes on\n"

    with_api(story)


def test_a_silent_stream_shows_that_it_lives(monkeypatch: pytest.MonkeyPatch) -> None:
    """By comments, which clients pass over."""
    monkeypatch.setattr(events, "HEARTBEAT", 0.01)

    async def story(plane: Plane, client: httpx.AsyncClient) -> None:
        async with client.stream("GET", "/api/events") as answer:
            async for text in answer.aiter_lines():
                if text.startswith(":"):
                    return
        raise AssertionError

    with_api(story)


async def event(lines: AsyncIterator[str]) -> tuple[str, Any]:
    """The next event: its type and its data."""
    assert await anext(lines) == "event:message"
    data = await anext(lines)
    assert await anext(lines) == ""
    envelope = json.loads(data.removeprefix("data:"))
    return envelope["type"], json.loads(envelope["data"])


def test_a_model_is_held_and_released() -> None:
    async def story(plane: Plane, client: httpx.AsyncClient) -> None:
        assert (await client.post("/api/models/hold/m")).status_code == 409
        assert (await client.post("/api/models/hold/nobody")).status_code == 404
        await load(plane, client)
        for path, seconds in (("/api/models/hold/gpt?seconds=60", 60.0), ("/api/models/hold/m", None)):
            answer = await client.post(path)
            assert answer.json() == {"model": "m", "held": True, "seconds": seconds}
        refused = await client.post("/v1/completions", json={"model": "org/x"})
        assert refused.status_code == 409
        assert "m" in refused.json()["error"]["message"]
        assert (await client.delete("/api/models/hold/m")).json()["held"] is False
        assert not plane.engine.snapshot().models["m"].held

    with_api(story)


@pytest.mark.parametrize("seconds", ["0", "-1", "soon", "inf", "nan", ""])
def test_a_hold_lasts_a_positive_time(seconds: str) -> None:
    async def story(plane: Plane, client: httpx.AsyncClient) -> None:
        await load(plane, client)
        assert (await client.post(f"/api/models/hold/m?seconds={seconds}")).status_code == 400
        assert not plane.engine.snapshot().models["m"].held

    with_api(story)


def test_who_waits_is_shown_and_can_be_sent_away() -> None:
    async def story(plane: Plane, client: httpx.AsyncClient) -> None:
        assert (await client.get("/api/queue")).json() == {"queue": []}
        await load(plane, client)
        first = asyncio.ensure_future(client.post("/v1/completions", json={"model": "m"}))
        upstream = await plane.upstream.request()
        waits = asyncio.ensure_future(client.post("/v1/completions", json={"model": "org/x"}))
        await eventually(lambda: bool(plane.engine.snapshot().queue))
        (shown,) = (await client.get("/api/queue")).json()["queue"]
        assert (shown["model"], shown["position"], shown["caller"]) == ("org/x", 1, "")
        assert shown["waited"] >= 0
        assert (await client.delete("/api/queue/999999")).status_code == 404
        assert (await client.delete(f"/api/queue/{shown['id']}")).json() == {"msg": "ok"}
        assert (await waits).status_code >= 400
        await upstream.answer_json()
        assert (await first).status_code == 200

    with_api(story)


def test_what_a_request_would_meet() -> None:
    async def story(plane: Plane, client: httpx.AsyncClient) -> None:
        first = (await client.get("/api/explain/gpt")).json()
        assert (first["model"], first["verdict"], first["evicts"]) == ("m", "swap", [])
        await load(plane, client)
        assert (await client.get("/api/explain/m")).json()["verdict"] == "serve"
        other = (await client.get("/api/explain/org/x")).json()
        assert (other["verdict"], other["evicts"]) == ("swap", ["m"])
        assert other["sentences"][0].startswith("A swap for org/x begins now: m must go")
        assert (await client.get("/api/explain/nobody")).status_code == 404
        together = (await client.get("/api/explain")).json()["models"]
        assert [one["model"] for one in together] == list(CONFIG.models)
        assert other in together
        some = (await client.get("/api/explain", params={"model": ["gpt", "nobody", "m"]})).json()["models"]
        assert [one["model"] for one in some] == ["m"]
        assert plane.engine.snapshot().queue == ()

    with_api(story)
