"""What is served below `/ui/`, to a real HTTP client."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from modelyard.app.ui.assets import Assets
from modelyard.app.ui.routes import UiRoutes
from modelyard.config.schema import Config, ModelConfig
from modelyard.runtime.http.asgi import AsgiApp
from tests.support.plane import Plane, in_plane

CONFIG = Config(models={"org/<x>": ModelConfig(id="org/<x>", cmd="serve", proxy="http://u")})
PAGE = '<!doctype html><base href="./"><script src="./assets/main-1.js"></script>'

Story = Callable[[httpx.AsyncClient], Awaitable[None]]


@pytest.fixture
def built(tmp_path: Path) -> Path:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text(PAGE, encoding="utf-8")
    (tmp_path / "assets" / "main-1.js").write_text("plain", encoding="utf-8")
    (tmp_path / "assets" / "main-1.js.gz").write_bytes(b"zipped")
    return tmp_path


def with_ui(dist: Path, story: Story) -> None:
    """Run the story against the routes on a real socket."""

    def app_of(plane: Plane) -> AsgiApp:
        ui = UiRoutes(plane.engine, plane.world, Assets(dist))
        return Starlette(routes=[Route("/ui", ui.enter), Route("/ui/{path:path}", ui.page)])

    async def inside(plane: Plane) -> None:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{plane.port}", timeout=20) as client:
            await story(client)

    in_plane(inside, config=CONFIG, make_app=app_of)


@pytest.mark.parametrize(
    ("path", "base"),
    [
        ("/ui/", "./"),
        ("/ui/logs", "./"),
        ("/ui/models/", "../"),
        ("/ui/models/org/x", "../../"),
        ("/ui/models/qwen2.5-7b", "../"),
        ("/ui/models/a%2Fb", "../"),
        ("/ui/playground/chat/org/qwen2.5-7b", "../../../"),
    ],
)
def test_each_page_is_the_same_file_and_knows_the_way_up(built: Path, path: str, base: str) -> None:
    async def story(client: httpx.AsyncClient) -> None:
        page = await client.get(path)
        assert page.status_code == 200
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        assert page.text == PAGE.replace('"./"', f'"{base}"', 1)
        assert page.headers["cache-control"] == "no-cache"

    with_ui(built, story)


def test_nothing_runs_that_we_did_not_serve(built: Path) -> None:
    async def story(client: httpx.AsyncClient) -> None:
        policy = (await client.get("/ui/")).headers["content-security-policy"]
        directives = dict(part.strip().split(" ", 1) for part in policy.split(";"))
        assert directives["default-src"] == "'none'"
        assert directives["script-src"] == directives["style-src"] == directives["connect-src"] == "'self'"
        assert directives["font-src"] == "'self'"
        assert "unsafe" not in policy

    with_ui(built, story)


def test_files_come_compressed_and_are_kept_for_ever(built: Path) -> None:
    async def story(client: httpx.AsyncClient) -> None:
        async with client.stream("GET", "/ui/assets/main-1.js", headers={"Accept-Encoding": "gzip"}) as answer:
            assert b"".join([part async for part in answer.aiter_raw()]) == b"zipped"
            assert answer.headers["content-encoding"] == "gzip"
        plain = await client.get("/ui/assets/main-1.js", headers={"Accept-Encoding": "identity"})
        assert (plain.text, plain.headers["vary"]) == ("plain", "Accept-Encoding")
        assert "content-encoding" not in plain.headers
        assert "immutable" in plain.headers["cache-control"]
        again = await client.get("/ui/assets/main-1.js", headers={"If-None-Match": plain.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")

    with_ui(built, story)


@pytest.mark.parametrize("path", ["/ui/assets/gone-2.js", "/ui/favicon.png", "/ui/x/y.css"])
def test_a_file_that_is_not_there_is_no_page(built: Path, path: str) -> None:
    async def story(client: httpx.AsyncClient) -> None:
        answer = await client.get(path)
        assert (answer.status_code, answer.text) == (404, "404 page not found\n")

    with_ui(built, story)


def test_where_nothing_was_built_a_small_page_says_why(tmp_path: Path) -> None:
    (tmp_path / "unbuilt.txt").write_text("no Node <here>", encoding="utf-8")

    async def story(client: httpx.AsyncClient) -> None:
        page = await client.get("/ui/models")
        assert page.status_code == 200
        assert "org/&lt;x&gt;" in page.text
        assert "no Node &lt;here&gt;" in page.text
        assert "script" not in page.headers["content-security-policy"]

    with_ui(tmp_path, story)
